#include "sandbox/policy/resource_checks.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/rbac/hierarchy.h"

namespace armature::sandbox::policy {
namespace {

constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxNameInGroup = 24;  // of an assignment at a management group

const Json& properties_of(const Json& body) {
  static const Json kNone = JsonObject{};
  const Json* properties = member(body, "properties");
  return properties ? *properties : kNone;
}

bool is_set_id(std::string_view id) {
  return to_lower(id).find("/policysetdefinitions/") != std::string::npos;
}

ArmAnswer no_definition(const std::string& id) {
  const bool set = is_set_id(id);
  return refuse(404, set ? "PolicySetDefinitionNotFound" : "PolicyDefinitionNotFound",
                std::string(set ? "The policy set definition '" : "The policy definition '") +
                    id.substr(id.rfind('/') + 1) + "' could not be found.");
}

std::optional<ArmAnswer> check_scope_of(const State& state, const std::string& scope,
                                        const std::string& id, const char* code,
                                        const std::string& message) {
  if (at_or_above(state, scope_of(id), scope)) return std::nullopt;
  return refuse(400, code, message);
}

std::optional<ArmAnswer> check_place(const std::string& scope, const char* code) {
  const auto id = arm::ResourceId::parse(scope);
  const bool fits = id && (id->kind == arm::ScopeKind::kSubscription ||
                           id->kind == arm::ScopeKind::kManagementGroup);
  if (fits) return std::nullopt;
  return refuse(400, code,
                "The scope '" + scope +
                    "' is not valid: definitions are kept at subscriptions and management groups.");
}

std::optional<ArmAnswer> check_name(const std::string& name, std::size_t most, const char* code) {
  if (name.size() <= most) return std::nullopt;
  return refuse(400, code,
                "The name '" + name + "' is not valid: it has more than '" + std::to_string(most) +
                    "' characters.");
}

// Assignments of effects that write need an identity to write with.
std::optional<ArmAnswer> check_identity(const std::string& name, const Json& body,
                                        const std::vector<Binding>& bindings) {
  const bool writes = std::ranges::any_of(bindings, [](const Binding& binding) {
    return binding.effect == Effect::kModify || binding.effect == Effect::kDeployIfNotExists;
  });
  const std::string type = to_lower(text_at(body, "identity.type", "None"));
  if (type != "none" && text_at(body, "location").empty()) {
    return refuse(
        400, "LocationRequired",
        "The policy assignment '" + name + "' has a managed identity: its location is required.");
  }
  if (!writes || type != "none") return std::nullopt;
  return refuse(400, "ResourceIdentityRequired",
                "The policy assignment '" + name +
                    "' has policies of the effects 'modify' or 'deployIfNotExists'. A resource "
                    "identity is required for it.");
}

std::optional<ArmAnswer> bind_set(Catalog& catalog, const State& state,
                                  const AssignmentFacts& facts, std::vector<Binding>& bindings) {
  const auto set = catalog.set(state, facts.definition_id);
  if (!set) return no_definition(facts.definition_id);
  const auto values = fill_parameters(set->parameters, facts.parameters, facts.name, set->name);
  if (!values) return refuse_with(400, values.error());
  for (const Reference& reference : set->references) {
    auto definition = catalog.definition(state, reference.definition_id);
    if (!definition) continue;
    auto given = handed_on(reference, *values);
    if (!given) return refuse_with(400, given.error());
    auto binding =
        bind_one(facts, "", std::move(definition), *std::move(given), reference.reference_id);
    if (!binding) return refuse_with(400, binding.error());
    bindings.push_back(*std::move(binding));
  }
  for (const auto& [reference, message] : facts.messages) {
    const bool known =
        reference.empty() || std::ranges::any_of(set->references, [&](const Reference& one) {
          return equal_ci(one.reference_id, reference);
        });
    if (known) continue;
    return refuse(400, "InvalidPolicyAssignmentNonComplianceMessage",
                  "The following policy definition reference Ids used in non-compliance messages "
                  "do not exist in the assigned policy set definition: '" +
                      reference + "'.");
  }
  return std::nullopt;
}

}  // namespace

ArmAnswer refuse_with(int status, const tmpl::TemplateError& error) {
  return refuse(status, error.code, error.message);
}

std::optional<ArmAnswer> check_definition(const State&, const std::string& scope,
                                          const std::string& name, const Json& properties) {
  if (auto refused = check_place(scope, "InvalidCreatePolicyDefinitionRequest")) return refused;
  if (auto refused = check_name(name, kMaxName, "InvalidPolicyDefinitionName")) return refused;
  const auto read = read_definition(name, properties);
  if (!read) return refuse_with(400, read.error());
  if (!read->unused.empty()) return refuse_with(400, unused_parameters(name, read->unused));
  return std::nullopt;
}

std::optional<ArmAnswer> check_set(Catalog& catalog, const State& state, const std::string& scope,
                                   const std::string& name, const Json& properties) {
  if (auto refused = check_place(scope, "InvalidCreatePolicySetDefinitionRequest")) return refused;
  if (auto refused = check_name(name, kMaxName, "InvalidPolicySetDefinitionName")) return refused;
  const auto read = read_set(name, properties);
  if (!read) return refuse_with(400, read.error());
  for (const Reference& reference : read->references) {
    const auto definition = catalog.definition(state, reference.definition_id);
    if (!definition) return no_definition(reference.definition_id);
    auto refused = check_scope_of(
        state, scope, reference.definition_id, "InvalidCreatePolicySetDefinitionRequest",
        "The policy set definition '" + name + "' refers to the policy definition '" +
            reference.definition_id + "', which is not at or above its scope.");
    if (refused) return refused;
    for (const auto& [parameter, value] : reference.parameters) {
      if (find_parameter(definition->parameters, parameter)) continue;
      return refuse(400, "UndefinedPolicyParameter",
                    "The policy set definition '" + name + "' gives the policy definition '" +
                        definition->name + "' the parameter '" + parameter +
                        "', which it does not define.");
    }
    for (const Parameter& parameter : definition->parameters) {
      const bool given = reference.parameters.contains(to_lower(parameter.name));
      if (given || parameter.default_value) continue;
      return refuse(400, "MissingPolicyParameter",
                    "The policy set definition '" + name + "' is missing the parameter(s) '" +
                        parameter.name + "' as defined in the policy definition '" +
                        definition->name + "'.");
    }
  }
  if (!read->unused.empty()) return refuse_with(400, unused_parameters(name, read->unused));
  return std::nullopt;
}

std::optional<ArmAnswer> check_assignment(Catalog& catalog, const State& state,
                                          const std::string& scope, const std::string& name,
                                          const Json& body) {
  const bool at_group = !management_group_name(scope).empty();
  if (auto refused =
          check_name(name, at_group ? kMaxNameInGroup : kMaxName, "InvalidPolicyAssignmentName")) {
    return refused;
  }
  const auto facts = read_assignment(name, properties_of(body));
  if (!facts) return refuse_with(400, facts.error());
  std::vector<Binding> bindings;
  if (is_set_id(facts->definition_id)) {
    if (auto refused = bind_set(catalog, state, *facts, bindings)) return refused;
  } else {
    auto definition = catalog.definition(state, facts->definition_id);
    if (!definition) return no_definition(facts->definition_id);
    auto binding = bind_one(*facts, "", std::move(definition), facts->parameters, "");
    if (!binding) return refuse_with(400, binding.error());
    bindings.push_back(*std::move(binding));
  }
  auto refused = check_scope_of(
      state, scope, facts->definition_id, "InvalidCreatePolicyAssignmentRequest",
      "The policy definition specified in policy assignment '" + name +
          "' is out of scope. Policy definitions should be specified only at or above the policy "
          "assignment scope.");
  if (refused) return refused;
  return check_identity(name, body, bindings);
}

std::optional<ArmAnswer> check_exemption(const State& state, const std::string& scope,
                                         const Json& properties) {
  const auto read = read_exemption("", properties);
  if (!read) return refuse_with(400, read.error());
  const Record* assignment = state.get<Record>(to_lower(read->assignment_id));
  if (!assignment) {
    return refuse(404, "PolicyAssignmentNotFound",
                  "The policy assignment '" +
                      read->assignment_id.substr(read->assignment_id.rfind('/') + 1) +
                      "' is not found.");
  }
  const bool unchecked =
      equal_ci(text_at(properties, "assignmentScopeValidation"), "DoNotValidate");
  if (unchecked) return std::nullopt;
  return check_scope_of(state, scope, assignment->id, "InvalidCreatePolicyExemptionRequest",
                        "The policy assignment '" + assignment->id +
                            "' is not at or above the scope of the policy exemption.");
}

std::optional<ArmAnswer> check_unused(const State& state, const Record& record) {
  const bool set = is_set_id(record.id);
  const std::string what = set ? "policy set definition" : "policy definition";
  const char* code =
      set ? "InvalidDeletePolicySetDefinitionRequest" : "InvalidDeletePolicyDefinitionRequest";
  const std::string start = "The " + what + " '" + record.name + "' cannot be deleted. ";
  for (const Record* one : records_below(state, "/", kAssignments)) {
    if (!equal_ci(text_at(one->body, "properties.policyDefinitionId"), record.id)) continue;
    return refuse(400, code,
                  start + "It is referenced by the policy assignment '" + one->id +
                      "'. Please delete all policy assignments referencing the policy.");
  }
  if (set) return std::nullopt;
  for (const Record* one : records_below(state, "/", kSets)) {
    const Json* list = at(one->body, "properties.policyDefinitions");
    if (!list || !list->is_array()) continue;
    const bool used = std::ranges::any_of(list->get_array(), [&](const Json& reference) {
      return equal_ci(text_at(reference, "policyDefinitionId"), record.id);
    });
    if (!used) continue;
    return refuse(400, code,
                  start + "It is referenced by the policy set definition '" + one->id +
                      "'. Please remove this policy definition from all policy set definitions "
                      "that reference it.");
  }
  return std::nullopt;
}

}  // namespace armature::sandbox::policy
