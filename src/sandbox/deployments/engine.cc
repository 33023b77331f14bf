#include "sandbox/deployments/engine.h"

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/activity_log.h"
#include "sandbox/deployments/seal.h"

namespace armature::sandbox {
namespace {

constexpr const char* kWrite = "Microsoft.Resources/deployments/write";
constexpr const char* kFailedText =
    "At least one resource deployment operation failed. Please list deployment operations for "
    "details. Please see https://aka.ms/arm-deployment-operations for usage details.";

Json deployment_failed(JsonArray details) {
  return JsonObject{
      {"code",    "DeploymentFailed"},
      {"message", kFailedText       },
      {"details", std::move(details)}
  };
}

}  // namespace

Engine::Engine(Cloud& cloud) : cloud_(cloud), waiter_(cloud.clock()) {}

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
    ready = take_ready(run->plan.resources(), run->states);
    over = ready.empty() && is_over(run->states);
    run->finishing = over;
  }
  for (const std::size_t index : ready) {
    post_work([this, run, index] { step(run, index); });
  }
  if (over) complete(run, false);
}

Json Engine::delete_others(const Run& run) {
  const Deployment& d = run.deployment;
  std::vector<std::string> ids;
  cloud_.store().read([&](const State& state) {
    const std::string prefix = to_lower(d.scope) + "/providers/";
    const auto& records = state.table<Record>();
    for (auto it = records.lower_bound(prefix);
         it != records.end() && it->first.starts_with(prefix); ++it) {
      const auto id = arm::ResourceId::parse(it->second.id);
      // Top-level resources only: children go with their parent.
      if (!id || id->name.find('/') != std::string::npos || !equal_ci(id->scope, d.scope)) continue;
      if (starts_with_ci(id->type, "Microsoft.Authorization/")) continue;
      const bool named = std::ranges::any_of(run.plan.resources(), [&](const auto& resource) {
        return arm::at_or_above(it->second.id, resource.id);
      });
      if (!named) ids.push_back(it->second.id);
    }
    return 0;
  });
  for (const std::string& id : ids) {
    const ArmAnswer out = cloud_.perform("DELETE", id + "?api-version=2021-04-01", std::nullopt,
                                         d.caller, d.correlation_id);
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

void Engine::complete(const RunPtr& run, bool canceled) {
  Deployment ended = run->deployment;
  LiveLookup lookup(cloud_, run->deployment);
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
  } else if (!errors.empty()) {
    ended.state = "Failed";
    ended.error = deployment_failed(std::move(errors));
  } else {
    Json failed = ended.mode == "Complete" ? delete_others(*run) : Json(nullptr);
    auto outputs = run->plan.outputs(lookup);
    if (failed.is_null() && !outputs) {
      const tmpl::TemplateError& error = outputs.error();
      failed = JsonObject{
          {"code",    "DeploymentOutputEvaluationFailed"                                },
          {"message",
           "Unable to evaluate template outputs: '" + error.path + "'. " + error.message}
      };
    }
    ended.state = failed.is_null() ? "Succeeded" : "Failed";
    if (!failed.is_null()) {
      ended.error = deployment_failed({std::move(failed)});
    } else {
      ended.outputs = *std::move(outputs);
    }
  }
  for (const auto& resource : run->plan.resources()) {
    if (!resource.existing && ended.state == "Succeeded") {
      ended.output_resources.push_back(JsonObject{
          {"id", resource.id}
      });
    }
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
}

void Engine::restore(const RunPtr& run) {
  const Deployment& d = run->deployment;
  cloud_.store().read([&](const State& state) {
    for (std::size_t i = 0; i < run->states.size(); ++i) {
      const auto* step = state.get<DeploymentStep>(step_key(d.id, i));
      if (step && step->run_id == d.run_id && step->state == "Succeeded") {
        run->states[i] = StepState::kDone;
      }
    }
    return 0;
  });
}

void Engine::fail_unstarted(Deployment deployment, std::string code, std::string message) {
  deployment.state = "Failed";
  deployment.error = deployment_failed({
      JsonObject{{"code", std::move(code)}, {"message", std::move(message)}}
  });
  settle(nullptr, std::move(deployment));
}

void Engine::resume_one(Deployment deployment) {
  Json parameters = deployment.parameters;
  if (deployment.has_secrets) {
    const auto plain = deployment.sealed.empty()
                           ? Result<Secret>(fail(Code::kInvalid, "they were not kept"))
                           : unseal(deployment.sealed, cloud_.options().state_key);
    auto parsed = plain ? parse_json(plain->reveal(), 256) : Result<Json>(plain.error());
    if (!parsed) {
      return fail_unstarted(std::move(deployment), "SecureParametersLost",
                            "A restart interrupted the deployment, and its secure parameters "
                            "cannot be read again: " +
                                parsed.error().message + ".");
    }
    parameters = *std::move(parsed);
  }
  auto plan = expand_again(cloud_, deployment, parameters);
  if (!plan) {
    return fail_unstarted(std::move(deployment), plan.error().code, plan.error().message);
  }
  auto secrets = secret_values(deployment.document, parameters);
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
  const auto alive = [&](const std::string& run_id) {
    return std::ranges::any_of(found, [&](const auto& d) { return d.run_id == run_id; });
  };
  // A nested one is started again by its parent, unless the parent has ended without it.
  for (const Deployment& deployment : found) {
    if (deployment.parent_run.empty()) {
      resume_one(deployment);
    } else if (!alive(deployment.parent_run)) {
      fail_unstarted(deployment, "DeploymentInterrupted",
                     "The deployment that this one is part of has ended.");
    }
  }
}

}  // namespace armature::sandbox
