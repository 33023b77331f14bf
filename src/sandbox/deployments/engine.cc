#include "sandbox/deployments/engine.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "sandbox/activity_log.h"
#include "sandbox/deployments/complete_mode.h"
#include "sandbox/deployments/inputs.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kResultsKept = 100;
constexpr const char* kWrite = "Microsoft.Resources/deployments/write";
constexpr const char* kFailedText =
    "At least one resource deployment operation failed. Please list deployment operations for "
    "details. Please see https://aka.ms/arm-deployment-operations for usage details.";

Json deployment_failed(const std::string& id, JsonArray details) {
  return JsonObject{
      {"code",    "DeploymentFailed"},
      {"target",  id                },
      {"message", kFailedText       },
      {"details", std::move(details)}
  };
}

}  // namespace

Engine::Engine(Cloud& cloud) : cloud_(cloud), waiter_(cloud.clock()), stacks_(cloud, *this) {}

Engine::~Engine() { stop(); }

void Engine::stop() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  lock.unlock();
  waiter_.stop();
  lock.lock();
  idle_.wait(lock, [this] { return in_flight_ == 0; });
}

void Engine::post_work(std::function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return;
    ++in_flight_;
  }
  // Counts down also when the runtime lets the work go without running it.
  const std::shared_ptr<void> landed(nullptr, [this](void*) {
    const std::scoped_lock lock(mutex_);
    --in_flight_;
    idle_.notify_all();
  });
  cloud_.runtime().run_blocking([landed, work = std::move(work)] { work(); });
}

void Engine::at_end(const std::string& id, std::function<void()> work) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = runs_.find(to_lower(id));
    if (found != runs_.end()) {
      // Read after the run has left runs_, which takes the same lock.
      found->second->done = [this, work = std::move(work)](const Deployment&) { post_work(work); };
      return;
    }
  }
  post_work(std::move(work));
}

Result<std::string> Engine::keep_result(const std::string& target, int status, Json body) {
  const std::string operation = cloud_.random().uuid();
  std::string oldest;
  {
    const std::scoped_lock lock(mutex_);
    results_.push_back(operation);
    if (results_.size() > kResultsKept) {
      oldest = std::move(results_.front());
      results_.pop_front();
    }
  }
  ARMATURE_TRY(const int written, cloud_.store().change([&](Change& change) {
    const Instant now = cloud_.clock().now();
    if (!oldest.empty()) change.erase<AsyncOperation>(oldest);
    change.put(operation, AsyncOperation{target, now, now, status, std::move(body)});
    return 0;
  }));
  (void)written;
  return operation;
}

Engine::RunPtr Engine::running(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = runs_.find(to_lower(id));
  return found == runs_.end() ? nullptr : found->second;
}

void Engine::wait_for(const std::string& id) {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return !runs_.contains(to_lower(id)); });
}

void Engine::launch(const RunPtr& run) {
  {
    const std::scoped_lock lock(mutex_);
    runs_[to_lower(run->deployment.id)] = run;
  }
  post_work([this, run] { advance(run); });
}

void Engine::advance(const RunPtr& run) {
  {
    const std::scoped_lock lock(mutex_);
    if (stopping_) return;
  }
  std::vector<std::size_t> ready;
  bool over = false;
  {
    const std::scoped_lock lock(run->mutex);
    if (run->finishing) return;
    ready = run->progress.take_ready();
    over = ready.empty() && run->progress.over();
    run->finishing = over;
  }
  for (const std::size_t index : ready) {
    post_work([this, run, index] { step(run, index); });
  }
  if (over) complete(run, false);
}

Json Engine::delete_others(const Run& run, const Deployment& ended) {
  const Deployment& d = run.deployment;
  std::set<std::string> named;
  for (const auto& resource : run.plan.resources()) named.insert(to_lower(resource.id));
  for (const Json& resource : ended.output_resources)
    named.insert(to_lower(text_at(resource, "id")));
  std::vector<std::string> ids;
  cloud_.store().read([&](const State& state) {
    for (const Record* record : unnamed_resources(state, d.scope, named)) ids.push_back(record->id);
    return 0;
  });
  for (const std::string& id : ids) {
    const ArmAnswer out =
        cloud_.perform("DELETE", deployment_target(id), std::nullopt, d.caller, d.correlation_id);
    if (!out.ok()) {
      return JsonObject{
          {"code",    out.error_code()   },
          {"message", out.error_message()},
          {"target",  id                 }
      };
    }
  }
  return nullptr;
}

// Everything is put: what is left of the deployment itself.
Json Engine::finish_resources(Run& run, Deployment& ended) {
  for (const auto& resource : run.plan.resources()) {
    if (resource.existing || resource.is_deployment || !resource.extension.empty()) continue;
    ended.output_resources.push_back(JsonObject{
        {"id", resource.id}
    });
  }
  {
    const std::scoped_lock lock(run.mutex);
    ended.output_resources.insert(ended.output_resources.end(), run.nested_resources.begin(),
                                  run.nested_resources.end());
  }
  std::ranges::sort(ended.output_resources, {},
                    [](const Json& one) { return to_lower(text_at(one, "id")); });
  if (ended.mode == "Complete") {
    if (Json failed = delete_others(run, ended); !failed.is_null()) return failed;
  }
  LiveLookup lookup(cloud_, run.deployment);
  auto outputs = run.plan.outputs(lookup);
  if (!outputs) {
    return JsonObject{
        {"code",    outputs.error().code   },
        {"message", outputs.error().message}
    };
  }
  ended.outputs = *std::move(outputs);
  return nullptr;
}

void Engine::complete(const RunPtr& run, bool canceled) {
  Deployment ended = run->deployment;
  JsonArray errors;
  {
    const std::scoped_lock lock(run->mutex);
    errors = run->errors;
  }
  if (canceled) {
    ended.state = "Canceled";
    ended.error = JsonObject{
        {"code",    "DeploymentCanceled"                       },
        {"message", "The deployment was canceled by a request."}
    };
  } else {
    if (errors.empty()) {
      Json failed = finish_resources(*run, ended);
      if (!failed.is_null()) errors.push_back(std::move(failed));
    }
    ended.state = errors.empty() ? "Succeeded" : "Failed";
    if (!errors.empty()) ended.error = deployment_failed(ended.id, std::move(errors));
    write_output_step(*run, ended);
  }
  settle(run, std::move(ended));
}

void Engine::settle(const RunPtr& run, Deployment ended) {
  ended.changed = cloud_.clock().now();
  ended.sealed.clear();
  const auto written = cloud_.store().change([&](Change& change) {
    change.put(to_lower(ended.id), ended);
    log_ending(change, cloud_,
               {kWrite, ended.id, ended.state == "Succeeded" ? "Succeeded" : "Failed",
                ended.operation_id, ended.correlation_id, ended.caller, ended.error});
    return 0;
  });
  if (!written)
    cloud_.log().error("sandbox write failed", {
                                                   {"reason", written.error().message}
    });
  {
    const std::scoped_lock lock(mutex_);
    const auto found = runs_.find(to_lower(ended.id));
    if (found != runs_.end() && found->second == run) runs_.erase(found);
    idle_.notify_all();
  }
  if (run && run->done) run->done(ended);
  if (ended.state == "Failed" && !ended.on_error.is_null()) roll_back(ended);
}

void Engine::restore(const RunPtr& run) {
  const Deployment& d = run->deployment;
  cloud_.store().read([&](const State& state) {
    for (const tmpl::Resource& resource : run->plan.resources()) {
      const auto* step = state.get<DeploymentStep>(step_key(d.id, resource.index));
      const bool done = step && step->run_id == d.run_id && step->state == "Succeeded";
      // A nested one tells what it put: it is asked again.
      if (done && !resource.is_deployment) run->progress.done_before(resource.index);
    }
    return 0;
  });
}

void Engine::fail_unstarted(Deployment deployment, std::string code, std::string message) {
  deployment.state = "Failed";
  deployment.error = deployment_failed(
      deployment.id, {
                         JsonObject{{"code", std::move(code)}, {"message", std::move(message)}}
  });
  settle(nullptr, std::move(deployment));
}

void Engine::resume_one(Deployment deployment) {
  const auto inputs = open_inputs(cloud_, deployment);
  if (!inputs) {
    return fail_unstarted(std::move(deployment), "SecureParametersLost",
                          "A restart interrupted the deployment, and its secure parameters "
                          "cannot be read again: " +
                              inputs.error().message + ".");
  }
  auto plan = expand_again(cloud_, deployment, inputs->parameters);
  if (!plan) {
    return fail_unstarted(std::move(deployment), plan.error().code, plan.error().message);
  }
  auto secrets = secret_values(deployment.document, inputs->parameters);
  for (std::string& one : secret_configs(deployment.document, *inputs)) {
    secrets.push_back(std::move(one));
  }
  cloud_.log().info("sandbox deployment resumed", {
                                                      {"deployment", deployment.id}
  });
  const auto run =
      std::make_shared<Run>(std::move(deployment), *std::move(plan), std::move(secrets));
  restore(run);
  launch(run);
}

void Engine::resume() {
  std::vector<Deployment> found = cloud_.store().read([](const State& state) {
    std::vector<Deployment> out;
    for (const auto& [key, deployment] : state.table<Deployment>()) {
      if (!deployment.terminal()) out.push_back(deployment);
    }
    return out;
  });
  cloud_.store().read([this](const State& state) {
    for (const auto& [key, operation] : state.table<AsyncOperation>()) {
      if (operation.status != 0 && !operation.body.is_null()) results_.push_back(key);
    }
    return 0;
  });
  std::set<std::string> alive;
  for (const Deployment& deployment : found) alive.insert(deployment.run_id);
  // A nested one is started again by its parent, unless the parent has ended without it.
  for (const Deployment& deployment : found) {
    if (deployment.parent_run.empty()) {
      resume_one(deployment);
    } else if (!alive.contains(deployment.parent_run)) {
      fail_unstarted(deployment, "DeploymentInterrupted",
                     "The deployment that this one is part of has ended.");
    }
  }
  stacks_.resume();
}

}  // namespace armature::sandbox
