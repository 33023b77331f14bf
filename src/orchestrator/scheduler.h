#pragma once
// Scheduler: events in, dag::plan, one transaction, then start. One thread; step() is that thread's
// body and can be called by a test instead. What ended, what follows from it and what starts share
// the transaction: a link of a chain costs one.
//
//   Memory    live runs are kept in memory as a copy of the tables; when a transaction fails they
//             are read again, and what came in since is handled against them
//   Start     an attempt exists once its transaction is on disk; only then its token is made and
//             the executor told. Every change of a task away from running raises its fence or ends
//             its access, so a late report or a stale token meets a closed door
//   Restart   load() finds attempts that were running: operators that attach go on in the same try
//             under a new fence, others count as failed with class network
//   Stop      attempts that are ended by stop() stay running in the tables, for the next start
//   Threads   start, stop, step and load from one thread; all else from any
//   Lifetime  everything in Tools outlives the scheduler
#include <atomic>
#include <set>
#include <thread>

#include "dag/plan.h"
#include "dag/slots.h"
#include "orchestrator/context.h"
#include "orchestrator/dag_folder.h"
#include "orchestrator/inbox.h"
#include "orchestrator/store.h"

namespace armature::orchestrator {

class Scheduler {
 public:
  struct Tools {
    Store& store;
    DagFolder& folder;
    Executor& executor;
    AttemptAccess& access;
    const Clock& clock;
    Log& log;
    const Redactor& redactor;
    std::function<OperatorTraits(const std::string& operator_name)> traits;
  };
  struct Settings {
    std::filesystem::path logs_folder;
    unsigned parallelism = 32;
    std::vector<dag::Pool> pools = {};  // of the configuration
    Micros rescan = std::chrono::seconds(1);
  };
  Scheduler(Tools tools, Settings settings);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  Status load();   // once, before the first step
  Instant step();  // all that is due now; when to come back if nothing comes in
  void start();    // the thread
  void stop();

  std::vector<DagInfo> dags() const;
  Result<DagInfo> dag(const std::string& dag_id) const;
  Status set_paused(const std::string& dag_id, bool paused);
  Result<RunInfo> trigger(const std::string& dag_id, Orchestrator::Trigger trigger);
  Result<std::vector<TaskInfo>> clear(const std::string& dag_id, const std::string& run_id,
                                      const Orchestrator::Clear& what);
  std::vector<PoolInfo> pools() const;
  Result<PoolInfo> put_pool(dag::Pool pool);
  Status delete_pool(const std::string& name);
  Result<std::optional<std::string>> held_by(const std::string& dag_id, const std::string& run_id,
                                             const std::string& task_id) const;

 private:
  using RunKey = std::pair<std::string, std::string>;  // dag id, run id
  using DagPtr = std::shared_ptr<const dag::DagDef>;

  struct DagState {
    std::string version, schedule_key;
    bool paused = false;
    std::optional<Instant> next_run_after;
  };
  struct Ready {  // scheduled tasks of one pool
    std::set<dag::ReadyTask> tasks;
    int slots = 0;
  };
  struct ActiveRun {
    RunRow row;
    DagPtr dag;
    std::map<std::string, std::size_t, std::less<>> index;  // task id → position
    std::map<std::string, Ready> ready;                     // by pool
    bool dirty = true;                                      // plan it
    std::optional<Instant> wake;
  };
  // Changes of one transaction, and what is owed to the world once it is on disk.
  struct Pending {
    Changes changes;
    std::vector<Attempt> ended, cancelled;
    std::vector<std::int64_t> gone;  // task rows whose attempt is over
  };
  struct Launch {
    Attempt attempt;
    ActiveRun* run = nullptr;
    std::size_t task = 0;
    Result<Rendered> rendered = Rendered{};
    Json handle;
  };
  struct Slots {  // what is taken, and what waits for it
    dag::Occupied occupied;
    std::map<std::string, int> waiting;  // pool → slots
  };
  struct Orphan {  // was running when the process ended, and can be re-joined
    RunKey run;
    std::size_t task;
    std::int64_t fence;
  };

  // scheduler.cc
  Status pass(Instant now);
  Status reload();
  Result<ActiveRun> adopt(RunRow row) const;
  Result<DagPtr> version_of(const RunInfo& run) const;
  Status sync_dags(Instant now);
  Status sync_dag(const dag::DagDef& dag, Instant now);
  Instant next_wake(Instant now) const;
  DagInfo info_of_dag(const std::string& dag_id, const DagFolder::Entry& entry) const;
  bool is_paused(const std::string& dag_id) const;

  // scheduler_settle.cc
  Status turn(std::vector<Finished> finished, Instant now);
  void settle(const std::vector<Finished>& finished, Instant now, Pending& pending);
  void take_finished(const Finished& finished, Instant now, Pending& pending);
  void take_failure(ActiveRun& run, std::size_t task, const Finished& finished, Instant now,
                    Pending& pending);
  void plan_dirty(Instant now, Pending& pending);
  void apply(ActiveRun& run, const dag::Action& action, Instant now, Pending& pending);
  void start_queued_runs(Instant now, Pending& pending);
  static void set_ready(ActiveRun& run, std::size_t task, bool ready);
  // The one way a task row changes: memory and transaction together.
  TaskChange& change(ActiveRun& run, std::size_t task, Pending& pending, std::string event,
                     dag::TaskState state, const std::function<void(TaskRow&)>& set,
                     JsonObject detail = {});
  // Before a running task gets another state than its own attempt gives it: true, and the attempt
  // will be cancelled; the change must raise the fence.
  bool leave(const ActiveRun& run, std::size_t task, Pending& pending);
  Status commit(const Pending& pending);
  Attempt attempt_of(const ActiveRun& run, std::size_t task) const;

  // scheduler_launch.cc
  Result<std::vector<Launch>> begin_attempts(Instant now, Pending& pending);
  std::vector<std::pair<ActiveRun*, std::size_t>> choose();
  Result<Rendered> prepare(const ActiveRun& run, std::size_t task, int try_number,
                           const Changes& unwritten) const;
  void begin_attempt(ActiveRun& run, std::size_t task, bool resumed, Instant now, Pending& pending,
                     std::vector<Launch>& launches);
  void start_attempt(Launch& launch, Instant now);
  void fail_at_once(const Attempt& attempt, std::string message);

  // scheduler_pools.cc
  static Instant date_of(const RunInfo& run);  // by which runs of equal weight are ordered
  Status load_pools();
  bool is_configured(std::string_view pool) const;
  PoolInfo info_of_pool(const dag::Pool& pool) const;
  void publish_slots();

  // scheduler_runs.cc
  Status create_due_runs(Instant now);
  Status create_due_run(const DagFolder::Entry& entry, DagState& state, Instant now);
  Result<RunRow> insert(const dag::DagDef& dag, RunInfo info,
                        std::optional<Store::NextRun> next = std::nullopt);
  int live_runs(const std::string& dag_id, std::optional<dag::RunState> state = {}) const;
  Result<std::vector<std::size_t>> select(const ActiveRun& run,
                                          const Orchestrator::Clear& what) const;

  const Tools tools_;
  const Settings settings_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();

  mutable std::mutex mutex_;  // guards what follows, but what dags_mutex_ does
  std::map<RunKey, ActiveRun> runs_;
  std::map<std::int64_t, std::int64_t> started_;  // task row → fence, by this process
  std::vector<Orphan> orphans_;
  dag::Occupied occupied_;  // by attempts that run
  std::optional<Instant> next_scan_;
  bool must_reload_ = false;

  mutable std::mutex dags_mutex_;  // taken after mutex_; readers take it alone
  std::map<std::string, DagState> dags_;
  Slots slots_;       // as of the last step
  dag::Pools pools_;  // written under both mutexes, read under either

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace armature::orchestrator
