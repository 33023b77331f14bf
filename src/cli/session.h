#pragma once
// What every verb shares: the flags that find the server and choose the output, and how a verb
// ends.
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/server.h"

namespace CLI {
class App;
}

namespace armature::cli {

class Session {
 public:
  Session(const Environment& environment, int& status)
      : environment_(environment), status_(status) {}

  // Adds -o, --server and --data-dir to a verb and runs `body` when it is chosen: an Error is
  // printed on stderr and gives exit status 1.
  void run_on(CLI::App& verb, std::function<Status()> body);

  const Environment& environment() const { return environment_; }
  // Of the server: --data-dir, ARMATURE__DATA_DIR, .armature.
  std::filesystem::path data_dir() const;
  Result<Json> get(const std::string& path);
  Result<Json> send(const std::string& method, const std::string& path, const Json& body);
  void set_status(int status) { status_ = status; }

  void print(std::string_view text) const { environment_.out(text); }
  void note(std::string_view text) const { environment_.err(text); }
  // A list under `member` of the answer, or one object, in the chosen form.
  void print_list(const Json& answer, std::string_view member,
                  const std::vector<Column>& columns) const;
  void print_object(const Json& object, const std::vector<Column>& columns) const;
  bool is_table() const { return output_ == "table"; }

 private:
  Result<ServerApi*> api();

  const Environment& environment_;
  int& status_;
  std::string output_ = "table";
  std::string server_, data_dir_;
  std::unique_ptr<ServerApi> api_;
};

// The DAG a run belongs to: `dag_id` when given, else found by the run id, which must be unique.
Result<Json> find_run(Session& session, const std::string& dag_id, const std::string& run_id);
std::string run_path(const std::string& dag_id, const std::string& run_id);

void add_dag_verbs(CLI::App& app, Session& session);
void add_dag_file_verbs(CLI::App& dags, Session& session);
void add_dag_preview_verbs(CLI::App& dags, Session& session);
void add_run_verbs(CLI::App& app, Session& session);
void add_task_verbs(CLI::App& app, Session& session);
void add_pool_verbs(CLI::App& app, Session& session);
void add_access_verbs(CLI::App& app, Session& session);
void add_identity_verbs(CLI::App& app, Session& session);
void add_sandbox_verbs(CLI::App& app, Session& session);
void add_sandbox_state_verbs(CLI::App& sandbox, Session& session);
void add_sandbox_fault_verbs(CLI::App& sandbox, Session& session);
// Prints the run's progress until it ends; exit status 1 when it failed.
Status watch_run(Session& session, const std::string& dag_id, const std::string& run_id);

}  // namespace armature::cli
