// One resource of a deployment: its body, its PUT, the wait for its provisioning, its record.
#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/extension_resources.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox {
namespace {

tmpl::TemplateError lookup_error(const ArmAnswer& answer) {
  return {answer.error_code(), answer.error_message(), ""};
}

// What debugSetting keeps of a body: no secret is among it.
Json debug_copy(const std::string& type, const std::vector<std::string>& secrets, Json body) {
  drop_write_only(type, body);
  drop_secrets(secrets, body);
  return JsonObject{
      {"content", std::move(body)}
  };
}

Json error_of(const ArmAnswer& answer) {
  if (const Json* error = answer.body ? find(*answer.body, "error") : nullptr) return *error;
  return JsonObject{
      {"code",    "InternalServerError" },
      {"message", answer.error_message()}
  };
}

}  // namespace

std::string step_key(const std::string& deployment_id, std::size_t index) {
  std::string digits = std::to_string(index);
  digits.insert(0, 5 - digits.size(), '0');
  return to_lower(deployment_id) + "#" + digits;
}

tmpl::Outcome<Json> LiveLookup::reference(const std::string& resource_id,
                                          const std::string& api_version, bool full) {
  const Json kept = cloud_.store().read([&](const State& state) -> Json {
    const Json* found = find_extension_resource(state, resource_id);
    return found ? *found : Json(nullptr);
  });
  if (!kept.is_null()) return kept;
  const ArmAnswer out =
      cloud_.perform("GET", deployment_target(resource_id, api_version), std::nullopt,
                     deployment_.caller, deployment_.correlation_id);
  if (!out.ok() || !out.body) return lookup_error(out);
  if (full) {
    Json whole = *out.body;
    whole.get_object()["apiVersion"] = api_version.empty() ? "2021-04-01" : api_version;
    return whole;
  }
  const Json* properties = find(*out.body, "properties");
  return properties ? *properties : Json(JsonObject{});
}

tmpl::Outcome<Json> LiveLookup::list(const std::string& function, const std::string& resource_id,
                                     const std::string& api_version, const Json& body) {
  const ArmAnswer out =
      cloud_.perform("POST", deployment_target(resource_id + "/" + function, api_version),
                     body.is_null() ? std::nullopt : std::optional(body), deployment_.caller,
                     deployment_.correlation_id);
  if (!out.ok() || !out.body) return lookup_error(out);
  return *out.body;
}

// Not waited for: a restart that finds no record of a step puts the same body again.
void Engine::write_step(const Run& run, std::size_t index, const char* state, StepOutcome outcome) {
  const tmpl::Resource& resource = run.plan.resources()[index];
  DeploymentStep step;
  step.deployment = run.deployment.id;
  step.run_id = run.deployment.run_id;
  step.operation_id =
      to_upper(sha256_hex(run.deployment.run_id + "#" + std::to_string(index)).substr(0, 16));
  step.index = index;
  step.resource_id = resource.id;
  step.type = resource.type;
  step.name = resource.name;
  step.state = state;
  step.status = outcome.status;
  step.message = std::move(outcome.message);
  step.request_id = std::move(outcome.request_id);
  step.request = std::move(outcome.request);
  step.response = std::move(outcome.response);
  step.started = step.changed = cloud_.clock().now();
  cloud_.store().change_later([&](Change& change) {
    const std::string key = step_key(step.deployment, index);
    const auto* old = change.state().get<DeploymentStep>(key);
    if (old && old->run_id == step.run_id) {
      step.started = old->started;
      if (step.request_id.empty()) step.request_id = old->request_id;
      if (step.request.is_null()) step.request = old->request;
      if (step.response.is_null()) step.response = old->response;
    }
    change.put(key, step);
  });
}

void Engine::write_output_step(const Run& run, const Deployment& ended) {
  DeploymentStep step;
  step.deployment = ended.id;
  step.run_id = ended.run_id;
  step.operation_id = ended.operation_id;
  step.index = run.plan.resources().size();
  step.verb = "EvaluateDeploymentOutput";
  step.state = ended.state;
  step.status = ended.state == "Succeeded" ? 200 : 400;
  step.started = step.changed = cloud_.clock().now();
  cloud_.store().change_later(
      [&](Change& change) { change.put(step_key(step.deployment, step.index), step); });
}

void Engine::fail_step(const RunPtr& run, std::size_t index, StepOutcome outcome, Json error) {
  if (outcome.message.is_null()) {
    outcome.message = JsonObject{
        {"error", error}
    };
  }
  write_step(*run, index, "Failed", std::move(outcome));
  {
    const std::scoped_lock lock(run->mutex);
    error.get_object()["target"] = run->plan.resources()[index].id;
    run->errors.push_back(std::move(error));
    run->progress.failed(index);
  }
  advance(run);
}

void Engine::finish_step(const RunPtr& run, std::size_t index, StepOutcome outcome) {
  write_step(*run, index, "Succeeded", std::move(outcome));
  {
    const std::scoped_lock lock(run->mutex);
    run->progress.done(index);
  }
  advance(run);
}

void Engine::step(const RunPtr& run, std::size_t index) {
  if (is_stopped(*run)) return;
  const tmpl::Resource& resource = run->plan.resources()[index];
  // Read where it is referred to, and only there.
  if (resource.existing) {
    {
      const std::scoped_lock lock(run->mutex);
      run->progress.done(index);
    }
    return advance(run);
  }
  LiveLookup lookup(cloud_, run->deployment);
  auto body = run->plan.body_of(index, lookup);
  if (!body) {
    StepOutcome outcome;
    outcome.status = 400;
    return fail_step(run, index, std::move(outcome),
                     JsonObject{
                         {"code",    body.error().code   },
                         {"message", body.error().message}
    });
  }
  if (resource.is_deployment) return put_nested(run, index, *std::move(body));
  if (!resource.extension.empty()) return keep_extension(run, index, *body);
  put_resource(run, index, *std::move(body));
}

void Engine::keep_extension(const RunPtr& run, std::size_t index, const Json& body) {
  StepOutcome outcome;
  const bool kept = bool(keep_extension_resource(cloud_, *run, run->plan.resources()[index], body));
  outcome.status = kept ? 201 : 500;
  if (kept) return finish_step(run, index, std::move(outcome));
  fail_step(run, index, std::move(outcome),
            JsonObject{
                {"code",    "InternalServerError" },
                {"message", "The database failed."}
  });
}

void Engine::put_resource(const RunPtr& run, std::size_t index, Json body) {
  const tmpl::Resource& resource = run->plan.resources()[index];
  const Deployment& d = run->deployment;
  StepOutcome outcome;
  const std::string detail = to_lower(d.debug_detail);
  if (detail.find("requestcontent") != std::string::npos) {
    outcome.request = debug_copy(resource.type, run->secrets, body);
  }
  ArmCall call = cloud_.make_call("PUT", deployment_target(resource.id, resource.api_version),
                                  std::move(body), d.caller, d.correlation_id);
  call.secrets = run->secrets;
  const ArmAnswer out = cloud_.perform(call);
  outcome.status = out.status;
  outcome.request_id = call.request_id;
  if (out.body && detail.find("responsecontent") != std::string::npos) {
    outcome.response = debug_copy(resource.type, run->secrets, *out.body);
  }
  if (!out.ok()) return fail_step(run, index, std::move(outcome), error_of(out));
  const Instant ready = cloud_.store().read([&](const State& state) {
    const Record* record = state.get<Record>(to_lower(resource.id));
    return record ? record->ready : Instant{};
  });
  if (ready <= cloud_.clock().now()) return finish_step(run, index, std::move(outcome));
  write_step(*run, index, "Running", std::move(outcome));
  waiter_.at(ready, [this, run, index, status = out.status] {
    post_work([this, run, index, status] {
      StepOutcome ended;
      ended.status = status;
      finish_step(run, index, std::move(ended));
    });
  });
}

}  // namespace armature::sandbox
