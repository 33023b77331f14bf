#include "orchestrator/scheduler.h"

#include "dag/plan.h"
#include "dag/timetable.h"

namespace armature::orchestrator {
namespace {

constexpr Micros kAfterFailure = std::chrono::seconds(1);

// Everything next_due() reads of a DAG: when it changes, the next run is computed anew.
std::string schedule_key(const dag::DagDef& dag) {
  const auto at = [](const std::optional<Instant>& time) {
    return time ? std::to_string(to_micros(*time)) : std::string("-");
  };
  std::string out = std::to_string(static_cast<int>(dag.schedule.kind)) + "|" + dag.schedule.cron;
  out += "|" + std::to_string(dag.schedule.every.count()) + "|" + dag.schedule.timezone;
  out += "|" + at(dag.start_date) + "|" + at(dag.end_date);
  out += dag.catchup ? "|catchup" : "|";
  return out + (dag.first_run_latest ? "|latest" : "|");
}

}  // namespace

Scheduler::Scheduler(Tools tools, Settings settings)
    : tools_(std::move(tools)), settings_(std::move(settings)) {}

Scheduler::~Scheduler() { stop(); }

Status Scheduler::load() {
  const std::lock_guard lock(mutex_);
  ARMATURE_TRY(const auto rows, tools_.store.dags());
  for (const DagRow& row : rows) {
    {
      const std::lock_guard dags_lock(dags_mutex_);
      dags_[row.dag_id] = {row.version, row.schedule_key, row.paused, row.next_run_after};
    }
    auto dag = tools_.folder.load(row.source, row.file, row.dag_id);
    if (dag) tools_.folder.adopt(**dag);
  }
  tools_.folder.scan();
  ARMATURE_CHECK(sync_dags(tools_.clock.now()));
  ARMATURE_CHECK(load_pools());
  return reload();
}

// The tables' live runs, in memory. Attempts that this process did not start are orphans.
Status Scheduler::reload() {
  ARMATURE_TRY(auto rows, tools_.store.live_runs());
  runs_.clear();
  orphans_.clear();
  occupied_ = {};
  must_reload_ = false;
  for (RunRow& row : rows) {
    const RunKey key{row.info.dag_id, row.info.run_id};
    const RunInfo info = row.info;
    const std::int64_t id = row.id;
    auto adopted = adopt(std::move(row));
    if (!adopted) {
      RunChange change{id, info.state, info, "failed"};
      change.after.state = dag::RunState::kFailed;
      change.after.end = tools_.clock.now();
      change.detail["reason"] = adopted.error().message;
      tools_.log.error("run cannot go on", {
                                               {"dag_id", info.dag_id            },
                                               {"run_id", info.run_id            },
                                               {"reason", adopted.error().message}
      });
      Changes changes;
      changes.runs.push_back(std::move(change));
      ARMATURE_CHECK(tools_.store.apply(changes));
      continue;
    }
    ActiveRun& run = runs_.insert_or_assign(key, *std::move(adopted)).first->second;
    for (std::size_t i = 0; i < run.row.tasks.size(); ++i) {
      const TaskRow& task = run.row.tasks[i];
      if (task.state == dag::TaskState::kScheduled) {
        set_ready(run, i, true);
      }
      if (task.state != dag::TaskState::kRunning) continue;
      occupied_.start(run.row.id, *run.dag, i);
      const auto started = started_.find(task.id);
      if (started != started_.end() && started->second == task.fence) continue;
      if (tools_.traits(task.operator_name).attaches) {
        orphans_.push_back({key, i, task.fence});
        continue;
      }
      Finished lost{attempt_of(run, i)};
      lost.kind = Finished::Kind::kFailed;
      lost.failure = dag::FailureClass::kNetwork;
      lost.message = "server stopped while the task was running";
      inbox_->put(std::move(lost));
    }
  }
  return Ok{};
}

Result<Scheduler::DagPtr> Scheduler::version_of(const RunInfo& run) const {
  const auto entries = tools_.folder.entries();
  const auto entry = entries->find(run.dag_id);
  if (entry != entries->end() && entry->second.def->version == run.dag_version) {
    return entry->second.def;
  }
  ARMATURE_TRY(const DagRow kept, tools_.store.version(run.dag_id, run.dag_version));
  return tools_.folder.load(kept.source, kept.file, run.dag_id);
}

Result<Scheduler::ActiveRun> Scheduler::adopt(RunRow row) const {
  ActiveRun out;
  ARMATURE_TRY(out.dag, version_of(row.info));
  std::map<std::string, TaskRow> by_id;
  for (TaskRow& task : row.tasks) by_id.emplace(task.task_id, std::move(task));
  row.tasks.clear();
  for (const dag::TaskDef& task : out.dag->tasks) {
    const auto found = by_id.find(task.id.str());
    if (found == by_id.end()) {
      return fail(Code::kInternal, "the run has no task instance of '" + task.id.str() + "'");
    }
    out.index.emplace(task.id.str(), row.tasks.size());
    row.tasks.push_back(std::move(found->second));
  }
  out.row = std::move(row);
  return out;
}

Status Scheduler::sync_dags(Instant now) {
  next_scan_ = now + settings_.rescan;
  const auto entries = tools_.folder.entries();
  for (const auto& [dag_id, entry] : *entries) ARMATURE_CHECK(sync_dag(*entry.def, now));
  return Ok{};
}

Status Scheduler::sync_dag(const dag::DagDef& dag, Instant now) {
  const std::string dag_id = dag.id.str();
  DagState state;
  {
    const std::lock_guard lock(dags_mutex_);
    const auto known = dags_.find(dag_id);
    state =
        known == dags_.end() ? DagState{"", "", dag.is_paused_upon_creation, {}} : known->second;
  }
  const std::string key = schedule_key(dag);
  if (state.version == dag.version && state.schedule_key == key) return Ok{};
  if (state.version != dag.version) ARMATURE_CHECK(tools_.store.put_dag(dag, state.paused));
  state.version = dag.version;
  if (state.schedule_key != key) {
    ARMATURE_TRY(const auto last, tools_.store.last_scheduled(dag_id));
    const auto due = dag::next_due(dag, last, now);
    if (!due) {
      tools_.log.warning("schedule", {
                                         {"dag_id", dag_id             },
                                         {"error",  due.error().message}
      });
    }
    state.next_run_after.reset();
    if (due && *due) state.next_run_after = (*due)->run_after;
    state.schedule_key = key;
    ARMATURE_CHECK(tools_.store.set_next_run(dag_id, key, state.next_run_after));
  }
  const std::lock_guard lock(dags_mutex_);
  dags_[dag_id] = std::move(state);
  return Ok{};
}

Instant Scheduler::step() {
  const std::lock_guard lock(mutex_);
  const Instant now = tools_.clock.now();
  Status done = Ok{};
  try {
    done = pass(now);
  } catch (const std::exception& error) {
    done = fail(Code::kInternal, error.what());
  }
  publish_slots();
  if (done) return next_wake(now);
  tools_.log.error("scheduler step", {
                                         {"error", done.error().message}
  });
  must_reload_ = true;
  return now + kAfterFailure;
}

Status Scheduler::pass(Instant now) {
  if (must_reload_) ARMATURE_CHECK(reload());
  if (!next_scan_ || now >= *next_scan_) {
    tools_.folder.scan();
    ARMATURE_CHECK(sync_dags(now));
  }
  ARMATURE_CHECK(create_due_runs(now));
  // An attempt that fails before it starts is in the inbox again, and a task skipped by its own
  // condition makes its run dirty.
  bool again = true;
  while (again) {
    ARMATURE_CHECK(turn(inbox_->take(), now));
    again = !inbox_->empty();
    for (const auto& entry : runs_) again |= entry.second.dirty;
  }
  return Ok{};
}

Instant Scheduler::next_wake(Instant now) const {
  Instant out = next_scan_.value_or(now);
  for (const auto& [key, run] : runs_) {
    if (run.wake && *run.wake < out) out = *run.wake;
  }
  const auto entries = tools_.folder.entries();
  const std::lock_guard lock(dags_mutex_);
  for (const auto& [dag_id, entry] : *entries) {
    const auto state = dags_.find(dag_id);
    if (state == dags_.end() || state->second.paused || !state->second.next_run_after) continue;
    if (live_runs(dag_id) >= entry.def->max_active_runs) continue;
    out = std::min(out, *state->second.next_run_after);
  }
  return std::max(out, now);
}

void Scheduler::start() {
  thread_ = std::thread([this] {
    while (!stopping_) {
      const Instant next = step();
      if (stopping_) break;  // step() may have taken the knock of stop()
      inbox_->wait(std::max(Micros{0}, next - tools_.clock.now()));
    }
  });
}

void Scheduler::stop() {
  if (stopping_.exchange(true)) return;
  inbox_->knock();
  if (thread_.joinable()) thread_.join();
  tools_.executor.stop();
  // What ended well is kept; what was cut off is resumed or repeated by the next start.
  std::vector<Finished> well;
  for (Finished& finished : inbox_->take()) {
    if (finished.kind != Finished::Kind::kFailed) well.push_back(std::move(finished));
  }
  const std::lock_guard lock(mutex_);
  if (must_reload_ || well.empty()) return;
  if (auto done = turn(std::move(well), tools_.clock.now()); !done) {
    tools_.log.error("scheduler stop", {
                                           {"error", done.error().message}
    });
  }
}

bool Scheduler::is_paused(const std::string& dag_id) const {
  const std::lock_guard lock(dags_mutex_);
  const auto state = dags_.find(dag_id);
  return state != dags_.end() && state->second.paused;
}

DagInfo Scheduler::info_of_dag(const std::string& dag_id, const DagFolder::Entry& entry) const {
  DagInfo out;
  out.def = entry.def;
  out.errors = entry.errors;
  const std::lock_guard lock(dags_mutex_);
  const auto state = dags_.find(dag_id);
  if (state != dags_.end()) {
    out.paused = state->second.paused;
    out.next_run_after = state->second.next_run_after;
  }
  return out;
}

std::vector<DagInfo> Scheduler::dags() const {
  std::vector<DagInfo> out;
  const auto entries = tools_.folder.entries();
  for (const auto& [dag_id, entry] : *entries) out.push_back(info_of_dag(dag_id, entry));
  return out;
}

Result<DagInfo> Scheduler::dag(const std::string& dag_id) const {
  const auto entries = tools_.folder.entries();
  const auto entry = entries->find(dag_id);
  if (entry == entries->end()) return fail(Code::kNotFound, "there is no DAG '" + dag_id + "'");
  return info_of_dag(dag_id, entry->second);
}

Status Scheduler::set_paused(const std::string& dag_id, bool paused) {
  const std::lock_guard lock(mutex_);
  ARMATURE_TRY(const DagInfo info, dag(dag_id));
  auto next = info.next_run_after;
  if (!paused &&
      info.paused) {  // of the ticks that passed meanwhile the latest is due, with catchup each
    ARMATURE_TRY(const auto last, tools_.store.last_scheduled(dag_id));
    ARMATURE_TRY(const auto due, dag::next_due(*info.def, last, tools_.clock.now()));
    next.reset();
    if (due) next = due->run_after;
  }
  const std::string key = schedule_key(*info.def);
  ARMATURE_CHECK(tools_.store.set_paused(dag_id, paused, key, next));
  {
    const std::lock_guard dags_lock(dags_mutex_);
    DagState& state = dags_[dag_id];
    state.paused = paused;
    state.schedule_key = key;
    state.next_run_after = next;
  }
  inbox_->knock();
  return Ok{};
}

}  // namespace armature::orchestrator
