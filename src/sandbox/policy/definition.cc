#include "sandbox/policy/definition.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::policy {
namespace {

using tmpl::Outcome;
using tmpl::TemplateError;

constexpr std::size_t kMaxReferences = 1000;
constexpr std::size_t kMaxParameters = 400;

TemplateError required(const char* member, const char* type) {
  return content_error("Required property '" + std::string(member) +
                       "' not found in JSON. Path 'properties', type '" + type + "'");
}

bool is_type(std::string_view type) {
  constexpr std::array kTypes = {"string",  "array", "object",  "boolean",
                                 "integer", "float", "datetime"};
  return std::ranges::any_of(kTypes, [&](const char* known) { return type == known; });
}

bool has_type(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "boolean") return value.is_bool();
  if (type == "integer") return value.is_int64() || value.is_uint64();
  if (type == "float") return value.is_number();
  return value.is_string();  // datetime
}

bool is_mode(std::string_view mode) {
  return mode == "all" || mode == "indexed" || mode == "notspecified" ||
         (mode.starts_with("microsoft.") && mode.ends_with(".data"));
}

TemplateError rule_error(const std::string& name, const TemplateError& error) {
  if (error.code == "InvalidPolicyRule") {
    return {error.code, "Failed to parse policy rule: '" + error.message + "'.", ""};
  }
  return {"InvalidPolicyRule",
          "A function or parameter in policy '" + name +
              "' could not be validated. If using template functions, try following the tips in: "
              "https://aka.ms/policy-avoiding-template-failures. The inner exception '" +
              error.message + "'.",
          ""};
}

std::string joined(const std::vector<std::string>& names) { return join(names, ","); }

std::optional<TemplateError> check_undefined(const std::string& name, const Parameters& declared,
                                             const Usage& usage) {
  std::vector<std::string> undefined;
  for (const auto& [key, written] : usage.parameters) {
    if (!find_parameter(declared, key)) undefined.push_back(written);
  }
  if (undefined.empty()) return std::nullopt;
  return TemplateError{"InvalidPolicyParameters",
                       "The policy '" + name + "' has undefined parameter '" + joined(undefined) +
                           "' which is used in the policy rule. Please either define it in policy "
                           "definition or remove the reference in policy rule.",
                       ""};
}

std::vector<std::string> unused_of(const Parameters& declared, const Usage& usage) {
  std::vector<std::string> out;
  for (const Parameter& parameter : declared) {
    if (!usage.parameters.contains(to_lower(parameter.name))) out.push_back(parameter.name);
  }
  return out;
}

Outcome<Reference> read_reference(const Json& written, std::size_t index, Usage& usage) {
  Reference out;
  out.definition_id = text_at(written, "policyDefinitionId");
  if (out.definition_id.empty()) return required("policyDefinitionId", "policyDefinitions");
  out.reference_id = text_at(written, "policyDefinitionReferenceId");
  if (out.reference_id.empty()) {
    const std::string name = out.definition_id.substr(out.definition_id.rfind('/') + 1);
    out.reference_id = name + "_" + std::to_string(index + 1);
  }
  if (const Json* parameters = member(written, "parameters");
      parameters && parameters->is_object()) {
    for (const auto& [key, entry] : parameters->get_object()) {
      const Json* value = member(entry, "value");
      if (!value) return content_error("The parameter '" + std::string(key) + "' has no value");
      ARMATURE_TRY(Written read, read_written(*value, usage));
      out.parameters.emplace(to_lower(key), std::move(read));
    }
  }
  if (const Json* groups = member(written, "groupNames"); groups && groups->is_array()) {
    for (const Json& group : groups->get_array()) {
      if (group.is_string()) out.groups.emplace_back(as_text(group));
    }
  }
  return out;
}

}  // namespace

TemplateError content_error(const std::string& detail) {
  return {"InvalidRequestContent",
          "The request content was invalid and could not be deserialized: '" + detail + "'.", ""};
}

const Json* member(const Json& object, std::string_view key) {
  return object.is_object() ? find_ci(object.get_object(), key) : nullptr;
}

Outcome<Parameters> read_parameters(const Json& properties) {
  Parameters out;
  const Json* written = member(properties, "parameters");
  if (!written || written->is_null()) return out;
  if (!written->is_object()) return content_error("The parameters must be an object");
  for (const auto& [key, entry] : written->get_object()) {
    Parameter parameter;
    parameter.name = key;
    parameter.type = to_lower(text_at(entry, "type"));
    const Json* type = member(entry, "type");
    if (type && type->is_string()) parameter.type = to_lower(as_text(*type));
    if (!is_type(parameter.type)) {
      return TemplateError{"InvalidPolicyParameters",
                           "The type of the policy parameter '" + parameter.name +
                               "' must be one of 'String, Array, Object, Boolean, Integer, Float, "
                               "DateTime'.",
                           ""};
    }
    if (const Json* value = member(entry, "defaultValue")) parameter.default_value = *value;
    if (const Json* allowed = member(entry, "allowedValues"); allowed && allowed->is_array()) {
      for (const Json& one : allowed->get_array()) parameter.allowed.push_back(one);
    }
    out.push_back(std::move(parameter));
  }
  if (out.size() > kMaxParameters) return content_error("There are too many parameters");
  return out;
}

const Parameter* find_parameter(const Parameters& parameters, std::string_view name) {
  const auto found = std::ranges::find_if(
      parameters, [&](const Parameter& one) { return equal_ci(one.name, name); });
  return found == parameters.end() ? nullptr : &*found;
}

Outcome<Definition> read_definition(const std::string& name, const Json& properties) {
  Definition out;
  out.name = name;
  out.display_name = text_at(properties, "displayName");
  out.version = text_at(properties, "version");
  out.mode = to_lower(text_at(properties, "mode", "Indexed"));
  if (!is_mode(out.mode)) {
    return TemplateError{"InvalidPolicyDefinitionMode",
                         "The policy definition '" + name + "' has the mode '" +
                             text_at(properties, "mode") +
                             "', which is not valid. It must be 'All', 'Indexed' or a resource "
                             "provider's mode.",
                         ""};
  }
  if (out.mode == "notspecified") out.mode = "indexed";
  ARMATURE_TRY(out.parameters, read_parameters(properties));
  const Json* rule = member(properties, "policyRule");
  if (!rule || rule->is_null()) return required("policyRule", "PolicyDefinitionProperties");
  const Json* condition = member(*rule, "if");
  const Json* then = member(*rule, "then");
  const Json* effect = then ? member(*then, "effect") : nullptr;
  if (!condition || !effect || !effect->is_string()) {
    return rule_error(name, invalid_rule("The policy rule expects 'if' and 'then' with an "
                                         "'effect'."));
  }
  Usage usage;
  auto read = read_condition(*condition, usage);
  if (!read) return rule_error(name, read.error());
  out.condition = *std::move(read);
  out.inspects_tags = to_lower(dump(*condition)).find("tags") != std::string::npos;
  auto effect_read = read_written(*effect, usage);
  if (!effect_read) return rule_error(name, effect_read.error());
  out.effect = *std::move(effect_read);
  if (!out.effect.tree && !effect_of(as_text(out.effect.value))) {
    return rule_error(name,
                      invalid_rule("The policy effect '" + std::string(as_text(out.effect.value)) +
                                   "' is not known."));
  }
  auto details = read_details(*then, usage);
  if (!details) return rule_error(name, details.error());
  out.details = *std::move(details);
  if (auto error = check_undefined(name, out.parameters, usage)) return *std::move(error);
  out.unused = unused_of(out.parameters, usage);
  return out;
}

Outcome<SetDefinition> read_set(const std::string& name, const Json& properties) {
  SetDefinition out;
  out.name = name;
  out.display_name = text_at(properties, "displayName");
  ARMATURE_TRY(out.parameters, read_parameters(properties));
  const Json* list = member(properties, "policyDefinitions");
  if (!list || !list->is_array() || list->get_array().empty()) {
    return required("policyDefinitions", "PolicySetDefinitionProperties");
  }
  if (list->get_array().size() > kMaxReferences) {
    return content_error("There are too many policy definitions");
  }
  Usage usage;
  for (std::size_t i = 0; i < list->get_array().size(); ++i) {
    auto reference = read_reference(list->get_array()[i], i, usage);
    if (!reference) return rule_error(name, reference.error());
    out.references.push_back(*std::move(reference));
  }
  if (auto error = check_undefined(name, out.parameters, usage)) return *std::move(error);
  out.unused = unused_of(out.parameters, usage);
  return out;
}

TemplateError unused_parameters(const std::string& name, const std::vector<std::string>& unused) {
  return {"UnusedPolicyParameters",
          "The policy '" + name + "' has defined parameters '" + joined(unused) +
              "' which are not used in the policy rule. Please either remove these parameters from "
              "the definition or ensure that they are used in the policy rule.",
          ""};
}

Outcome<std::map<std::string, Json>> fill_parameters(const Parameters& declared,
                                                     const std::map<std::string, Json>& given,
                                                     const std::string& assignment,
                                                     const std::string& definition) {
  std::map<std::string, Json> out;
  std::vector<std::string> missing;
  for (const Parameter& parameter : declared) {
    const auto found = given.find(to_lower(parameter.name));
    if (found == given.end() && !parameter.default_value) {
      missing.push_back(parameter.name);
      continue;
    }
    const Json& value = found == given.end() ? *parameter.default_value : found->second;
    if (found != given.end() && !has_type(value, parameter.type)) {
      return TemplateError{"InvalidPolicyParameterType",
                           "The value of the policy parameter '" + parameter.name +
                               "' is of type '" + tmpl::type_name(value) +
                               "'. The policy definition '" + definition + "' expects '" +
                               parameter.type + "'.",
                           ""};
    }
    const auto allowed = [&](const Json& one) {
      return parameter.allowed.empty() ||
             std::ranges::find(parameter.allowed, one) != parameter.allowed.end();
    };
    const auto* list = parameter.type == "array" ? value.if_array() : nullptr;
    const bool fine = list ? std::ranges::all_of(*list, allowed) : allowed(value);
    if (found != given.end() && !fine) {
      return TemplateError{
          "PolicyParameterValueNotAllowed",
          "The value '" + tmpl::plain_text(value) + "' is not allowed for policy parameter '" +
              parameter.name + "' in policy definition '" + definition +
              "'. The allowed values are '" +
              tmpl::plain_text(JsonArray(parameter.allowed.begin(), parameter.allowed.end())) +
              "'.",
          ""};
    }
    out.emplace(to_lower(parameter.name), value);
  }
  for (const auto& [name, value] : given) {
    if (find_parameter(declared, name)) continue;
    return TemplateError{"UndefinedPolicyParameter",
                         "The policy assignment '" + assignment + "' has the parameter '" + name +
                             "', which is not defined in the policy definition '" + definition +
                             "'.",
                         ""};
  }
  if (missing.empty()) return out;
  return TemplateError{"MissingPolicyParameter",
                       "The policy assignment '" + assignment + "' is missing the parameter(s) '" +
                           joined(missing) + "' as defined in the policy definition '" +
                           definition + "'.",
                       ""};
}

}  // namespace armature::sandbox::policy
