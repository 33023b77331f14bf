// What came in is settled: finished attempts, planned runs, runs that may begin.
#include <algorithm>

#include "base/time.h"
#include "dag/plan.h"
#include "orchestrator/scheduler.h"

namespace armature::orchestrator {
namespace {

using dag::TaskState;

std::string bounded(std::string text) {
  if (text.size() <= kMaxErrorBytes) return text;
  std::size_t end = kMaxErrorBytes;  // not inside a UTF-8 sequence
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  text.resize(end);
  return text + " …";
}

dag::TaskView view_of(const TaskRow& row) {
  return {row.state, row.try_number, row.max_tries + 1, row.retry_at};
}

}  // namespace

Attempt Scheduler::attempt_of(const ActiveRun& run, std::size_t task) const {
  const TaskRow& row = run.row.tasks[task];
  return {
      TaskKey{run.dag->id, *RunId::parse(run.row.info.run_id), run.dag->tasks[task].id, -1},
      row.try_number, row.fence
  };
}

void Scheduler::set_ready(ActiveRun& run, std::size_t task, bool ready) {
  const dag::TaskDef& def = run.dag->tasks[task];
  const dag::ReadyTask place{def.total_weight, task};
  if (ready) {
    Ready& lane = run.ready[def.pool];
    if (lane.tasks.insert(place).second) lane.slots += def.pool_slots;
    return;
  }
  const auto lane = run.ready.find(def.pool);
  if (lane == run.ready.end() || lane->second.tasks.erase(place) == 0) return;
  lane->second.slots -= def.pool_slots;
  if (lane->second.tasks.empty()) run.ready.erase(lane);
}

TaskChange& Scheduler::change(ActiveRun& run, std::size_t task, Pending& pending, std::string event,
                              TaskState state, const std::function<void(TaskRow&)>& set,
                              JsonObject detail) {
  TaskRow& row = run.row.tasks[task];
  TaskChange out{row, row, std::move(event), std::move(detail)};
  const bool ran = row.state == TaskState::kRunning, runs = state == TaskState::kRunning;
  if (ran && !runs) occupied_.end(run.row.id, *run.dag, task);
  if (runs && !ran) occupied_.start(run.row.id, *run.dag, task);
  set_ready(run, task, state == TaskState::kScheduled);
  row.state = state;
  if (set) set(row);
  out.after = row;
  run.dirty = true;
  pending.changes.tasks.push_back(std::move(out));
  return pending.changes.tasks.back();
}

bool Scheduler::leave(const ActiveRun& run, std::size_t task, Pending& pending) {
  const TaskRow& row = run.row.tasks[task];
  if (row.state != TaskState::kRunning) return false;
  pending.cancelled.push_back(attempt_of(run, task));
  pending.gone.push_back(row.id);
  return true;
}

Status Scheduler::commit(const Pending& pending) {
  if (auto done = tools_.store.apply(pending.changes); !done) {
    must_reload_ = true;
    return done;
  }
  for (const std::int64_t id : pending.gone) started_.erase(id);
  for (const Attempt& attempt : pending.cancelled) {
    tools_.executor.cancel(attempt);
    tools_.access.end(attempt);
  }
  for (const Attempt& attempt : pending.ended) tools_.access.end(attempt);
  return Ok{};
}

void Scheduler::settle(const std::vector<Finished>& finished, Instant now, Pending& pending) {
  for (const Finished& one : finished) take_finished(one, now, pending);
  plan_dirty(now, pending);
  start_queued_runs(now, pending);
  plan_dirty(now, pending);
}

// One transaction.
Status Scheduler::turn(std::vector<Finished> finished, Instant now) {
  Pending pending;
  settle(finished, now, pending);
  Result<std::vector<Launch>> launches = std::vector<Launch>();
  if (!stopping_) launches = begin_attempts(now, pending);
  Status done = launches ? commit(pending) : Status(launches.error());
  if (!done) {
    for (Finished& one : finished) inbox_->put(std::move(one));
    return done;
  }
  for (Launch& one : *launches) {
    started_[one.run->row.tasks[one.task].id] = one.attempt.fence;
    start_attempt(one, now);
  }
  std::erase_if(runs_, [](const auto& entry) {
    const dag::RunState state = entry.second.row.info.state;
    return state == dag::RunState::kSuccess || state == dag::RunState::kFailed;
  });
  return Ok{};
}

void Scheduler::take_finished(const Finished& finished, Instant now, Pending& pending) {
  const TaskKey& key = finished.attempt.key;
  const auto found = runs_.find({key.dag.str(), key.run.str()});
  if (found == runs_.end()) return;
  ActiveRun& run = found->second;
  const auto index = run.index.find(key.task.str());
  if (index == run.index.end()) return;
  const std::size_t task = index->second;
  const TaskRow& row = run.row.tasks[task];
  const bool current = row.state == TaskState::kRunning && row.fence == finished.attempt.fence &&
                       row.try_number == finished.attempt.try_number;
  if (!current) return;
  pending.ended.push_back(finished.attempt);
  pending.gone.push_back(row.id);
  if (finished.kind == Finished::Kind::kFailed) {
    take_failure(run, task, finished, now, pending);
    return;
  }
  std::optional<Json> output;
  if (run.dag->tasks[task].do_xcom_push && !finished.output.is_null()) {
    output = without_secrets(finished.output, tools_.redactor);
    const std::size_t size = dump(*output).size();
    if (size > kMaxOutputBytes) {
      Finished failed{finished.attempt, Finished::Kind::kFailed, dag::FailureClass::kFatal};
      failed.message = "the output has " + std::to_string(size) + " bytes; " +
                       std::to_string(kMaxOutputBytes) + " are allowed";
      take_failure(run, task, failed, now, pending);
      return;
    }
  }
  const bool skipped = finished.kind == Finished::Kind::kSkipped;
  const auto end = [&](TaskRow& after) {
    after.end = now;
    after.error.clear();
  };
  TaskChange& out = change(run, task, pending, skipped ? "skipped" : "success",
                           skipped ? TaskState::kSkipped : TaskState::kSuccess, end);
  out.output = std::move(output);
}

void Scheduler::take_failure(ActiveRun& run, std::size_t task, const Finished& finished,
                             Instant now, Pending& pending) {
  const TaskRow& row = run.row.tasks[task];
  const dag::TaskDef& def = run.dag->tasks[task];
  const RunInfo& info = run.row.info;
  const std::string jitter_key =
      dag::jitter_key(info.dag_id, row.task_id, info.logical_date, row.try_number);
  const dag::AfterFailure after = dag::after_failure(
      def, view_of(row), finished.failure, finished.cloud_error_code,
      tools_.traits(row.operator_name).retry_on, finished.server_asked_delay, now, jitter_key);
  const std::string message = bounded(tools_.redactor.clean(finished.message));
  JsonObject detail{
      {"message", message                         },
      {"class",   dag::to_string(finished.failure)},
      {"then",    after.why                       }
  };
  if (!finished.cloud_error_code.empty()) detail["code"] = finished.cloud_error_code;
  JsonObject line = detail;
  line["dag_id"] = info.dag_id;
  line["run_id"] = info.run_id;
  line["task_id"] = row.task_id;
  line["try_number"] = row.try_number;
  tools_.log.warning("task failed", std::move(line));
  const auto end = [&](TaskRow& out) {
    out.end = now;
    out.error = message;
    out.retry_at.reset();
    if (after.retry) out.retry_at = after.retry_at;
  };
  change(run, task, pending, after.retry ? "up_for_retry" : "failed",
         after.retry ? TaskState::kUpForRetry : TaskState::kFailed, end, std::move(detail));
}

void Scheduler::plan_dirty(Instant now, Pending& pending) {
  for (auto& entry : runs_) {
    ActiveRun& run = entry.second;
    if (!run.dirty && !(run.wake && *run.wake <= now)) continue;
    const auto view = [&run] {
      dag::RunView out{*run.dag, run.row.info.state, run.row.info.start, {}};
      out.tasks.reserve(run.row.tasks.size());
      for (const TaskRow& row : run.row.tasks) out.tasks.push_back(view_of(row));
      return out;
    };
    for (const dag::Action& action : dag::plan(view(), now)) apply(run, action, now, pending);
    run.wake = dag::next_wake(view(), now);
    run.dirty = false;
  }
}

void Scheduler::apply(ActiveRun& run, const dag::Action& action, Instant now, Pending& pending) {
  using Kind = dag::Action::Kind;
  JsonObject detail;
  if (!action.reason.empty()) detail["reason"] = action.reason;
  if (action.kind == Kind::kFinishRun) {
    RunChange out{run.row.id, run.row.info.state, run.row.info,
                  std::string(dag::to_string(action.run_state)), std::move(detail)};
    out.after.state = action.run_state;
    out.after.end = now;
    run.row.info = out.after;
    tools_.log.info("run finished", {
                                        {"dag_id", out.after.dag_id                },
                                        {"run_id", out.after.run_id                },
                                        {"state",  dag::to_string(action.run_state)}
    });
    pending.changes.runs.push_back(std::move(out));
    return;
  }
  if (action.kind == Kind::kSchedule) {
    const auto set = [](TaskRow& row) { row.retry_at.reset(); };
    change(run, action.task, pending, "scheduled", TaskState::kScheduled, set);
    return;
  }
  if (action.kind == Kind::kSucceed) {
    const auto end = [&](TaskRow& row) {
      ++row.try_number;
      row.start = row.end = now;
    };
    change(run, action.task, pending, "success", TaskState::kSuccess, end);
    return;
  }
  const TaskState state = action.kind == Kind::kSkip           ? TaskState::kSkipped
                          : action.kind == Kind::kUpstreamFail ? TaskState::kUpstreamFailed
                                                               : TaskState::kFailed;
  const bool ran = leave(run, action.task, pending);
  const auto end = [&](TaskRow& row) {
    row.end = now;
    row.retry_at.reset();
    if (!ran) return;
    ++row.fence;
    row.error = action.reason;
  };
  change(run, action.task, pending, std::string(dag::to_string(state)), state, end,
         std::move(detail));
}

void Scheduler::start_queued_runs(Instant now, Pending& pending) {
  std::vector<ActiveRun*> queued;
  for (auto& [key, run] : runs_) {
    if (run.row.info.state == dag::RunState::kQueued) queued.push_back(&run);
  }
  std::sort(queued.begin(), queued.end(), [](const ActiveRun* a, const ActiveRun* b) {
    return std::tie(a->row.info.run_after, a->row.id) < std::tie(b->row.info.run_after, b->row.id);
  });
  for (ActiveRun* run : queued) {
    const RunInfo& info = run->row.info;
    if (is_paused(info.dag_id) || (info.run_after && *info.run_after > now)) continue;
    if (live_runs(info.dag_id, dag::RunState::kRunning) >= run->dag->max_active_runs) continue;
    RunChange change{run->row.id, info.state, info, "running"};
    change.after.state = dag::RunState::kRunning;
    change.after.start = now;
    change.after.end.reset();
    run->row.info = change.after;
    run->dirty = true;
    pending.changes.runs.push_back(std::move(change));
  }
}

}  // namespace armature::orchestrator
