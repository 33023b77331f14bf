#pragma once
// plan: what must happen to a run now. Trigger rules, skip propagation, retries with Airflow's
// back-off, fail_fast, timeouts and the run's own end. Pure: values in, actions out; the same
// function serves a step, a restart and a test of a whole year.
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dag/dag.h"
#include "dag/state.h"

namespace armature::dag {

struct TaskView {  // one task instance of the run, in the order of DagDef::tasks
  TaskState state = TaskState::kNone;
  int try_number = 0;               // of the last attempt started; 0: none yet
  int max_tries = 0;                // retries allowed + 1, raised by clear
  std::optional<Instant> retry_at;  // of up_for_retry
};

struct RunView {
  const DagDef& dag;
  RunState state = RunState::kRunning;
  std::optional<Instant> started;
  std::vector<TaskView> tasks;
  int running_elsewhere = 0;  // tasks of the DAG's other runs that hold a slot (max_active_tasks)
};

struct Action {
  enum class Kind {
    kQueue,  // start an attempt when a slot is free
    kSkip,
    kUpstreamFail,
    kFailTask,   // with reason: run timed out, fail_fast
    kFinishRun,  // run_state
  } kind;
  std::size_t task = 0;
  RunState run_state = RunState::kSuccess;
  std::string reason;
};

std::vector<Action> plan(const RunView& run, Instant now);
// The next instant at which plan() could answer differently without an event: a retry or timeout.
std::optional<Instant> next_wake(const RunView& run, Instant now);

enum class Verdict { kWait, kRun, kSkip, kUpstreamFail };
Verdict evaluate(TriggerRule rule, const std::vector<TaskState>& upstream);

// What a failed attempt becomes: up_for_retry at `retry_at`, or failed.
struct AfterFailure {
  bool retry = false;
  Instant retry_at;
  std::string why;  // "no retries left", "AuthorizationFailed is not in retry_on"
};
AfterFailure after_failure(const TaskDef& task, const TaskView& view, FailureClass kind,
                           const std::string& cloud_error_code,
                           const std::vector<std::string>& operator_retry_on,
                           std::optional<Micros> server_asked_delay, Instant now,
                           const std::string& jitter_key);

}  // namespace armature::dag
