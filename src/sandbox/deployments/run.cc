#include "sandbox/deployments/run.h"

#include <algorithm>

namespace armature::sandbox {

bool has_failed(const std::vector<StepState>& states) {
  return std::ranges::find(states, StepState::kFailed) != states.end();
}

std::vector<std::size_t> take_ready(const std::vector<tmpl::Resource>& resources,
                                    std::vector<StepState>& states) {
  std::vector<std::size_t> out;
  if (has_failed(states)) return out;
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (states[i] != StepState::kWaiting) continue;
    const bool ready = std::ranges::all_of(
        resources[i].depends_on, [&](std::size_t on) { return states[on] == StepState::kDone; });
    if (ready) out.push_back(i);
  }
  for (const std::size_t i : out) states[i] = StepState::kRunning;
  return out;
}

bool is_over(const std::vector<StepState>& states) {
  if (std::ranges::find(states, StepState::kRunning) != states.end()) return false;
  return has_failed(states) ||
         std::ranges::all_of(states, [](StepState state) { return state == StepState::kDone; });
}

}  // namespace armature::sandbox
