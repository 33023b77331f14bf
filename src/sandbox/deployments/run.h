#pragma once
// Run: one deployment that is under way, and Progress, the pure part of it: what may start now, and
// when is it over?
//
//   Progress  each dependency is looked at once, when it is done: the work of a whole deployment is
//             linear in resources and dependencies
//   Threads   take `mutex` for everything below it
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "sandbox/arm_call.h"
#include "sandbox/template/template.h"

namespace armature::sandbox {

class Progress {
 public:
  explicit Progress(const std::vector<tmpl::Resource>& resources);
  // Of a run before a restart: it need not start again. Before the first take_ready().
  void done_before(std::size_t index);
  // Gives, once each, the resources whose dependencies are done. After a failure nothing new
  // starts.
  std::vector<std::size_t> take_ready();
  void done(std::size_t index);
  void failed(std::size_t index);
  // Nothing runs and nothing more can start.
  bool over() const { return running_ == 0 && (failed_ || left_ == 0); }

 private:
  void settle(std::size_t index);
  std::vector<std::vector<std::size_t>> successors_;
  std::vector<std::size_t> waits_for_;
  std::vector<bool> settled_;
  std::vector<std::size_t> ready_;
  std::size_t running_ = 0;
  std::size_t left_ = 0;  // neither done nor failed
  bool failed_ = false;
};

struct Run {
  Run(Deployment started, tmpl::Plan expanded, std::vector<std::string> kept_out)
      : deployment(std::move(started)),
        plan(std::move(expanded)),
        secrets(std::move(kept_out)),
        progress(plan.resources()) {}

  const Deployment deployment;  // as it was when it started
  const tmpl::Plan plan;
  const std::vector<std::string> secrets;
  std::function<void(const Deployment&)> done;  // tells the deployment that this one is nested in

  std::mutex mutex;
  Progress progress;
  JsonArray errors;
  JsonArray nested_resources;  // what nested deployments put
  bool finishing = false;
};

// From here on nothing of the run starts. True: it was this call that stopped it, and the caller
// completes the run.
bool stop_run(Run& run);
bool is_stopped(Run& run);

}  // namespace armature::sandbox
