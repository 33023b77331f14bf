// The routes below Microsoft.Resources/deployments that do something.
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/activity_log.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/scope.h"
#include "sandbox/deployments/what_if.h"

namespace armature::sandbox {
namespace {

ArmAnswer deployment_active(const Deployment& d) {
  return refuse(409, "DeploymentActive",
                "Unable to edit or replace deployment '" + d.name +
                    "': previous deployment from '" + to_rfc3339(d.started) +
                    "' is still active (expiration time is '" +
                    to_rfc3339(d.started + std::chrono::hours(24 * 7)) +
                    "'). Please see https://aka.ms/arm-deploy for usage details.");
}

ArmAnswer database_failed() { return refuse(500, "InternalServerError", "The database failed."); }

}  // namespace

ArmAnswer invalid_location(const Deployment& next, const Deployment& old) {
  return refuse(409, "InvalidDeploymentLocation",
                "Invalid deployment location '" + next.location + "'. The deployment '" +
                    next.name + "' already exists in location '" + old.location + "'.");
}

ArmAnswer Engine::handle(const ArmCall& call) {
  if (call.at.is("Microsoft.Resources", "deploymentStacks")) return stacks_.handle(call);
  const auto missing = cloud_.store().read(
      [&](const State& state) { return check_management_group(cloud_, state, call.at.scope); });
  const bool reads = call.op.method == "GET" || call.op.method == "HEAD";
  if (reads && missing) return *missing;
  if (reads) {
    return cloud_.store().read(
        [&](const State& state) { return read_deployments(cloud_, state, call); });
  }
  ArmAnswer out = missing ? *missing : route(call);
  // What changed something has logged itself in the transaction of its effect.
  const bool logs_itself = call.op.method == "DELETE" || (call.op.method == "PUT" && out.ok());
  if (logs_itself && !missing) return out;
  const auto written = cloud_.store().change([&](Change& change) {
    log_call(change, cloud_, call, out);
    return 0;
  });
  return written ? out : database_failed();
}

ArmAnswer Engine::route(const ArmCall& call) {
  const std::size_t depth = call.at.tail.size();
  if (depth == 2 && call.op.method == "PUT") return put(call);
  if (depth == 2 && call.op.method == "DELETE") return remove(call);
  if (depth == 3 && call.op.method == "POST") return post(call);
  return no_deployment_route(call);
}

ArmAnswer Engine::put(const ArmCall& call) {
  Prepared prepared = prepare(cloud_, call);
  if (prepared.refusal) return *std::move(prepared.refusal);
  const Outline planned = outline(cloud_, prepared);
  if (planned.refusal) return *planned.refusal;
  if (auto refused = check_rights(cloud_, prepared, planned)) return *std::move(refused);
  if (auto refused = check_policies(cloud_, prepared, planned)) return *std::move(refused);
  Deployment& d = prepared.deployment;
  const std::string key = to_lower(d.id);
  auto started = cloud_.store().change([&](Change& change) -> ArmAnswer {
    const Deployment* old = change.state().get<Deployment>(key);
    if (old && !old->terminal()) return deployment_active(*old);
    if (old && !old->location.empty() && old->location != d.location) {
      return invalid_location(d, *old);
    }
    if (auto refused = check_rollback(change.state(), d)) return *std::move(refused);
    if (!old) {
      if (auto full = make_room(cloud_, change, d)) return *std::move(full);
    }
    // Digits count down with time; two starts in one tick still differ.
    if (old && old->operation_id == d.operation_id) d.operation_id.back() ^= 1;
    erase_steps(change, d.id);
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
  if (!started) return database_failed();
  if (!started->ok()) return *std::move(started);
  d.state = "Running";
  launch(std::make_shared<Run>(d, *std::move(prepared.plan), std::move(prepared.secrets)));
  return *std::move(started);
}

ArmAnswer Engine::post(const ArmCall& call) {
  const std::string& action = call.at.tail[2];
  if (equal_ci(action, "validate")) return validate(call);
  if (equal_ci(action, "whatIf")) return look_ahead(call);
  if (equal_ci(action, "cancel")) return cancel(call);
  if (equal_ci(action, "exportTemplate")) {
    const auto document = cloud_.store().read([&](const State& state) -> std::optional<Json> {
      const Deployment* d = state.get<Deployment>(to_lower(deployment_id(call)));
      return d ? std::optional(d->document) : std::nullopt;
    });
    if (!document) return deployment_not_found(call);
    return answer(200, JsonObject{
                           {"template", *document}
    });
  }
  return no_deployment_route(call);
}

ArmAnswer Engine::validate(const ArmCall& call) {
  Prepared prepared = prepare(cloud_, call);
  if (prepared.refusal) return *std::move(prepared.refusal);
  const Outline planned = outline(cloud_, prepared);
  if (planned.refusal) return *planned.refusal;
  if (auto refused = check_rights(cloud_, prepared, planned)) return *std::move(refused);
  if (auto refused = check_policies(cloud_, prepared, planned)) return *std::move(refused);
  return answer(200, validated_json(prepared, planned));
}

ArmAnswer Engine::look_ahead(const ArmCall& call) {
  PrepareOptions options;
  options.preview = tmpl::Preview::kRequest;
  const Prepared prepared = prepare(cloud_, call, options);
  if (prepared.refusal) return *prepared.refusal;
  const Outline planned = outline(cloud_, prepared);
  if (planned.refusal) return *planned.refusal;
  if (auto refused = check_rights(cloud_, prepared, planned)) return *std::move(refused);
  const std::string format = text_at(*call.body, "properties.whatIfSettings.resultFormat");
  WhatIf found = what_if(cloud_, prepared, planned, equal_ci(format, "ResourceIdOnly"));
  if (found.refusal) return *std::move(found.refusal);
  const auto operation = keep_result(prepared.deployment.id, 200, std::move(found.result));
  if (!operation) return database_failed();
  ArmAnswer out = answer(202);
  out.headers.set("Location",
                  cloud_.link(operation_result_path(prepared.deployment.scope, *operation), call));
  out.headers.set("Retry-After", "0");
  return out;
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
        if (run->deployment.run_id == runs[i] && stop_run(*run)) {
          canceled.insert(canceled.begin(), run);
        }
        if (run->deployment.parent_run == runs[i]) runs.push_back(run->deployment.run_id);
      }
    }
  }
  if (canceled.empty()) {
    return refuse(
        409, "DeploymentCannotBeCancelled",
        "The deployment '" + call.at.tail[1] + "' cannot be cancelled: it is not active.");
  }
  // All are stopped by now: the end of a nested one must not end its parent.
  for (const RunPtr& run : canceled) complete(run, true);
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
      const std::string operation = cloud_.random().uuid();
      const Instant now = cloud_.clock().now();
      const std::string scope = d->scope;
      erase_steps(change, id);
      change.deleted(id);
      change.erase<Deployment>(key);
      change.put(operation, AsyncOperation{id, now, now, 204, nullptr});
      out = answer(202);
      out.headers.set("Location", cloud_.link(operation_result_path(scope, operation), call));
      out.headers.set("Retry-After", "0");
    }
    log_call(change, cloud_, call, out);
    return out;
  });
  return removed ? *std::move(removed) : database_failed();
}

}  // namespace armature::sandbox
