#pragma once
// States, in Airflow's words.
#include <optional>
#include <string_view>

namespace armature::dag {

enum class TaskState {
  kNone,
  kScheduled,
  kQueued,
  kRunning,
  kSuccess,
  kFailed,
  kSkipped,
  kUpstreamFailed,
  kUpForRetry,
  kUpForReschedule,
  kDeferred,
  kRemoved,
};
enum class RunState { kQueued, kRunning, kSuccess, kFailed };

std::string_view to_string(TaskState state);  // "none", "up_for_retry" …
std::string_view to_string(RunState state);
std::optional<TaskState> task_state_from(std::string_view text);
std::optional<RunState> run_state_from(std::string_view text);
bool is_finished(TaskState state);  // success, failed, skipped, upstream_failed, removed

}  // namespace armature::dag
