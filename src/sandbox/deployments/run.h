#pragma once
// Run: one deployment that is under way, and the pure part of its progress: what may start now,
// and when is it over?
//
//   Threads   take `mutex` for everything below it
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sandbox/arm_call.h"
#include "sandbox/template/template.h"

namespace armature::sandbox {

enum class StepState { kWaiting, kRunning, kDone, kFailed };

struct Run {
  Run(Deployment started, tmpl::Plan expanded, std::vector<std::string> kept_out)
      : deployment(std::move(started)), plan(std::move(expanded)), secrets(std::move(kept_out)) {
    states.resize(plan.resources().size(), StepState::kWaiting);
  }

  const Deployment deployment;  // as it was when it started
  const tmpl::Plan plan;
  const std::vector<std::string> secrets;
  std::function<void(const Deployment&)> done;  // tells the deployment that this one is nested in

  std::mutex mutex;
  std::vector<StepState> states;
  JsonArray errors;
  bool finishing = false;
};

// Marks as running, and gives, every resource whose dependencies are done. After a failure nothing
// new starts.
std::vector<std::size_t> take_ready(const std::vector<tmpl::Resource>& resources,
                                    std::vector<StepState>& states);
// Nothing runs and nothing more can start.
bool is_over(const std::vector<StepState>& states);
bool has_failed(const std::vector<StepState>& states);

}  // namespace armature::sandbox
