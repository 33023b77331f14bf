// Runs come to be: by schedule, by hand, or again by clear.
#include <algorithm>

#include "base/time.h"
#include "dag/params.h"
#include "dag/timetable.h"
#include "orchestrator/scheduler.h"

namespace armature::orchestrator {
namespace {

using dag::RunState;
using dag::TaskState;

constexpr int kRunsPerStep = 10;  // of one DAG's catchup

}  // namespace

int Scheduler::live_runs(const std::string& dag_id, std::optional<RunState> state) const {
  int out = 0;
  for (auto at = runs_.lower_bound({dag_id, ""}); at != runs_.end() && at->first.first == dag_id;
       ++at) {
    const RunState is = at->second.row.info.state;
    out += state ? is == *state : is == RunState::kQueued || is == RunState::kRunning;
  }
  return out;
}

Status Scheduler::create_due_runs(Instant now) {
  const auto entries = tools_.folder.entries();
  for (const auto& [dag_id, entry] : *entries) {
    DagState state;
    {
      const std::lock_guard lock(dags_mutex_);
      const auto known = dags_.find(dag_id);
      if (known == dags_.end()) continue;
      state = known->second;
    }
    for (int made = 0; made < kRunsPerStep; ++made) {
      if (state.paused || !state.next_run_after || *state.next_run_after > now) break;
      if (live_runs(dag_id) >= entry.def->max_active_runs) break;
      ARMATURE_CHECK(create_due_run(entry, state, now));
    }
    const std::lock_guard lock(dags_mutex_);
    dags_[dag_id].next_run_after = state.next_run_after;
  }
  return Ok{};
}

Status Scheduler::create_due_run(const DagFolder::Entry& entry, DagState& state, Instant now) {
  const dag::DagDef& dag = *entry.def;
  const Instant tick = *state.next_run_after;
  ARMATURE_TRY(const auto next, dag::next_due(dag, tick, now));
  state.next_run_after.reset();
  if (next) state.next_run_after = next->run_after;
  RunInfo info;
  info.run_type = "scheduled";
  info.run_id = "scheduled__" + to_airflow_iso(tick);
  info.triggered_by = "timetable";
  info.logical_date = info.interval_start = info.interval_end = info.run_after = tick;
  auto made =
      insert(dag, std::move(info), Store::NextRun{state.schedule_key, state.next_run_after});
  if (made) return Ok{};
  if (made.error().code != Code::kConflict && made.error().code != Code::kInvalid) {
    return std::move(made).error();
  }
  // The tick has its run already, or its params need a value that only a person can give.
  tools_.log.warning("scheduled run left out",
                     {
                         {"dag_id", dag.id.str()        },
                         {"reason", made.error().message}
  });
  return tools_.store.set_next_run(dag.id.str(), state.schedule_key, state.next_run_after);
}

Result<RunRow> Scheduler::insert(const dag::DagDef& dag, RunInfo info,
                                 std::optional<Store::NextRun> next) {
  RunRow row;
  ARMATURE_TRY(row.params, dag::resolve_params(dag, info.conf));
  info.dag_id = dag.id.str();
  info.dag_version = dag.version;
  info.state = RunState::kQueued;
  info.queued_at = tools_.clock.now();
  row.info = std::move(info);
  for (const dag::TaskDef& task : dag.tasks) {
    TaskRow one;
    one.task_id = task.id.str();
    one.operator_name = task.operator_name;
    one.max_tries = task.retry.retries;
    row.tasks.push_back(std::move(one));
  }
  ARMATURE_TRY(RunRow made, tools_.store.create_run(std::move(row), std::move(next)));
  ARMATURE_TRY(ActiveRun run, adopt(made));
  runs_.insert_or_assign(RunKey{made.info.dag_id, made.info.run_id}, std::move(run));
  return made;
}

Result<RunInfo> Scheduler::trigger(const std::string& dag_id, Orchestrator::Trigger trigger) {
  const std::lock_guard lock(mutex_);
  ARMATURE_TRY(const DagInfo known, dag(dag_id));
  if (!known.errors.empty()) {
    return fail(Code::kConflict,
                "DAG '" + dag_id + "' has errors: " + dag::to_text(known.errors.front()));
  }
  const Instant now = tools_.clock.now();
  RunInfo info;
  info.run_type = "manual";
  info.run_id = trigger.run_id;
  if (info.run_id.empty()) {
    const std::string base = "manual__" + to_airflow_iso(now);
    info.run_id = base;
    for (int n = 2; tools_.store.run_row(dag_id, info.run_id); ++n) {
      info.run_id = base + "_" + std::to_string(n);
    }
  }
  ARMATURE_TRY([[maybe_unused]] const RunId checked, RunId::parse(info.run_id));
  info.conf = std::move(trigger.conf);
  info.triggered_by = trigger.triggered_by;
  info.note = trigger.note;
  info.logical_date = info.interval_start = info.interval_end = trigger.logical_date;
  info.run_after = now;
  ARMATURE_TRY(const RunRow made, insert(*known.def, std::move(info)));
  inbox_->knock();
  return made.info;
}

// The tasks to clear: as named, with all that comes after them, without those never touched.
Result<std::vector<std::size_t>> Scheduler::select(const ActiveRun& run,
                                                   const Orchestrator::Clear& what) const {
  const auto& tasks = run.dag->tasks;
  std::vector<bool> chosen(tasks.size(), what.task_ids.empty());
  std::vector<std::size_t> queue;
  for (const std::string& id : what.task_ids) {
    const auto at = run.index.find(id);
    if (at == run.index.end()) return fail(Code::kNotFound, "the run has no task '" + id + "'");
    if (!chosen[at->second]) queue.push_back(at->second);
    chosen[at->second] = true;
  }
  for (std::size_t at = 0; what.downstream && at < queue.size(); ++at) {
    for (const std::size_t next : tasks[queue[at]].downstream) {
      if (!chosen[next]) queue.push_back(next);
      chosen[next] = true;
    }
  }
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const TaskState state = run.row.tasks[i].state;
    const bool failed = state == TaskState::kFailed || state == TaskState::kUpstreamFailed;
    if (chosen[i] && state != TaskState::kNone && (failed || !what.only_failed)) out.push_back(i);
  }
  return out;
}

Result<std::vector<TaskInfo>> Scheduler::clear(const std::string& dag_id, const std::string& run_id,
                                               const Orchestrator::Clear& what) {
  const std::lock_guard lock(mutex_);
  if (must_reload_) ARMATURE_CHECK(reload());
  const RunKey key{dag_id, run_id};
  auto live = runs_.find(key);
  std::optional<ActiveRun> finished;
  if (live == runs_.end()) {
    ARMATURE_TRY(RunRow row, tools_.store.run_row(dag_id, run_id));
    ARMATURE_TRY(finished, adopt(std::move(row)));
  }
  ActiveRun& run = finished ? *finished : live->second;
  ARMATURE_TRY(const std::vector<std::size_t> chosen, select(run, what));
  Pending pending;
  std::vector<TaskInfo> out;
  for (const std::size_t task : chosen) {
    if (!what.dry_run) {
      leave(run, task, pending);
      const int retries = run.dag->tasks[task].retry.retries;
      const auto reset = [&](TaskRow& row) {
        row.max_tries = row.try_number + retries;
        ++row.fence;
        row.retry_at.reset();
        row.queued_at.reset();
        row.start.reset();
        row.end.reset();
        row.error.clear();
      };
      change(run, task, pending, "cleared", TaskState::kNone, reset).forget = true;
    }
    out.push_back(info_of(run.row.info, run.row.tasks[task]));
  }
  if (what.dry_run || chosen.empty()) return out;
  if (finished) {
    RunChange again{run.row.id, run.row.info.state, run.row.info, "cleared"};
    again.after.state = RunState::kQueued;
    again.after.queued_at = tools_.clock.now();
    again.after.start.reset();
    again.after.end.reset();
    run.row.info = again.after;
    pending.changes.runs.push_back(std::move(again));
  }
  ARMATURE_CHECK(commit(pending));
  for (const std::size_t task : chosen) tools_.access.cleared(attempt_of(run, task).key);
  if (finished) runs_.insert_or_assign(key, *std::move(finished));
  inbox_->knock();
  return out;
}

}  // namespace armature::orchestrator
