#include "dag/plan.h"

#include <algorithm>
#include <cmath>

#include "base/crypto.h"
#include "base/time.h"

namespace armature::dag {
namespace {

constexpr Micros kLongestDelay = std::chrono::hours(24);

std::vector<std::size_t> dependency_order(const DagDef& dag) {
  std::vector<std::size_t> missing(dag.tasks.size()), order;
  order.reserve(dag.tasks.size());
  for (std::size_t i = 0; i < dag.tasks.size(); ++i) {
    missing[i] = dag.tasks[i].upstream.size();
    if (missing[i] == 0) order.push_back(i);
  }
  for (std::size_t at = 0; at < order.size(); ++at) {
    for (const std::size_t next : dag.tasks[order[at]].downstream) {
      if (--missing[next] == 0) order.push_back(next);
    }
  }
  return order;
}

bool has_timed_out(const RunView& run, Instant now) {
  return run.dag.dagrun_timeout && run.started && *run.started + *run.dag.dagrun_timeout <= now;
}

Action task_action(Action::Kind kind, std::size_t task, std::string reason = "") {
  Action out{kind, task, RunState::kSuccess, std::move(reason)};
  return out;
}

Action finish(RunState state, std::string reason = "") {
  return Action{Action::Kind::kFinishRun, 0, state, std::move(reason)};
}

// What the run's end is, by its leaves; nothing while a task is unfinished.
std::optional<RunState> outcome(const DagDef& dag, const std::vector<TaskState>& states) {
  if (!std::all_of(states.begin(), states.end(), is_finished)) return std::nullopt;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!dag.tasks[i].downstream.empty()) continue;
    if (states[i] == TaskState::kFailed || states[i] == TaskState::kUpstreamFailed) {
      return RunState::kFailed;
    }
  }
  return RunState::kSuccess;
}

std::vector<Action> time_out(const std::vector<TaskState>& states) {
  std::vector<Action> out;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (!is_finished(states[i])) {
      out.push_back(task_action(Action::Kind::kSkip, i, "run timed out"));
    }
  }
  out.push_back(finish(RunState::kFailed, "run timed out"));
  return out;
}

// After the first failure of a fail_fast DAG.
std::vector<Action> stop_all(const DagDef& dag, const std::vector<TaskState>& states,
                             std::size_t failed_task) {
  std::vector<Action> out;
  const std::string reason = "fail_fast: task " + dag.tasks[failed_task].id.str() + " failed";
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (is_finished(states[i])) continue;
    const bool runs = states[i] == TaskState::kRunning;
    out.push_back(task_action(runs ? Action::Kind::kFailTask : Action::Kind::kSkip, i, reason));
  }
  out.push_back(finish(RunState::kFailed, reason));
  return out;
}

bool is_done_at_once(const TaskDef& task) {
  return task.instant && task.run_if.empty() && task.skip_if.empty();
}

// The reason a person reads beside a skipped or upstream_failed task.
std::string because_of(const TaskDef& task) {
  return "trigger rule " + std::string(to_string(task.trigger_rule));
}

Micros back_off(const RetryPolicy& policy, int try_number, const std::string& jitter_key) {
  const double multiplier = policy.exponential_backoff;
  if (!(multiplier > 0) || multiplier == 1.0) return policy.retry_delay;
  const double longest = static_cast<double>(kLongestDelay.count()) / 1e6;
  const double base = static_cast<double>(policy.retry_delay.count()) / 1e6 *
                      std::pow(multiplier, std::max(0, try_number - 1));
  if (!(base < longest)) return std::min(kLongestDelay, policy.max_retry_delay);
  const auto seconds = static_cast<std::uint64_t>(std::max(1.0, std::ceil(base)));
  std::uint64_t jitter = 0;  // the digest as one big-endian number, modulo the back-off
  for (const char c : sha1(jitter_key)) {
    jitter = (jitter * 256 + static_cast<unsigned char>(c)) % seconds;
  }
  const Micros delay = std::chrono::seconds(seconds + jitter);
  return std::min({delay, kLongestDelay, policy.max_retry_delay});
}

bool names(const std::vector<std::string>& list, std::string_view name) {
  return !name.empty() && std::find(list.begin(), list.end(), name) != list.end();
}

}  // namespace

std::vector<Action> plan(const RunView& run, Instant now) {
  std::vector<Action> out;
  if (run.state != RunState::kRunning) return out;
  std::vector<TaskState> states;
  states.reserve(run.tasks.size());
  for (const TaskView& task : run.tasks) states.push_back(task.state);

  if (const auto ended = outcome(run.dag, states)) return {finish(*ended)};
  if (has_timed_out(run, now)) return time_out(states);
  if (run.dag.fail_fast) {
    const auto failed = std::find(states.begin(), states.end(), TaskState::kFailed);
    if (failed != states.end()) {
      return stop_all(run.dag, states, static_cast<std::size_t>(failed - states.begin()));
    }
  }
  for (const std::size_t i : dependency_order(run.dag)) {
    const TaskDef& task = run.dag.tasks[i];
    if (states[i] == TaskState::kUpForRetry || states[i] == TaskState::kUpForReschedule) {
      if (!run.tasks[i].retry_at || *run.tasks[i].retry_at <= now) {
        out.push_back(task_action(Action::Kind::kSchedule, i));
      }
      continue;
    }
    if (states[i] != TaskState::kNone) continue;
    std::vector<TaskState> upstream;
    upstream.reserve(task.upstream.size());
    for (const std::size_t above : task.upstream) upstream.push_back(states[above]);
    switch (evaluate(task.trigger_rule, upstream)) {
      case Verdict::kWait:
        break;
      case Verdict::kRun:
        states[i] = is_done_at_once(task) ? TaskState::kSuccess : TaskState::kScheduled;
        out.push_back(task_action(
            is_done_at_once(task) ? Action::Kind::kSucceed : Action::Kind::kSchedule, i));
        break;
      case Verdict::kSkip:
        out.push_back(task_action(Action::Kind::kSkip, i, because_of(task)));
        states[i] = TaskState::kSkipped;
        break;
      case Verdict::kUpstreamFail:
        out.push_back(task_action(Action::Kind::kUpstreamFail, i, because_of(task)));
        states[i] = TaskState::kUpstreamFailed;
        break;
    }
  }
  if (const auto ended = outcome(run.dag, states)) out.push_back(finish(*ended));
  return out;
}

std::optional<Instant> next_wake(const RunView& run, Instant now) {
  if (run.state != RunState::kRunning) return std::nullopt;
  std::optional<Instant> out;
  const auto take = [&](Instant at) {
    if (at > now && (!out || at < *out)) out = at;
  };
  if (run.dag.dagrun_timeout && run.started) take(*run.started + *run.dag.dagrun_timeout);
  for (const TaskView& task : run.tasks) {
    const bool waits =
        task.state == TaskState::kUpForRetry || task.state == TaskState::kUpForReschedule;
    if (waits && task.retry_at) take(*task.retry_at);
  }
  return out;
}

std::string jitter_key(std::string_view dag_id, std::string_view task_id,
                       std::optional<Instant> logical_date, int try_number) {
  std::string date = "None";
  if (logical_date) {
    date = to_airflow_iso(*logical_date);
    date[date.find('T')] = ' ';
  }
  return std::string(dag_id) + "#" + std::string(task_id) + "#" + date + "#" +
         std::to_string(try_number);
}

AfterFailure after_failure(const TaskDef& task, const TaskView& view, FailureClass kind,
                           const std::string& cloud_error_code,
                           const std::vector<std::string>& operator_retry_on,
                           std::optional<Micros> server_asked_delay, Instant now,
                           const std::string& jitter_key) {
  const auto stop = [](std::string why) { return AfterFailure{false, Instant{}, std::move(why)}; };
  if (kind == FailureClass::kFatal) return stop("repeating it cannot help");
  const bool listed = task.retry.retry_on || !operator_retry_on.empty();
  if (listed) {
    const auto& list = task.retry.retry_on ? *task.retry.retry_on : operator_retry_on;
    if (!names(list, to_string(kind)) && !names(list, cloud_error_code)) {
      const std::string what =
          cloud_error_code.empty() ? std::string(to_string(kind)) : cloud_error_code;
      return stop(what + " is not in retry_on");
    }
  }
  if (view.try_number >= view.max_tries) {
    return stop(task.retry.retries == 0 ? "no retries are set" : "no retries left");
  }
  Micros delay = back_off(task.retry, view.try_number, jitter_key);
  if (server_asked_delay) {
    delay = std::max(delay, std::clamp(*server_asked_delay, Micros{0}, kLongestDelay));
  }
  return AfterFailure{true, now + delay, "retry in " + format_duration(delay)};
}

}  // namespace armature::dag
