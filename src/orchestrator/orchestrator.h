#pragma once
// Orchestrator: DAGs, runs, task instances: the face that api/ and app/ see. Behind it one
// scheduler thread (events in, dag::plan, one transaction, then start), workers for in-process
// operators and a launcher for processes.
//
//   Threads   every call from any thread; reads never wait for the scheduler
//   Restart   start() adopts what a crash left: runs go on; attempts that were running are resumed
//             with a new fence as another attempt of the same try when the operator can re-attach,
//             else handled as failed with class network
//   Errors    kNotFound, kInvalid (params, with the reason), kConflict (run id exists; DAG has
//   errors)
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "dag/dag.h"
#include "dag/load.h"
#include "dag/slots.h"
#include "dag/state.h"
#include "http/client.h"
#include "orchestrator/access_port.h"
#include "storage/database.h"

namespace armature::orchestrator {

struct Options {
  std::string dags_folder;
  std::vector<std::string> file_roots;  // where template_file may point beside the DAG's own folder
  std::string logs_folder;
  unsigned parallelism = 32;     // attempts at once
  std::vector<dag::Pool> pools;  // of the configuration: nobody changes them while the server runs
  Micros rescan = std::chrono::seconds(1);
  ChildEnvironment child;
};

struct DagInfo {
  std::shared_ptr<const dag::DagDef> def;  // last good version
  bool paused = false;
  std::optional<Instant> next_run_after;
  std::vector<dag::Diagnostic> errors;  // of the file as it is now; def stays
};

struct PoolInfo {
  dag::Pool pool;
  bool configured = false;  // of the configuration
  int running_slots = 0;
  int scheduled_slots = 0;  // of ready task instances that wait
};

struct RunInfo {
  std::string dag_id, run_id, run_type, triggered_by, dag_version, note;
  dag::RunState state = dag::RunState::kQueued;
  JsonObject conf;
  std::optional<Instant> logical_date, interval_start, interval_end, queued_at, run_after, start,
      end;
};

struct TaskInfo {
  std::string dag_id, run_id, task_id, operator_name;
  int map_index = -1, try_number = 0, max_tries = 0;
  std::int64_t fence = 0;
  dag::TaskState state = dag::TaskState::kNone;
  std::optional<Instant> queued_at, start, end;
  std::string error;    // last failure's message, redacted
  JsonObject rendered;  // arguments as rendered for the last attempt, redacted, bounded
};

struct LogChunk {
  std::string text;
  std::int64_t next_offset = 0;
  bool finished = false;  // the attempt ended and this is its end
};

class Orchestrator {
 public:
  static Result<std::unique_ptr<Orchestrator>> open(Options options, storage::Database& database,
                                                    AttemptAccess& access, ArmCaller& arm,
                                                    http::Client& client, const Clock& clock,
                                                    Random& random, Log& log, Redactor& redactor);
  ~Orchestrator();
  Status start();
  void stop();  // no new attempts; running ones get a grace period

  std::vector<DagInfo> dags() const;
  Result<DagInfo> dag(const std::string& dag_id) const;
  std::vector<dag::Diagnostic> import_errors() const;
  Status set_paused(const std::string& dag_id, bool paused);

  // By name. Beside those of the configuration and those set by hand there is default_pool, with
  // 128 slots until somebody sets it. put_pool creates or changes; kConflict: it is configured.
  // A task whose pool is not there waits.
  std::vector<PoolInfo> pools() const;
  Result<PoolInfo> pool(const std::string& name) const;
  Result<PoolInfo> put_pool(dag::Pool pool);
  Status delete_pool(const std::string& name);

  struct Trigger {
    std::string run_id;  // empty: manual__<now>
    JsonObject conf;
    std::optional<Instant> logical_date;
    std::string triggered_by = "rest_api";
    std::string note;
  };
  Result<RunInfo> trigger(const std::string& dag_id, Trigger trigger);

  struct RunQuery {
    std::string dag_id;  // empty or "~": all
    std::string state;
    int limit = 50, offset = 0;
  };
  struct RunPage {
    std::vector<RunInfo> runs;  // newest first
    int total = 0;
  };
  Result<RunPage> runs(const RunQuery& query) const;
  Result<RunInfo> run(const std::string& dag_id, const std::string& run_id) const;
  Result<std::vector<TaskInfo>> task_instances(const std::string& dag_id,
                                               const std::string& run_id) const;
  // try_number 0: the last.
  Result<LogChunk> log(const std::string& dag_id, const std::string& run_id,
                       const std::string& task_id, int try_number, std::int64_t offset) const;
  // Why a scheduled task instance does not start; nothing when no limit holds it.
  Result<std::optional<std::string>> held_by(const std::string& dag_id, const std::string& run_id,
                                             const std::string& task_id) const;
  Result<Json> xcom(const std::string& dag_id, const std::string& run_id,
                    const std::string& task_id, const std::string& key) const;
  // Back to none, with those downstream when asked; the run goes on. The task instances cleared.
  struct Clear {
    std::vector<std::string> task_ids;  // empty: all
    bool only_failed = false;
    bool downstream = true;
    bool dry_run = false;
  };
  Result<std::vector<TaskInfo>> clear(const std::string& dag_id, const std::string& run_id,
                                      Clear clear);

 private:
  struct Impl;
  explicit Orchestrator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The operators of this build: for the loader, `dags validate` and the documentation.
const std::vector<dag::OperatorSpec>& operator_specs();

}  // namespace armature::orchestrator
