#pragma once
// Store: the orchestrator's tables. Every change of a task or run is a compare-and-set, and its
// event row is written in the same transaction.
//
//   Guard     a task by (state, try_number, fence), a run by its state; a row that is no longer as
//             the guard says fails the whole set of changes with kConflict
//   Restart   the tables are the truth: what the scheduler keeps in memory is made from live_runs()
//   Threads   every call from any thread, but not from inside a write or read of the database
//   Lifetime  the database outlives the store
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "orchestrator/execution.h"
#include "orchestrator/orchestrator.h"
#include "storage/database.h"

namespace armature::orchestrator {

struct TaskRow {
  std::int64_t id = 0;
  std::string task_id, operator_name;
  dag::TaskState state = dag::TaskState::kNone;
  int try_number = 0;
  int max_tries = 0;  // as Airflow counts: retries, raised by clear
  std::int64_t fence = 0;
  std::optional<Instant> retry_at, queued_at, start, end;
  std::string error;
};

struct RunRow {
  std::int64_t id = 0;
  RunInfo info;
  JsonObject params;  // resolved when the run was made
  std::vector<TaskRow> tasks;
};

struct TaskChange {
  TaskRow before;  // id, state, try_number and fence are the guard
  TaskRow after;
  std::string event;
  JsonObject detail = {};
  std::optional<Json> output = std::nullopt;          // XCom return_value
  std::optional<JsonObject> rendered = std::nullopt;  // of the attempt that starts
  bool forget = false;                                // clear: drops handle and XCom
};

struct RunChange {
  std::int64_t id = 0;
  dag::RunState before = dag::RunState::kQueued;
  RunInfo after;  // state, queued_at, start and end are written
  std::string event;
  JsonObject detail = {};
};

struct Changes {
  std::vector<TaskChange> tasks;
  std::vector<RunChange> runs;
  bool empty() const { return tasks.empty() && runs.empty(); }
};

struct DagRow {
  std::string dag_id, version, file, source;
  bool paused = false;
  std::string schedule_key;  // next_run_after was computed for this schedule
  std::optional<Instant> next_run_after;
};

TaskInfo info_of(const RunInfo& run, const TaskRow& row);  // without what was rendered

class Store final : public HandleStore {
 public:
  static Result<std::unique_ptr<Store>> open(storage::Database& database, const Clock& clock);

  // DAGs.
  Result<std::vector<DagRow>> dags() const;
  // Keeps the version's text and makes it current. A DAG not seen before starts `paused` or not.
  Status put_dag(const dag::DagDef& dag, bool paused);
  Status set_paused(const std::string& dag_id, bool paused, const std::string& schedule_key,
                    std::optional<Instant> next_run_after);
  Status set_next_run(const std::string& dag_id, const std::string& schedule_key,
                      std::optional<Instant> next_run_after);
  Result<DagRow> version(const std::string& dag_id, const std::string& version) const;
  Result<std::optional<Instant>> last_scheduled(const std::string& dag_id) const;

  // Pools that were set by hand; those of the configuration are not kept here.
  Result<std::vector<dag::Pool>> pools() const;
  Status put_pool(const dag::Pool& pool);
  Status delete_pool(const std::string& name);

  // Runs. create_run fills in the ids, moves the schedule on when `next` is given, and fails with
  // kConflict when the run id or the logical date is taken.
  struct NextRun {
    std::string schedule_key;
    std::optional<Instant> at;
  };
  Result<RunRow> create_run(RunRow run, std::optional<NextRun> next = std::nullopt);
  Result<std::vector<RunRow>> live_runs() const;  // queued and running, oldest first
  Result<RunRow> run_row(const std::string& dag_id, const std::string& run_id) const;
  Status apply(const Changes& changes);

  Status save(const Attempt& attempt, const Json& handle) override;
  Result<Json> handle(std::int64_t task) const;                         // null: none
  Result<std::map<std::string, Json>> outputs(std::int64_t run) const;  // task id → return_value

  // For people.
  Result<RunInfo> run(const std::string& dag_id, const std::string& run_id) const;
  Result<Orchestrator::RunPage> runs(const Orchestrator::RunQuery& query) const;
  Result<std::vector<TaskInfo>> task_instances(const std::string& dag_id,
                                               const std::string& run_id) const;
  Result<Json> xcom(const std::string& dag_id, const std::string& run_id,
                    const std::string& task_id, const std::string& key) const;

 private:
  Store(storage::Database& database, const Clock& clock) : database_(database), clock_(clock) {}
  storage::Database& database_;
  const Clock& clock_;
};

}  // namespace armature::orchestrator
