#include "sandbox/deployments/request.h"

#include "arm/error_body.h"
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/seal.h"
#include "sandbox/bodies.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/inputs.h"
#include "sandbox/deployments/key_vault_parameters.h"
#include "sandbox/deployments/links.h"
#include "sandbox/deployments/scope.h"
#include "sandbox/deployments/surroundings.h"
#include "sandbox/front/provider_facts.h"

namespace armature::sandbox {
namespace {

constexpr std::int64_t kTicksAtEpoch = 621'355'968'000'000'000;  // .NET's 100 ns since year 1

// Newest first when sorted: the distance of the start from the largest 64-bit number.
std::string operation_id(Instant at) {
  const std::int64_t ticks = kTicksAtEpoch + to_micros(at) * 10;
  std::string digits = std::to_string(INT64_MAX - ticks);
  digits.insert(0, 20 - digits.size(), '0');
  return digits;
}

bool is_secure(const Json& definition) {
  const std::string type = to_lower(text_at(definition, "type"));
  return type == "securestring" || type == "secureobject";
}

template <class F>
void each_secure(const Json& document, const Json& parameters, F use) {
  const Json* definitions = find(document, "parameters");
  if (!definitions || !definitions->is_object() || !parameters.is_object()) return;
  for (const auto& [name, definition] : definitions->get_object()) {
    if (!is_secure(definition)) continue;
    if (const Json* given = find_ci(parameters.get_object(), name)) use(std::string(name), *given);
  }
}

std::optional<ArmAnswer> check_name(const std::string& name) {
  if (name.size() > 64) {
    return refuse(400, "DeploymentNameLengthLimitExceeded",
                  "The provided deployment name '" + name + "' has '" +
                      std::to_string(name.size()) +
                      "' characters; it must have '64' characters or less.");
  }
  std::string bad;
  for (const char c : name) {
    const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("-_.()").find(c) != std::string_view::npos;
    if (!fits && bad.find(c) == std::string::npos) bad += c;
  }
  if (bad.empty()) return std::nullopt;
  return refuse(400, "InvalidDeploymentName",
                "The provided deployment name '" + name + "' has these invalid characters: '" +
                    bad + "'. The name can only be a letter, digit, '-', '.', '(', ')' or '_'.");
}

void leave_references_open(Json& parameters) {
  if (!parameters.is_object()) return;
  for (auto& [name, given] : parameters.get_object()) {
    if (!find(given, "reference") || find(given, "value")) continue;
    given = JsonObject{
        {"value", "[parameters('" + std::string(name) + "')]"}
    };
  }
}

Prepared refused(ArmAnswer answer) {
  Prepared out;
  out.refusal = std::move(answer);
  return out;
}

std::optional<ArmAnswer> check_properties(const Json* properties) {
  if (!properties || !properties->is_object()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'properties is "
                  "missing'.");
  }
  const std::string mode = text_at(*properties, "mode", "Incremental");
  if (!equal_ci(mode, "Incremental") && !equal_ci(mode, "Complete")) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'mode is "
                  "Incremental or Complete'.");
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> secret_values(const Json& document, const Json& parameters) {
  std::vector<std::string> out;
  each_secure(document, parameters, [&](const std::string&, const Json& given) {
    if (const Json* value = find(given, "value")) collect_text(*value, out);
  });
  return out;
}

Json without_secrets(const Json& document, const Json& parameters) {
  Json out = parameters;
  each_secure(document, parameters,
              [&](const std::string& name, const Json&) { out.get_object().erase(name); });
  return out;
}

ArmAnswer refuse_template(const tmpl::TemplateError& error) {
  arm::ErrorBody body;
  body.code = error.code;
  body.message = error.message;
  if (!error.path.empty()) {
    body.additional_info.push_back(JsonObject{
        {"type", "TemplateViolation"                                                          },
        {"info",
         JsonObject{
             {"lineNumber", error.line}, {"linePosition", error.column}, {"path", error.path}}}
    });
  }
  return answer(400, arm::error_json(body));
}

tmpl::Outcome<tmpl::Plan> expand_again(Cloud& cloud, const Deployment& deployment,
                                       const Json& parameters) {
  tmpl::Surroundings around = surroundings_of(cloud, deployment, parameters, nullptr);
  if (const auto inputs = open_inputs(cloud, deployment)) tell(*inputs, around);
  return tmpl::expand(deployment.document, parameters, around);
}

std::string deployment_target(const std::string& id, const std::string& api_version) {
  std::string version = api_version;
  if (version.empty()) {
    const auto parsed = arm::ResourceId::parse(id);
    const auto facts = parsed ? find_type(parsed->type) : std::nullopt;
    version = facts ? std::string(facts->default_version()) : "2021-04-01";
  }
  return encode_path(id) + "?api-version=" + http::percent_encode(version);
}

Prepared prepare(Cloud& cloud, const ArmCall& call, const PrepareOptions& options) {
  const Json empty = JsonObject{};
  const Json& body = call.body ? *call.body : empty;
  const Json* properties = find(body, "properties");
  if (auto refusal = check_properties(properties)) return refused(*std::move(refusal));
  if (auto refusal = check_name(call.at.tail[1])) return refused(*std::move(refusal));
  const auto parsed = arm::ResourceId::parse(
      call.at.scope + "/providers/Microsoft.Resources/deployments/" + call.at.tail[1]);
  if (!parsed) return refused(refuse(400, "InvalidDeploymentName", parsed.error().message));
  Prepared out;
  Deployment& d = out.deployment;
  d.id = parsed->text;
  d.name = call.at.tail[1];
  d.scope = parsed->scope;
  d.location = normal_location(text_at(body, "location"));
  if (const Json* tags = find(body, "tags")) d.tags = *tags;
  d.mode = equal_ci(text_at(*properties, "mode"), "Complete") ? "Complete" : "Incremental";
  if (auto refusal = check_scope_of(d)) return refused(*std::move(refusal));
  const std::string level = text_at(*properties, "validationLevel", "Provider");
  if (equal_ci(level, "ProviderNoRbac")) out.level = ValidationLevel::kProviderNoRbac;
  if (equal_ci(level, "Template")) out.level = ValidationLevel::kTemplate;
  if (const Json* on_error = find(*properties, "onErrorDeployment");
      on_error && on_error->is_object()) {
    d.on_error = *on_error;
  }
  d.debug_detail = text_at(*properties, "debugSetting.detailLevel");
  d.run_id = cloud.random().uuid();
  d.started = d.changed = cloud.clock().now();
  d.operation_id = operation_id(d.started);
  d.correlation_id = call.correlation_id;
  d.caller = call.caller;
  Content content;
  if (auto refusal = follow_links(cloud, call, *properties, options.parent_link, content)) {
    return refused(*std::move(refusal));
  }
  if (auto refusal = read_external_inputs(*properties, content.parameters)) {
    return refused(*std::move(refusal));
  }
  JsonObject references;
  const SecretSource& secrets = cloud.engine().secret_source();
  // A nested deployment's vault may be made before it: its secrets are read when it starts.
  if (options.preview == tmpl::Preview::kNested) leave_references_open(content.parameters);
  if (auto refusal = read_key_vault_parameters(cloud, call.caller, secrets, content.document,
                                               content.parameters, references)) {
    return refused(*std::move(refusal));
  }
  Inputs inputs{std::move(content.parameters), nullptr};
  if (auto refusal = read_extension_configs(cloud, call.caller, secrets, *properties,
                                            options.preview, inputs)) {
    return refused(*std::move(refusal));
  }
  d.document = std::move(content.document);
  d.template_link = std::move(content.template_link);
  const Json& parameters = inputs.parameters;
  d.parameters = without_secrets(d.document, parameters);
  d.template_hash = tmpl::template_hash(d.document);
  tmpl::Surroundings around = surroundings_of(cloud, d, parameters, options.planned_group);
  around.preview = options.preview;
  around.text = content.text;
  tell(inputs, around);
  auto plan = tmpl::expand(d.document, parameters, around);
  if (!plan) return refused(refuse_template(plan.error()));
  d.shown_parameters = plan->parameters();
  for (const auto& [name, reference] : references) {
    if (Json* shown = find_ci(d.shown_parameters.get_object(), name)) {
      shown->get_object()["reference"] = reference;
    }
  }
  d.providers = plan->providers();
  d.dependencies = plan->dependencies();
  out.secrets = secret_values(d.document, parameters);
  for (std::string& one : secret_configs(d.document, inputs)) out.secrets.push_back(std::move(one));
  d.has_secrets = !out.secrets.empty() || inputs.has_configs();
  if (d.has_secrets && options.secrets.empty() && !cloud.options().state_key.empty()) {
    if (auto sealed = seal(dump(to_json(inputs)), cloud.options().state_key, cloud.random())) {
      d.sealed = *std::move(sealed);
    }
  }
  out.secrets.insert(out.secrets.end(), options.secrets.begin(), options.secrets.end());
  out.plan = *std::move(plan);
  return out;
}

}  // namespace armature::sandbox
