#pragma once
// plan: what must happen to a run now. Trigger rules, skip propagation, retries with Airflow's
// back-off, fail_fast, timeouts and the run's own end. Pure: values in, actions out; the same
// function serves a step, a restart and a test of a whole year.
//
//   Slots     not here: kSchedule makes a task ready, the scheduler starts it when a slot is free
//   Nothing   a task whose operator does nothing succeeds at once, as Airflow's EmptyOperator does
//             without a worker; with a condition of its own it is scheduled like any other
//   Order     actions come in dependency order; applying them all leaves nothing to plan
//   Timeout   of the run: unfinished tasks are skipped and the run failed, as in Airflow; a skipped
//             task that is running must be cancelled. fail_fast: running tasks fail, others skip
//   Source    facts on Airflow §1.2 to §1.4
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
};

struct Action {
  enum class Kind {
    kSchedule,  // start an attempt when a slot is free
    kSucceed,   // an operator that does nothing has its turn, and needs no slot
    kSkip,
    kUpstreamFail,
    kFailTask,   // with reason: fail_fast
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
//   An operator that names no classes is repeated on all but kFatal. The jitter is
//   sha1(jitter_key) modulo the back-off, as Airflow's TaskInstance.next_retry_datetime, so the
//   same failure always waits the same time. A longer wait that the server asked for wins.
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

// Airflow's: "dag_id#task_id#logical_date#try_number", the date as Python prints it.
std::string jitter_key(std::string_view dag_id, std::string_view task_id,
                       std::optional<Instant> logical_date, int try_number);

}  // namespace armature::dag
