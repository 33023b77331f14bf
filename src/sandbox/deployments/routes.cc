// The routes below Microsoft.Resources/deployments.
#include <algorithm>

#include "arm/error_body.h"
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/activity_log.h"
#include "sandbox/bodies.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/rbac.h"

namespace armature::sandbox {
namespace {

std::string deployment_id(const ArmCall& call) {
  const auto scope = arm::ResourceId::parse(call.at.scope);
  return (scope ? scope->text : call.at.scope) + "/providers/Microsoft.Resources/deployments/" +
         call.at.tail[1];
}

ArmAnswer deployment_not_found(const ArmCall& call) {
  return refuse(404, "DeploymentNotFound",
                "Deployment '" + call.at.tail[1] + "' could not be found.");
}

ArmAnswer no_route(const ArmCall& call) {
  return refuse(404, "NotFound",
                "No route of the sandbox answers " + call.op.method + " '" + call.op.target + "'.");
}

ArmAnswer deployment_active(const Deployment& d) {
  return refuse(409, "DeploymentActive",
                "Unable to edit or replace deployment '" + d.name +
                    "': previous deployment from '" + to_rfc3339(d.started) +
                    "' is still active (expiration time is '" +
                    to_rfc3339(d.started + std::chrono::hours(24 * 7)) +
                    "'). Please see https://aka.ms/arm-deploy for usage details.");
}

ArmAnswer list_deployments(const State& state, const ArmCall& call) {
  const std::string filter = call.query_value("$filter");
  std::string wanted;
  if (!filter.empty()) {
    const std::size_t open = filter.find('\'');
    const std::size_t close = filter.rfind('\'');
    if (!starts_with_ci(trim(filter), "provisioningState eq") || open == close) {
      return invalid_filter(filter);
    }
    wanted = filter.substr(open + 1, close - open - 1);
  }
  const auto scope = arm::ResourceId::parse(call.at.scope);
  std::vector<const Deployment*> found;
  for (const auto& [key, d] : state.table<Deployment>()) {
    if (!scope || !equal_ci(d.scope, scope->text)) continue;
    if (wanted.empty() || equal_ci(d.state, wanted)) found.push_back(&d);
  }
  std::ranges::sort(found, {}, &Deployment::operation_id);
  const std::string top = call.query_value("$top");
  std::size_t limit = found.size();
  if (!top.empty() && top.size() < 9 && top.find_first_not_of("0123456789") == std::string::npos) {
    limit = std::min<std::size_t>(limit, std::stoul(top));
  }
  JsonArray out;
  for (std::size_t i = 0; i < limit; ++i) out.push_back(deployment_json(*found[i]));
  return list_answer(std::move(out));
}

ArmAnswer list_steps(const State& state, const ArmCall& call, const Deployment& d) {
  const std::string prefix = to_lower(d.id) + "#";
  const auto& steps = state.table<DeploymentStep>();
  JsonArray out;
  for (auto it = steps.lower_bound(prefix); it != steps.end() && it->first.starts_with(prefix);
       ++it) {
    if (call.at.tail.size() == 4) {
      if (!equal_ci(it->second.operation_id, call.at.tail[3])) continue;
      return answer(200, step_json(it->second));
    }
    out.push_back(step_json(it->second));
  }
  if (call.at.tail.size() == 4) {
    return refuse(404, "DeploymentOperationNotFound",
                  "The deployment operation '" + call.at.tail[3] + "' could not be found.");
  }
  return list_answer(std::move(out));
}

ArmAnswer operation_status(const ArmCall& call, const Deployment& d) {
  if (call.at.tail[3] != d.operation_id) {
    return refuse(404, "DeploymentOperationNotFound",
                  "The deployment operation '" + call.at.tail[3] + "' could not be found.");
  }
  JsonObject body{
      {"status", d.state == "Accepted" ? "Running" : d.state}
  };
  if (!d.error.is_null()) body["error"] = d.error;
  ArmAnswer out = answer(200, std::move(body));
  if (!d.terminal()) out.headers.set("Retry-After", "0");
  return out;
}

}  // namespace

ArmAnswer Engine::handle(const ArmCall& call) {
  const std::string& method = call.op.method;
  const std::size_t depth = call.at.tail.size();
  if (method == "GET" || method == "HEAD") return read(call);
  ArmAnswer out = no_route(call);
  if (depth == 2 && method == "PUT") out = put(call);
  if (depth == 2 && method == "DELETE") return remove(call);
  if (depth == 3 && method == "POST") out = post(call);
  // What succeeded has logged itself in the transaction of its effect.
  return out.ok() && method == "PUT" ? out : logged(call, std::move(out));
}

ArmAnswer Engine::logged(const ArmCall& call, ArmAnswer out) {
  const auto written = cloud_.store().change([&](Change& change) {
    log_call(change, cloud_, call, out);
    return 0;
  });
  if (!written) return refuse(500, "InternalServerError", "The database failed.");
  return out;
}

ArmAnswer Engine::read(const ArmCall& call) {
  const auto& tail = call.at.tail;
  return cloud_.store().read([&](const State& state) -> ArmAnswer {
    if (tail.size() == 1) return list_deployments(state, call);
    const Deployment* d = state.get<Deployment>(to_lower(deployment_id(call)));
    if (call.op.method == "HEAD") return answer(d ? 204 : 404);
    if (!d) return deployment_not_found(call);
    if (tail.size() == 2) return answer(200, deployment_json(*d));
    if (equal_ci(tail[2], "operations") && tail.size() <= 4) return list_steps(state, call, *d);
    if (equal_ci(tail[2], "operationStatuses") && tail.size() == 4) {
      return operation_status(call, *d);
    }
    return no_route(call);
  });
}

std::optional<ArmAnswer> Engine::preflight(const Prepared& prepared) {
  const Caller& caller = prepared.deployment.caller;
  std::string denied;
  cloud_.store().read([&](const State& state) {
    for (const auto& resource : prepared.plan->resources()) {
      const std::string action = resource.type + (resource.existing ? "/read" : "/write");
      std::string scoped = action;
      if (equal_ci(resource.type, "Microsoft.Resources/resourceGroups")) {
        scoped = "Microsoft.Resources/subscriptions/resourceGroups/write";
      }
      // A condition asks for a body that is not evaluated yet: the call itself will decide.
      const Access access =
          decide_access(cloud_, state, {caller.object_id, scoped, resource.id, false, {}});
      if (resource.existing || access.allowed()) continue;
      if (access.verdict == Verdict::kConditionNotMet) continue;
      denied += (denied.empty() ? "" : ":") +
                std::string("Authorization failed for template resource '") + resource.name +
                "' of type '" + resource.type + "'. The client '" + caller.app_id +
                "' with object id '" + caller.object_id +
                "' does not have permission to perform action '" + scoped + "' at scope '" +
                resource.id + "'.";
    }
    return 0;
  });
  if (denied.empty()) return std::nullopt;
  return refuse(403, "InvalidTemplateDeployment",
                "Deployment failed with multiple errors: '" + denied + "'");
}

ArmAnswer Engine::put(const ArmCall& call) {
  Prepared prepared = prepare(cloud_, call, {});
  if (prepared.refusal) return *std::move(prepared.refusal);
  if (auto refused = preflight(prepared)) return *std::move(refused);
  Deployment& d = prepared.deployment;
  const std::string key = to_lower(d.id);
  auto started = cloud_.store().change([&](Change& change) -> ArmAnswer {
    const Deployment* old = change.state().get<Deployment>(key);
    if (old && !old->terminal()) return deployment_active(*old);
    if (old && !old->location.empty() && old->location != d.location) {
      return refuse(409, "InvalidDeploymentLocation",
                    "Invalid deployment location '" + d.location + "'. The deployment '" + d.name +
                        "' already exists in location '" + old->location + "'.");
    }
    // Digits count down with time; two starts in one tick still differ.
    if (old && old->operation_id == d.operation_id) d.operation_id.back() ^= 1;
    std::vector<std::string> stale;
    const auto& steps = change.state().table<DeploymentStep>();
    for (auto it = steps.lower_bound(key + "#");
         it != steps.end() && it->first.starts_with(key + "#"); ++it) {
      stale.push_back(it->first);
    }
    for (const std::string& step : stale) change.erase<DeploymentStep>(step);
    ArmAnswer out = answer(old ? 200 : 201, deployment_json(d));
    out.headers.set("Azure-AsyncOperation",
                    cloud_.link(d.id + "/operationStatuses/" + d.operation_id, call));
    out.headers.set("Retry-After", "0");
    change.created(d.id);
    Deployment stored = d;
    stored.state = "Running";
    change.put(key, std::move(stored));
    log_call(change, cloud_, call, out);
    return out;
  });
  if (!started) return refuse(500, "InternalServerError", "The database failed.");
  if (!started->ok()) return *std::move(started);
  d.state = "Running";
  launch(std::make_shared<Run>(d, *std::move(prepared.plan), std::move(prepared.secrets)));
  return *std::move(started);
}

ArmAnswer Engine::post(const ArmCall& call) {
  const std::string& action = call.at.tail[2];
  if (equal_ci(action, "validate")) return validate(call);
  if (equal_ci(action, "cancel")) return cancel(call);
  if (equal_ci(action, "exportTemplate")) {
    const Json document = cloud_.store().read([&](const State& state) -> Json {
      const Deployment* d = state.get<Deployment>(to_lower(deployment_id(call)));
      return d ? d->document : Json(nullptr);
    });
    if (document.is_null()) return deployment_not_found(call);
    return answer(200, JsonObject{
                           {"template", document}
    });
  }
  return no_route(call);
}

ArmAnswer Engine::validate(const ArmCall& call) {
  Prepared prepared = prepare(cloud_, call, {});
  if (prepared.refusal) return *std::move(prepared.refusal);
  if (auto refused = preflight(prepared)) return *std::move(refused);
  return answer(200, validated_json(prepared));
}

ArmAnswer Engine::cancel(const ArmCall& call) {
  const std::string id = deployment_id(call);
  const auto known = cloud_.store().read([&](const State& state) -> std::optional<std::string> {
    const Deployment* d = state.get<Deployment>(to_lower(id));
    return d ? std::optional(d->run_id) : std::nullopt;
  });
  if (!known) return deployment_not_found(call);
  std::vector<RunPtr> canceled;
  {
    const std::scoped_lock lock(mutex_);
    std::vector<std::string> runs{*known};
    // Nested ones stop first, so that none tells a parent that has ended already.
    for (std::size_t i = 0; i < runs.size(); ++i) {
      for (const auto& [key, run] : runs_) {
        if (run->deployment.run_id == runs[i]) canceled.insert(canceled.begin(), run);
        if (run->deployment.parent_run == runs[i]) runs.push_back(run->deployment.run_id);
      }
    }
  }
  if (canceled.empty()) {
    return refuse(
        409, "DeploymentCannotBeCancelled",
        "The deployment '" + call.at.tail[1] + "' cannot be cancelled: it is not active.");
  }
  for (const RunPtr& run : canceled) {
    {
      const std::scoped_lock lock(run->mutex);
      if (run->finishing) continue;
      run->finishing = true;
    }
    complete(run, true);
  }
  return answer(204);
}

ArmAnswer Engine::remove(const ArmCall& call) {
  const std::string id = deployment_id(call);
  const std::string key = to_lower(id);
  auto removed = cloud_.store().change([&](Change& change) -> ArmAnswer {
    const Deployment* d = change.state().get<Deployment>(key);
    ArmAnswer out = answer(204);
    if (d && !d->terminal()) {
      out = deployment_active(*d);
    } else if (d) {
      std::vector<std::string> steps;
      for (const auto& [step_id, step] : change.state().table<DeploymentStep>()) {
        if (equal_ci(step.deployment, id)) steps.push_back(step_id);
      }
      for (const std::string& step : steps) change.erase<DeploymentStep>(step);
      change.deleted(id);
      change.erase<Deployment>(key);
      const std::string operation = cloud_.random().uuid();
      const Instant now = cloud_.clock().now();
      change.put(operation, AsyncOperation{id, now, now});
      out = answer(202);
      out.headers.set("Location", cloud_.link("/subscriptions/" + cloud_.subscription() +
                                                  "/operationresults/" + operation,
                                              call));
    }
    log_call(change, cloud_, call, out);
    return out;
  });
  if (!removed) return refuse(500, "InternalServerError", "The database failed.");
  return *std::move(removed);
}

}  // namespace armature::sandbox
