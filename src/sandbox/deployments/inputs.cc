#include "sandbox/deployments/inputs.h"

#include "base/bytes.h"
#include "base/result.h"
#include "base/seal.h"
#include "sandbox/deployments/request.h"
#include "sandbox/template/extensions.h"
#include "sandbox/template/external_inputs.h"

namespace armature::sandbox {
namespace {

ArmAnswer invalid_content(const std::string& why) {
  return refuse(400, "InvalidRequestContent",
                "The request content was invalid and could not be deserialized: '" + why + "'.");
}

// The member when it is there and not null.
const Json* given(const Json& properties, std::string_view name) {
  const Json* found = find_ci(properties.as_object(), name);
  return found && !found->is_null() ? found : nullptr;
}

// The vaults' secrets in place of the references of one extension; as parameters are read.
std::optional<ArmAnswer> read_secrets(Cloud& cloud, const Caller& caller,
                                      const SecretSource& source, JsonObject& config) {
  JsonObject wanted;
  for (const auto& [key, item] : config) {
    const Json* reference = find(item, "keyVaultReference");
    if (!reference || find(item, "value")) continue;
    wanted[key] = JsonObject{
        {"reference", *reference}
    };
  }
  if (wanted.empty()) return std::nullopt;
  Json read = std::move(wanted);
  JsonObject references;
  const auto refusal = read_key_vault_parameters(cloud, caller, source, nullptr, read, references);
  if (refusal) return refusal;
  for (const auto& [key, item] : read.get_object()) {
    config[key].get_object()["value"] = item.at("value");
  }
  return std::nullopt;
}

}  // namespace

Json to_json(const Inputs& inputs) {
  return JsonObject{
      {"parameters",       inputs.parameters       },
      {"extensionConfigs", inputs.extension_configs}
  };
}

Result<Inputs> open_inputs(const Cloud& cloud, const Deployment& deployment) {
  if (!deployment.has_secrets) return Inputs{deployment.parameters, nullptr};
  if (deployment.sealed.empty()) return fail(Code::kInvalid, "they were not kept");
  ARMATURE_TRY(const Secret plain, unseal(deployment.sealed, cloud.options().state_key));
  ARMATURE_TRY(const Json kept, parse_json(plain.reveal(), 256));
  const auto member = [&](std::string_view name) {
    const Json* found = find(kept, name);
    return found ? *found : Json();
  };
  return Inputs{member("parameters"), member("extensionConfigs")};
}

void tell(const Inputs& inputs, tmpl::Surroundings& around) {
  if (!inputs.has_configs()) return;
  around.deployment.at("properties").get_object()["extensionConfigs"] = inputs.extension_configs;
}

void collect_text(const Json& value, std::vector<std::string>& out) {
  if (value.is_string() && !value.get_string().empty()) out.emplace_back(as_text(value));
  if (value.is_array()) {
    for (const Json& inner : value.get_array()) collect_text(inner, out);
  }
  if (value.is_object()) {
    for (const auto& [key, inner] : value.get_object()) collect_text(inner, out);
  }
}

std::optional<ArmAnswer> read_external_inputs(const Json& properties, Json& parameters) {
  JsonObject sections;
  for (const char* name : {"externalInputs", "externalInputDefinitions"}) {
    const Json* section = given(properties, name);
    if (!section) continue;
    if (!section->is_object()) return invalid_content(std::string(name) + " must be an object");
    sections[name] = *section;
  }
  const Json inputs = std::move(sections);
  if (!parameters.is_object()) return std::nullopt;
  for (auto& [name, one] : parameters.get_object()) {
    const Json* expression = find(one, "expression");
    if (!expression || find(one, "value")) continue;
    auto value = tmpl::evaluate_input(inputs, *expression);
    if (!value) {
      tmpl::TemplateError error = value.error();
      error.message = "Unable to process the expression of the parameter '" + std::string(name) +
                      "': '" + error.message + "'";
      return refuse_template(error);
    }
    one = JsonObject{
        {"value", *std::move(value)}
    };
  }
  return std::nullopt;
}

std::optional<ArmAnswer> read_extension_configs(Cloud& cloud, const Caller& caller,
                                                const SecretSource& source, const Json& properties,
                                                tmpl::Preview preview, Inputs& inputs) {
  const Json* configs = given(properties, "extensionConfigs");
  if (!configs) return std::nullopt;
  if (!configs->is_object()) return invalid_content("extensionConfigs must be an object");
  JsonObject read = configs->get_object();
  for (auto& [alias, config] : read) {
    // What a preview of the parent could not evaluate.
    if (config.is_string() && preview == tmpl::Preview::kNested) continue;
    if (!config.is_object()) {
      return invalid_content("extensionConfigs." + std::string(alias) + " must be an object");
    }
    if (preview != tmpl::Preview::kNo) continue;
    if (auto refusal = read_secrets(cloud, caller, source, config.get_object())) return refusal;
  }
  inputs.extension_configs = std::move(read);
  return std::nullopt;
}

std::vector<std::string> secret_configs(const Json& document, const Inputs& inputs) {
  std::vector<std::string> out;
  if (!inputs.has_configs()) return out;
  for (const auto& [alias, config] : inputs.extension_configs.get_object()) {
    if (!config.is_object()) continue;
    for (const auto& [key, item] : config.get_object()) {
      const bool secret =
          find(item, "keyVaultReference") || tmpl::is_secret_config(document, alias, key);
      if (const Json* value = secret ? find(item, "value") : nullptr) collect_text(*value, out);
    }
  }
  return out;
}

}  // namespace armature::sandbox
