// azure.arm_deployment: deploys an ARM template to a resource group, or to the subscription.
//
// The deployment's name is computed from the task and its inputs unless given, and is saved before
// the PUT: a later attempt finds the deployment by it and waits for it instead of deploying again.
#include "base/bytes.h"
#include "base/crypto.h"
#include "orchestrator/operators/arm_session.h"
#include "orchestrator/operators/subscription.h"

namespace armature::orchestrator {
namespace {

constexpr auto kApiVersion = "2022-09-01";

struct Inputs {
  std::string id;      // of the deployment
  std::string digest;  // of template, parameters and mode
  Json body;
};

// "azuredeploy.json" → "azuredeploy.parameters.json", if it is there beside the template.
std::string default_parameters_file(const Bench& bench, const std::string& template_file) {
  if (!template_file.ends_with(".json")) return "";
  std::string name = template_file.substr(0, template_file.size() - 5) + ".parameters.json";
  return bench.files.locate(bench.work.dag->file, name) ? name : "";
}

Result<JsonObject> parameters_of(const Bench& bench, const Json& arguments,
                                 const std::string& template_file) {
  JsonObject parameters;
  std::string file = text_at(arguments, "parameters_file");
  if (file.empty() && !template_file.empty()) file = default_parameters_file(bench, template_file);
  if (!file.empty()) {
    ARMATURE_TRY(const Json document, bench.files.read_json(bench.work.dag->file, file));
    const Json* values = find(document, "parameters");
    if (!values || !values->is_object()) {
      return fail(Code::kInvalid, file + ": no object 'parameters'");
    }
    parameters = values->get_object();
    bench.log.info("parameters from " + file);
  }
  if (const Json* own = find(arguments, "parameters"); own && own->is_object()) {
    for (const auto& [name, value] : own->get_object()) {
      JsonObject wrapped;
      wrapped["value"] = value;
      parameters.insert_or_assign(name, std::move(wrapped));
    }
  }
  return parameters;
}

Result<Json> template_of(const Bench& bench, const Json& arguments,
                         const std::string& template_file) {
  const Json* inline_template = find(arguments, "template");
  if (template_file.empty() == (inline_template == nullptr)) {
    return fail(Code::kInvalid, "give either template_file or template");
  }
  if (inline_template) return *inline_template;
  return bench.files.read_json(bench.work.dag->file, template_file);
}

Result<Inputs> read_inputs(const Bench& bench) {
  const Json arguments(bench.work.arguments);
  const std::string template_file = text_at(arguments, "template_file");
  ARMATURE_TRY(const Json document, template_of(bench, arguments, template_file));
  ARMATURE_TRY(JsonObject parameters, parameters_of(bench, arguments, template_file));
  ARMATURE_TRY(const std::string subscription, subscription_of(bench));
  const std::string mode = to_lower(text_at(arguments, "mode", "incremental"));
  if (mode != "incremental" && mode != "complete") {
    return fail(Code::kInvalid, "mode '" + mode + "' is neither incremental nor complete");
  }
  JsonObject properties;
  properties["mode"] = mode == "complete" ? "Complete" : "Incremental";
  properties["template"] = document;
  properties["parameters"] = std::move(parameters);

  std::string scope = "/subscriptions/" + subscription;
  JsonObject body;
  if (const std::string group = text_at(arguments, "resource_group"); !group.empty()) {
    scope += "/resourceGroups/" + http::percent_encode(group);
  } else {
    const std::string location = text_at(arguments, "location");
    if (location.empty()) {
      return fail(Code::kInvalid,
                  "a deployment without resource_group goes to the subscription and "
                  "needs a location");
    }
    body["location"] = location;
  }
  body["properties"] = std::move(properties);

  Inputs inputs;
  inputs.digest = sha256_hex(scope + "\n" + canonical(body));
  std::string name = text_at(arguments, "deployment_name");
  if (name.empty()) {
    name = "armature-" +
           sha256_hex(to_string(bench.work.attempt.key) + "\n" + inputs.digest).substr(0, 24);
  }
  inputs.id = scope + "/providers/Microsoft.Resources/deployments/" + http::percent_encode(name);
  inputs.body = std::move(body);
  return inputs;
}

// What later tasks see: outputs by name, without their type wrappers.
Json output_of(const Json& deployment) {
  JsonObject outputs;
  if (const Json* declared = at(deployment, "properties.outputs");
      declared && declared->is_object()) {
    for (const auto& [name, output] : declared->get_object()) {
      const Json* value = find(output, "value");
      outputs[name] = value ? *value : Json(nullptr);
    }
  }
  JsonObject out;
  out["id"] = text_at(deployment, "id");
  out["name"] = text_at(deployment, "name");
  out["provisioning_state"] = text_at(deployment, "properties.provisioningState");
  out["correlation_id"] = text_at(deployment, "properties.correlationId");
  out["outputs"] = std::move(outputs);
  JsonArray resources;
  if (const Json* made = at(deployment, "properties.outputResources"); made && made->is_array()) {
    for (const Json& resource : made->get_array()) resources.emplace_back(text_at(resource, "id"));
  }
  out["output_resources"] = std::move(resources);
  return out;
}

// A deployment that an earlier attempt began with the same inputs: its state now, or nothing.
std::variant<std::optional<ArmAnswer>, Finished> earlier(Bench& bench, ArmSession& session,
                                                         const Inputs& inputs,
                                                         const std::string& target) {
  if (text_at(bench.work.saved_handle, "deployment") != inputs.id ||
      text_at(bench.work.saved_handle, "digest") != inputs.digest) {
    return std::nullopt;
  }
  auto read = session.call("GET", target, nullptr, 404);
  if (auto* finished = std::get_if<Finished>(&read)) return *finished;
  ArmAnswer& answer = std::get<ArmAnswer>(read);
  if (answer.status == 404) return std::nullopt;
  const auto state = arm::provisioning_state(text_at(answer.body, "properties.provisioningState"));
  if (state == arm::OperationState::kFailed || state == arm::OperationState::kCanceled) {
    return std::nullopt;
  }
  bench.log.info("attached to the deployment that an earlier attempt started");
  return answer;
}

}  // namespace

Finished run_arm_deployment(Bench& bench) {
  auto inputs = read_inputs(bench);
  if (!inputs) return give_up(bench, dag::FailureClass::kFatal, inputs.error().message);
  const std::string target = with_api_version(inputs->id, kApiVersion);
  ArmSession session(bench);
  auto found = earlier(bench, session, *inputs, target);
  if (auto* finished = std::get_if<Finished>(&found)) return *finished;

  std::optional<ArmAnswer> first = std::get<0>(std::move(found));
  if (!first) {
    JsonObject handle;
    handle["deployment"] = inputs->id;
    handle["digest"] = inputs->digest;
    if (auto saved = bench.handles.save(bench.work.attempt, handle); !saved) {
      return give_up(bench, dag::FailureClass::kFatal, saved.error().message);
    }
    auto put = session.call("PUT", target, inputs->body);
    if (auto* finished = std::get_if<Finished>(&put)) return *finished;
    first = std::get<ArmAnswer>(std::move(put));
  }
  auto ended = session.finish("PUT", std::move(*first), target,
                              [](const std::string&) -> Status { return Ok{}; });
  if (auto* finished = std::get_if<Finished>(&ended)) return *finished;
  const Json& deployment = std::get<ArmAnswer>(ended).body;
  if (arm::provisioning_state(text_at(deployment, "properties.provisioningState")) !=
      arm::OperationState::kSucceeded) {
    JsonObject wrapped;
    const Json* error = at(deployment, "properties.error");
    wrapped["error"] = error ? *error : Json(JsonObject{});
    return give_up(bench, dag::FailureClass::kFatal, describe_error(200, wrapped),
                   text_at(wrapped, "error.code"));
  }
  return succeed(bench, output_of(deployment));
}

}  // namespace armature::orchestrator
