// Slots are given: attempts that may start are rendered and, once they are written as running,
// started.
#include "orchestrator/scheduler.h"
#include "orchestrator/task_log.h"

namespace armature::orchestrator {

using dag::TaskState;

std::filesystem::path log_path(const std::filesystem::path& logs_folder, const TaskKey& key,
                               int try_number) {
  return logs_folder / key.dag.str() / key.run.str() / key.task.str() /
         ("attempt=" + std::to_string(try_number) + ".log");
}

// Scheduled tasks that get a slot, in the order in which they start.
std::vector<std::pair<Scheduler::ActiveRun*, std::size_t>> Scheduler::choose() {
  std::vector<dag::Lane> lanes;
  std::vector<ActiveRun*> runs;
  for (auto& [key, run] : runs_) {
    if (run.ready.empty() || is_paused(key.first)) continue;
    for (const auto& [pool, ready] : run.ready) {
      lanes.push_back({run.row.id, date_of(run.row.info), run.dag.get(), pool, &ready.tasks});
      runs.push_back(&run);
    }
  }
  std::vector<std::pair<ActiveRun*, std::size_t>> out;
  const int parallelism = static_cast<int>(settings_.parallelism);
  for (const dag::Start& start : dag::choose(lanes, pools_, occupied_, parallelism)) {
    out.emplace_back(runs[start.lane], start.task);
  }
  return out;
}

Result<Rendered> Scheduler::prepare(const ActiveRun& run, std::size_t task, int try_number,
                                    const Changes& unwritten) const {
  std::map<std::string, Json> outputs;
  if (reads_outputs(*run.dag, task)) {
    ARMATURE_TRY(outputs, tools_.store.outputs(run.row.id));
    for (const TaskChange& change : unwritten.tasks) {
      if (!change.output) continue;
      const auto own = run.index.find(change.after.task_id);
      if (own == run.index.end() || run.row.tasks[own->second].id != change.after.id) continue;
      outputs[change.after.task_id] = *change.output;
    }
  }
  const OperatorTraits traits = tools_.traits(run.dag->tasks[task].operator_name);
  return render({*run.dag, run.row, task, try_number, outputs, traits});
}

void Scheduler::begin_attempt(ActiveRun& run, std::size_t task, bool resumed, Instant now,
                              Pending& pending, std::vector<Launch>& launches) {
  const int try_number = run.row.tasks[task].try_number + (resumed ? 0 : 1);
  auto rendered = prepare(run, task, try_number, pending.changes);
  if (rendered && !rendered->skip_reason.empty() && !resumed) {
    const auto set = [&](TaskRow& row) { row.start = row.end = now; };
    change(run, task, pending, "skipped", TaskState::kSkipped, set,
           {
               {"reason", rendered->skip_reason}
    });
    return;
  }
  const bool was_dirty = run.dirty;
  if (!resumed) {
    const auto set = [&](TaskRow& row) { row.queued_at = now; };
    change(run, task, pending, "queued", TaskState::kQueued, set);
  }
  const auto set = [&](TaskRow& row) {
    row.try_number = try_number;
    ++row.fence;
    row.end.reset();
    row.error.clear();
    if (!resumed) row.start = now;
  };
  TaskChange& out =
      change(run, task, pending, resumed ? "resumed" : "running", TaskState::kRunning, set);
  out.rendered = rendered ? storable(rendered->arguments, tools_.redactor) : JsonObject{};
  run.dirty = was_dirty;
  launches.push_back({attempt_of(run, task), &run, task, std::move(rendered), nullptr});
}

Result<std::vector<Scheduler::Launch>> Scheduler::begin_attempts(Instant now, Pending& pending) {
  std::vector<Launch> launches;
  for (const Orphan& orphan : orphans_) {
    const auto run = runs_.find(orphan.run);
    if (run == runs_.end()) continue;
    const TaskRow& row = run->second.row.tasks[orphan.task];
    if (row.state != TaskState::kRunning || row.fence != orphan.fence) continue;
    begin_attempt(run->second, orphan.task, true, now, pending, launches);
  }
  orphans_.clear();
  for (const auto& [run, task] : choose()) {
    begin_attempt(*run, task, false, now, pending, launches);
  }
  for (Launch& one : launches) {
    ARMATURE_TRY(one.handle, tools_.store.handle(one.run->row.tasks[one.task].id));
  }
  return launches;
}

void Scheduler::fail_at_once(const Attempt& attempt, std::string message) {
  TaskLog(log_path(settings_.logs_folder, attempt.key, attempt.try_number), tools_.clock,
          tools_.redactor)
      .error(message);
  Finished out{attempt, Finished::Kind::kFailed, dag::FailureClass::kFatal};
  out.message = std::move(message);
  inbox_->put(std::move(out));
}

void Scheduler::start_attempt(Launch& launch, Instant now) {
  const dag::TaskDef& def = launch.run->dag->tasks[launch.task];
  if (!launch.rendered) return fail_at_once(launch.attempt, launch.rendered.error().message);
  Work work{launch.attempt, launch.run->dag};
  work.task = launch.task;
  work.arguments = std::move(launch.rendered->arguments);
  work.context = std::move(launch.rendered->context);
  work.saved_handle = std::move(launch.handle);
  work.log_file = log_path(settings_.logs_folder, launch.attempt.key, launch.attempt.try_number);
  if (def.execution_timeout) work.deadline = now + *def.execution_timeout;
  if (!launch.rendered->grants.empty()) {
    auto token =
        tools_.access.begin(launch.attempt, launch.rendered->identity, launch.rendered->grants,
                            launch.run->dag->access.max_token_ttl);
    if (!token) return fail_at_once(launch.attempt, token.error().message);
    work.token = *std::move(token);
  }
  tools_.executor.start(std::move(work),
                        [inbox = inbox_](Finished finished) { inbox->put(std::move(finished)); });
}

}  // namespace armature::orchestrator
