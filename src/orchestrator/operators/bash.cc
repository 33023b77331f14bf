// bash: a command in a process of its own, with a scrubbed environment. The token goes in by
// environment, never by argument.
#include <filesystem>
#include <map>

#include "base/bytes.h"
#include "orchestrator/operators/operator.h"
#include "orchestrator/process.h"

namespace armature::orchestrator {
namespace {

constexpr std::size_t kLongestOutput = 256 * 1024;

// A folder for one attempt, removed with all it holds when the attempt ends.
class WorkFolder {
 public:
  WorkFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "armature-task-XXXXXX").string();
    if (::mkdtemp(name.data())) path_ = name;
  }
  ~WorkFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

using Variables = std::map<std::string, std::string>;

void add_attempt(const Bench& bench, Variables& out) {
  const Attempt& attempt = bench.work.attempt;
  out["AIRFLOW_CTX_DAG_ID"] = attempt.key.dag.str();
  out["AIRFLOW_CTX_DAG_RUN_ID"] = attempt.key.run.str();
  out["AIRFLOW_CTX_TASK_ID"] = attempt.key.task.str();
  out["AIRFLOW_CTX_TRY_NUMBER"] = std::to_string(attempt.try_number);
  if (bench.work.token.empty()) return;
  out["ARMATURE_TOKEN"] = bench.work.token.reveal();
  if (!bench.child) return;
  for (const auto& [name, value] : bench.child(attempt)) out[name] = value.reveal();
}

// The DAG's own word is the last: an empty HTTPS_PROXY switches the proxy off.
std::vector<std::string> environment_of(const Bench& bench, const std::string& home) {
  Variables variables = {
      {"PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
      {"LANG", "C.UTF-8"                                                     },
      {"HOME", home                                                          }
  };
  add_attempt(bench, variables);
  const Json* own = bench.work.arguments.if_contains("env");
  if (own && own->is_object()) {
    for (const auto& [name, value] : own->get_object()) {
      variables[std::string(name)] = value.is_string() ? std::string(as_text(value)) : dump(value);
    }
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : variables) out.push_back(name + "=" + value);
  return out;
}

bool is_skip_code(const Json& arguments, int code) {
  const Json* wanted = find(arguments, "skip_on_exit_code");
  if (!wanted) return code == 99;
  if (wanted->is_array()) {
    for (const Json& one : wanted->get_array()) {
      if (one.is_int64() && one.get_int64() == code) return true;
    }
    return false;
  }
  return wanted->is_int64() && wanted->get_int64() == code;
}

struct Captured {
  std::string last_line;
  std::string all;
};

Finished result_of(Bench& bench, const Json& arguments, const Captured& captured) {
  const std::string processor = text_at(arguments, "output_processor", "last_line");
  if (processor == "none") return succeed(bench);
  if (processor == "last_line") return succeed(bench, Json(captured.last_line));
  auto json = parse_json(captured.all);
  if (!json) {
    return give_up(bench, dag::FailureClass::kTaskFailed,
                   "output_processor json: the output is " + json.error().message);
  }
  return succeed(bench, std::move(*json));
}

Finished ended(Bench& bench, const Json& arguments, const ProcessEnd& end,
               const Captured& captured) {
  switch (end.kind) {
    case ProcessEnd::Kind::kTimedOut:
      return give_up(bench, dag::FailureClass::kTimeout, "execution_timeout is over");
    case ProcessEnd::Kind::kCancelled:
      return cancelled(bench);
    case ProcessEnd::Kind::kSignalled:
      return give_up(bench, dag::FailureClass::kTaskFailed,
                     "the command was ended by signal " + std::to_string(end.code));
    case ProcessEnd::Kind::kExited:
      break;
  }
  if (end.code != 0 && is_skip_code(arguments, end.code)) {
    return skip(bench, "exit status " + std::to_string(end.code));
  }
  if (end.code != 0) {
    return give_up(bench, dag::FailureClass::kTaskFailed,
                   "the command returned exit status " + std::to_string(end.code));
  }
  return result_of(bench, arguments, captured);
}

}  // namespace

Finished run_bash(Bench& bench) {
  const Json arguments(bench.work.arguments);
  const std::string processor = text_at(arguments, "output_processor", "last_line");
  if (processor != "none" && processor != "json" && processor != "last_line") {
    return give_up(bench, dag::FailureClass::kFatal,
                   "output_processor '" + processor + "' is not one of none, json, last_line");
  }
  const WorkFolder folder;
  if (folder.path().empty()) {
    return give_up(bench, dag::FailureClass::kTaskFailed, "cannot make a temporary folder");
  }
  ProcessSpec spec;
  spec.arguments = {"/bin/bash", "-c", text_at(arguments, "bash_command")};
  spec.directory = text_at(arguments, "cwd", folder.path());
  spec.environment = environment_of(bench, folder.path());
  spec.time_limit = bench.time_left();

  Captured captured;
  const auto on_line = [&](std::string_view line) {
    bench.log.info(line);
    captured.last_line = line;
    if (captured.all.size() + line.size() < kLongestOutput) {
      captured.all.append(line).append("\n");
    }
  };
  const auto end = run_process(spec, bench.cancel, bench.clock, on_line);
  if (!end) return give_up(bench, dag::FailureClass::kTaskFailed, end.error().message);
  return ended(bench, arguments, *end, captured);
}

}  // namespace armature::orchestrator
