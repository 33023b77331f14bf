#include "dag/state.h"

#include <array>
#include <utility>

namespace armature::dag {
namespace {

constexpr std::array<std::pair<TaskState, std::string_view>, 12> kTaskStates = {
    {
     {TaskState::kNone, "none"},
     {TaskState::kScheduled, "scheduled"},
     {TaskState::kQueued, "queued"},
     {TaskState::kRunning, "running"},
     {TaskState::kSuccess, "success"},
     {TaskState::kFailed, "failed"},
     {TaskState::kSkipped, "skipped"},
     {TaskState::kUpstreamFailed, "upstream_failed"},
     {TaskState::kUpForRetry, "up_for_retry"},
     {TaskState::kUpForReschedule, "up_for_reschedule"},
     {TaskState::kDeferred, "deferred"},
     {TaskState::kRemoved, "removed"},
     }
};
constexpr std::array<std::pair<RunState, std::string_view>, 4> kRunStates = {
    {
     {RunState::kQueued, "queued"},
     {RunState::kRunning, "running"},
     {RunState::kSuccess, "success"},
     {RunState::kFailed, "failed"},
     }
};

}  // namespace

std::string_view to_string(TaskState state) {
  for (const auto& [value, name] : kTaskStates) {
    if (value == state) return name;
  }
  return "none";
}

std::string_view to_string(RunState state) {
  for (const auto& [value, name] : kRunStates) {
    if (value == state) return name;
  }
  return "queued";
}

std::optional<TaskState> task_state_from(std::string_view text) {
  for (const auto& [value, name] : kTaskStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::optional<RunState> run_state_from(std::string_view text) {
  for (const auto& [value, name] : kRunStates) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool is_finished(TaskState state) {
  switch (state) {
    case TaskState::kSuccess:
    case TaskState::kFailed:
    case TaskState::kSkipped:
    case TaskState::kUpstreamFailed:
    case TaskState::kRemoved:
      return true;
    default:
      return false;
  }
}

}  // namespace armature::dag
