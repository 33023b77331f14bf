// A deployment inside a deployment: started like one of its own, and told of by its end.
#include "base/bytes.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/scope.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox {
namespace {

constexpr const char* kTerminal =
    "The resource write operation failed to complete successfully, because it reached terminal "
    "provisioning state '";

StepOutcome outcome_of(int status) {
  StepOutcome out;
  out.status = status;
  return out;
}

}  // namespace

void Engine::nested_ended(const RunPtr& run, std::size_t index, const Deployment& ended) {
  if (ended.state == "Succeeded") {
    {
      const std::scoped_lock lock(run->mutex);
      run->nested_resources.insert(run->nested_resources.end(), ended.output_resources.begin(),
                                   ended.output_resources.end());
    }
    return finish_step(run, index, outcome_of(200));
  }
  Json error = JsonObject{
      {"code",    "ResourceDeploymentFailure"                                          },
      {"target",  ended.id                                                             },
      {"message", kTerminal + ended.state + "'."                                       },
      {"details", JsonArray{ended.error.is_object() ? ended.error : Json(JsonObject{})}}
  };
  StepOutcome outcome = outcome_of(409);
  outcome.message = JsonObject{
      {"status", ended.state},
      {"error",  error      }
  };
  fail_step(run, index, std::move(outcome), std::move(error));
}

void Engine::put_nested(const RunPtr& run, std::size_t index, Json body) {
  const tmpl::Resource& resource = run->plan.resources()[index];
  const Deployment& parent = run->deployment;
  const ArmCall call = cloud_.make_call("PUT", deployment_target(resource.id), std::move(body),
                                        parent.caller, parent.correlation_id);
  const auto fail = [&](const ArmAnswer& out) {
    const Json* error = out.body ? find(*out.body, "error") : nullptr;
    StepOutcome outcome = outcome_of(out.status);
    outcome.request_id = call.request_id;
    fail_step(run, index, std::move(outcome),
              error ? *error
                    : Json(JsonObject{
                          {"code",    out.error_code()   },
                          {"message", out.error_message()}
    }));
  };
  if (call.op.action.empty()) {
    return fail(refuse(400, "InvalidRequestUri", "'" + call.op.target + "' is no request to ARM."));
  }
  auto refused = cloud_.refusal(call);
  if (!refused) {
    refused = cloud_.store().read(
        [&](const State& state) { return check_management_group(cloud_, state, call.at.scope); });
  }
  if (refused) return fail(*refused);
  PrepareOptions options;
  options.secrets = run->secrets;
  options.parent_link = parent.template_link;
  Prepared prepared = prepare(cloud_, call, options);
  if (prepared.refusal) return fail(*prepared.refusal);
  Deployment& d = prepared.deployment;
  d.parent_run = parent.run_id;
  if (!prepared.secrets.empty()) {
    d.document = nullptr;
    drop_secrets(prepared.secrets, d.parameters);
    drop_secrets(prepared.secrets, d.shown_parameters);
  }
  const std::string key = to_lower(d.id);
  const auto old = cloud_.store().read([&](const State& state) -> std::optional<Deployment> {
    const Deployment* found = state.get<Deployment>(key);
    return found ? std::optional(*found) : std::nullopt;
  });
  const bool ours = old && old->parent_run == d.parent_run;
  if (ours && old->state == "Succeeded") return nested_ended(run, index, *old);
  if (running(d.id) || (old && !old->terminal() && !ours)) {
    return fail(refuse(409, "DeploymentActive",
                       "The deployment '" + d.name + "' is still active under another request."));
  }
  if (old && !ours && !old->location.empty() && old->location != d.location) {
    return fail(invalid_location(d, *old));
  }
  const bool resumed = ours && !old->terminal();
  if (resumed) {  // a restart: the same run goes on
    d.run_id = old->run_id;
    d.operation_id = old->operation_id;
    d.started = old->started;
  }
  d.state = "Running";
  const auto written = cloud_.store().change([&](Change& change) -> std::optional<ArmAnswer> {
    if (!old) {
      if (auto full = make_room(cloud_, change, d)) return full;
    }
    if (!resumed) {
      erase_steps(change, d.id);
      change.created(d.id);
    }
    change.put(key, d);
    return std::nullopt;
  });
  if (!written) return fail(refuse(500, "InternalServerError", "The database failed."));
  if (*written) return fail(**written);
  StepOutcome outcome = outcome_of(201);
  outcome.request_id = call.request_id;
  write_step(*run, index, "Running", std::move(outcome));
  const auto child = std::make_shared<Run>(d, *std::move(prepared.plan), prepared.secrets);
  child->done = [this, run, index](const Deployment& ended) { nested_ended(run, index, ended); };
  restore(child);
  launch(child);
  // Canceled while this one was made: cancel() did not see it yet.
  if (is_stopped(*run) && stop_run(*child)) complete(child, true);
}

}  // namespace armature::sandbox
