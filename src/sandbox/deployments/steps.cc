// One resource of a deployment: its body, its PUT, the wait for its provisioning, its record.
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/resource_kinds.h"

namespace armature::sandbox {
namespace {

std::string target_of(const tmpl::Resource& resource) {
  const std::string version = resource.api_version.empty() ? "2021-04-01" : resource.api_version;
  return resource.id + "?api-version=" + http::percent_encode(version);
}

tmpl::TemplateError lookup_error(const ArmAnswer& answer) {
  return {answer.error_code(), answer.error_message(), ""};
}

// ARM ids in templates may hold blanks and the like; a request target may not.
std::string encoded(const std::string& id) {
  std::string out;
  for (const std::string& part : split(id, '/')) {
    if (!part.empty()) out += "/" + http::percent_encode(part);
  }
  return out;
}

}  // namespace

std::string step_key(const std::string& deployment_id, std::size_t index) {
  std::string digits = std::to_string(index);
  digits.insert(0, 5 - digits.size(), '0');
  return to_lower(deployment_id) + "#" + digits;
}

tmpl::Outcome<Json> LiveLookup::reference(const std::string& resource_id,
                                          const std::string& api_version, bool full) {
  const std::string version = api_version.empty() ? "2021-04-01" : api_version;
  const ArmAnswer out =
      cloud_.perform("GET", encoded(resource_id) + "?api-version=" + http::percent_encode(version),
                     std::nullopt, deployment_.caller, deployment_.correlation_id);
  if (!out.ok() || !out.body) return lookup_error(out);
  if (full) {
    Json whole = *out.body;
    whole.get_object()["apiVersion"] = version;
    return whole;
  }
  const Json* properties = find(*out.body, "properties");
  return properties ? *properties : Json(JsonObject{});
}

tmpl::Outcome<Json> LiveLookup::list(const std::string& function, const std::string& resource_id,
                                     const std::string& api_version, const Json& body) {
  const std::string version = api_version.empty() ? "2021-04-01" : api_version;
  const ArmAnswer out = cloud_.perform("POST",
                                       encoded(resource_id) + "/" + http::percent_encode(function) +
                                           "?api-version=" + http::percent_encode(version),
                                       body.is_null() ? std::nullopt : std::optional(body),
                                       deployment_.caller, deployment_.correlation_id);
  if (!out.ok() || !out.body) return lookup_error(out);
  return *out.body;
}

void Engine::write_step(const Run& run, std::size_t index, const char* state, int status,
                        Json message) {
  const tmpl::Resource& resource = run.plan.resources()[index];
  const Instant now = cloud_.clock().now();
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
  step.status = status;
  step.message = std::move(message);
  step.started = step.changed = now;
  const auto written = cloud_.store().change([&](Change& change) {
    const std::string key = step_key(step.deployment, index);
    const auto* old = change.state().get<DeploymentStep>(key);
    if (old && old->run_id == step.run_id) step.started = old->started;
    change.put(key, step);
    return 0;
  });
  if (!written)
    cloud_.log().error("sandbox write failed", {
                                                   {"reason", written.error().message}
    });
}

void Engine::fail_step(const RunPtr& run, std::size_t index, int status, Json error) {
  const std::string code = text_at(error, "code", "InternalServerError");
  write_step(*run, index, "Failed", status,
             JsonObject{
                 {"error", error}
  });
  {
    const std::scoped_lock lock(run->mutex);
    error.get_object()["target"] = run->plan.resources()[index].id;
    run->errors.push_back(std::move(error));
    run->states[index] = StepState::kFailed;
  }
  advance(run);
}

void Engine::finish_step(const RunPtr& run, std::size_t index, int status) {
  write_step(*run, index, "Succeeded", status, nullptr);
  {
    const std::scoped_lock lock(run->mutex);
    run->states[index] = StepState::kDone;
  }
  advance(run);
}

void Engine::step(const RunPtr& run, std::size_t index) {
  {
    const std::scoped_lock lock(run->mutex);
    if (run->finishing) return;
  }
  const tmpl::Resource& resource = run->plan.resources()[index];
  // Read where it is referred to, and only there.
  if (resource.existing) {
    {
      const std::scoped_lock lock(run->mutex);
      run->states[index] = StepState::kDone;
    }
    return advance(run);
  }
  LiveLookup lookup(cloud_, run->deployment);
  auto body = run->plan.body_of(index, lookup);
  if (!body) {
    const auto& error = body.error();
    return fail_step(run, index, 400,
                     JsonObject{
                         {"code",    error.code   },
                         {"message", error.message}
    });
  }
  if (resource.is_deployment) return step_nested(run, index, *std::move(body));
  tmpl::Resource encoded_resource = resource;
  encoded_resource.id = encoded(resource.id);
  const Deployment& d = run->deployment;
  const ArmAnswer out = cloud_.perform("PUT", target_of(encoded_resource), *std::move(body),
                                       d.caller, d.correlation_id, run->secrets);
  if (!out.ok()) {
    const Json* error = out.body ? find(*out.body, "error") : nullptr;
    return fail_step(run, index, out.status,
                     error
                         ? *error
                         : Json(JsonObject{
                               {"code",    "InternalServerError"},
                               {"message", out.error_message()  }
    }));
  }
  const Instant ready = cloud_.store().read([&](const State& state) {
    const Record* record = state.get<Record>(to_lower(resource.id));
    return record ? record->ready : Instant{};
  });
  if (ready <= cloud_.clock().now()) return finish_step(run, index, out.status);
  write_step(*run, index, "Running", out.status, nullptr);
  waiter_.at(ready, [this, run, index, status = out.status] {
    post_work([this, run, index, status] { finish_step(run, index, status); });
  });
}

void Engine::step_nested(const RunPtr& run, std::size_t index, Json body) {
  const tmpl::Resource& resource = run->plan.resources()[index];
  const Deployment& parent = run->deployment;
  ArmCall call = cloud_.make_call("PUT", encoded(resource.id) + "?api-version=2021-04-01",
                                  std::move(body), parent.caller, parent.correlation_id);
  const auto fail = [&](const ArmAnswer& out) {
    fail_step(run, index, out.status,
              JsonObject{
                  {"code",    out.error_code()   },
                  {"message", out.error_message()}
    });
  };
  if (auto refused = cloud_.refusal(call)) return fail(*refused);
  Prepared prepared = prepare(cloud_, call, run->secrets, parent.template_link);
  if (prepared.refusal) return fail(*prepared.refusal);
  if (auto refused = preflight(prepared)) return fail(*refused);
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
  if (ours && old->state == "Succeeded") return finish_step(run, index, 200);
  if (running(d.id) || (old && !old->terminal() && !ours)) {
    return fail(refuse(409, "DeploymentActive",
                       "The deployment '" + d.name + "' is still active under another request."));
  }
  if (ours && !old->terminal()) {  // a restart: the same run goes on
    d.run_id = old->run_id;
    d.operation_id = old->operation_id;
    d.started = old->started;
  }
  d.state = "Running";
  const auto written = cloud_.store().change([&](Change& change) {
    if (!ours || old->terminal()) change.created(d.id);
    change.put(key, d);
    return 0;
  });
  if (!written) return fail(refuse(500, "InternalServerError", "The database failed."));
  write_step(*run, index, "Running", 201, nullptr);
  const auto child = std::make_shared<Run>(d, *std::move(prepared.plan), prepared.secrets);
  child->done = [this, run, index](const Deployment& ended) {
    if (ended.state == "Succeeded") return finish_step(run, index, 200);
    Json error = ended.error.is_object() ? ended.error : Json(JsonObject{});
    if (ended.state == "Failed") return fail_step(run, index, 409, std::move(error));
    fail_step(run, index, 409,
              JsonObject{
                  {"code",    "DeploymentCanceled"                                      },
                  {"message", "The nested deployment '" + ended.name + "' was canceled."}
    });
  };
  restore(child);
  launch(child);
}

}  // namespace armature::sandbox
