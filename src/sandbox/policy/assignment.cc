// Assignments and exemptions from JSON.
#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "sandbox/policy/definition.h"

namespace armature::sandbox::policy {
namespace {

using tmpl::Outcome;
using tmpl::TemplateError;

constexpr std::size_t kMaxSelectors = 10;
constexpr std::size_t kMaxSelected = 50;
constexpr std::size_t kMaxNotScopes = 400;

const JsonArray& list_of(const Json& object, std::string_view key) {
  static const JsonArray kNone;
  const Json* found = member(object, key);
  return found && found->is_array() ? found->get_array() : kNone;
}

Outcome<Selector> read_selector(const Json& written) {
  Selector out;
  out.kind = to_lower(text_at(written, "kind"));
  const bool in = member(written, "in") != nullptr;
  const bool not_in = member(written, "notIn") != nullptr;
  if (out.kind.empty()) return content_error("A selector has no kind");
  if (in && not_in) {
    return TemplateError{"InvalidPolicySelector", "A selector cannot have both 'in' and 'notIn'.",
                         ""};
  }
  if (in || not_in) out.inverted = not_in;
  const JsonArray& values = list_of(written, not_in ? "notIn" : "in");
  if (values.size() > kMaxSelected) return content_error("A selector has too many values");
  for (const Json& value : values) {
    if (value.is_string()) out.values.push_back(to_lower(as_text(value)));
  }
  return out;
}

Outcome<std::vector<Selector>> read_selectors(const Json& written) {
  std::vector<Selector> out;
  for (const Json& one : list_of(written, "selectors")) {
    ARMATURE_TRY(Selector selector, read_selector(one));
    out.push_back(std::move(selector));
  }
  return out;
}

Outcome<std::vector<std::vector<Selector>>> read_resource_selectors(const Json& properties) {
  std::vector<std::vector<Selector>> out;
  const JsonArray& written = list_of(properties, "resourceSelectors");
  if (written.size() > kMaxSelectors) return content_error("There are too many resourceSelectors");
  for (const Json& one : written) {
    ARMATURE_TRY(std::vector<Selector> selectors, read_selectors(one));
    out.push_back(std::move(selectors));
  }
  return out;
}

}  // namespace

bool Selector::admits(std::string_view value) const {
  const bool listed = std::ranges::find(values, to_lower(value)) != values.end();
  return !inverted || listed != *inverted;
}

Outcome<AssignmentFacts> read_assignment(const std::string& name, const Json& properties) {
  AssignmentFacts out;
  out.name = name;
  out.display_name = text_at(properties, "displayName");
  out.definition_id = text_at(properties, "policyDefinitionId");
  if (out.definition_id.empty()) {
    return content_error(
        "Required property 'policyDefinitionId' not found in JSON. Path 'properties'");
  }
  out.shown_parameters = JsonObject{};
  if (const Json* parameters = member(properties, "parameters");
      parameters && parameters->is_object()) {
    out.shown_parameters = *parameters;
    for (const auto& [key, entry] : parameters->get_object()) {
      const Json* value = member(entry, "value");
      if (!value) return content_error("The parameter '" + std::string(key) + "' has no value");
      out.parameters.emplace(to_lower(key), *value);
    }
  }
  const JsonArray& not_scopes = list_of(properties, "notScopes");
  if (not_scopes.size() > kMaxNotScopes) return content_error("There are too many notScopes");
  for (const Json& scope : not_scopes) {
    if (scope.is_string()) out.not_scopes.emplace_back(as_text(scope));
  }
  const std::string mode = text_at(properties, "enforcementMode", "Default");
  if (!equal_ci(mode, "Default") && !equal_ci(mode, "DoNotEnforce") && !equal_ci(mode, "Enroll")) {
    return content_error("Error converting value \"" + mode +
                         "\" to type 'PolicyAssignmentEnforcementMode'. Path "
                         "'properties.enforcementMode'");
  }
  out.enforced = equal_ci(mode, "Default");
  for (const Json& message : list_of(properties, "nonComplianceMessages")) {
    out.messages.emplace(to_lower(text_at(message, "policyDefinitionReferenceId")),
                         text_at(message, "message"));
  }
  ARMATURE_TRY(out.resource_selectors, read_resource_selectors(properties));
  const JsonArray& overrides = list_of(properties, "overrides");
  if (overrides.size() > kMaxSelectors) return content_error("There are too many overrides");
  for (const Json& one : overrides) {
    if (!equal_ci(text_at(one, "kind"), "policyEffect")) continue;  // definitionVersion: one only
    Override override;
    override.value = text_at(one, "value");
    if (!effect_of(override.value)) {
      return TemplateError{"InvalidPolicyOverride",
                           "The override's value '" + override.value + "' is no policy effect.",
                           ""};
    }
    ARMATURE_TRY(override.selectors, read_selectors(one));
    out.overrides.push_back(std::move(override));
  }
  return out;
}

Outcome<Exemption> read_exemption(const std::string& id, const Json& properties) {
  Exemption out;
  out.id = id;
  out.assignment_id = text_at(properties, "policyAssignmentId");
  out.category = text_at(properties, "exemptionCategory");
  if (out.assignment_id.empty()) {
    return content_error(
        "Required property 'policyAssignmentId' not found in JSON. Path 'properties'");
  }
  if (!equal_ci(out.category, "Waiver") && !equal_ci(out.category, "Mitigated")) {
    return content_error("Error converting value \"" + out.category +
                         "\" to type 'ExemptionCategory'. Path 'properties.exemptionCategory'");
  }
  for (const Json& reference : list_of(properties, "policyDefinitionReferenceIds")) {
    if (reference.is_string()) out.references.push_back(to_lower(as_text(reference)));
  }
  if (const std::string expires = text_at(properties, "expiresOn"); !expires.empty()) {
    const auto at = from_rfc3339(expires);
    if (!at) return content_error("The date 'properties.expiresOn' cannot be read");
    out.expires = *at;
  }
  ARMATURE_TRY(out.resource_selectors, read_resource_selectors(properties));
  return out;
}

}  // namespace armature::sandbox::policy
