#include "sandbox/rbac.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/cloud.h"
#include "sandbox/entra/directory.h"
#include "sandbox/rbac/deny.h"
#include "sandbox/rbac/hierarchy.h"

namespace armature::sandbox {
namespace {

// What a stored or a role's condition says; one that cannot be read does not hold.
bool holds(const std::string& condition, const AccessAsk& ask) {
  if (condition.empty()) return true;
  const auto parsed = arm::Condition::parse(condition);
  if (!parsed) return false;
  arm::ConditionFacts facts = ask.condition_facts ? ask.condition_facts() : arm::ConditionFacts{};
  facts.action = ask.action;
  return parsed->holds(facts);
}

Verdict judge(const State& state, const Assignment& assignment, const AccessAsk& ask) {
  const arm::Role* role = find_role(state, assignment.role_id);
  if (!role) return Verdict::kNotGranted;
  Verdict best = Verdict::kNotGranted;
  for (const arm::Permission& permission : role->permissions) {
    if (!arm::covers(permission, ask.action, ask.data_action)) continue;
    if (holds(permission.condition, ask) && holds(assignment.condition, ask)) {
      return Verdict::kAllowed;
    }
    best = Verdict::kConditionNotMet;
  }
  return best;
}

// Calls visit(assignment) for those that count, until it says true.
template <class F>
void any_assignment(const Cloud& cloud, const State& state,
                    const std::vector<std::string>& principals,
                    const std::vector<std::string>& scopes, const F& visit) {
  const Instant now = cloud.clock().now();
  for (const std::string& principal : principals) {
    const auto* assigned = state.assignments().of(principal);
    if (!assigned) continue;
    for (const std::string& scope : scopes) {
      for (const Assignment* assignment : AssignmentIndex::at(*assigned, scope)) {
        if (assignment->counts_from <= now && visit(*assignment)) return;
      }
    }
  }
}

}  // namespace

std::vector<const Assignment*> effective_assignments(const Cloud& cloud, const State& state,
                                                     const std::string& object_id,
                                                     std::string_view scope) {
  std::vector<const Assignment*> out;
  any_assignment(cloud, state, principals_of(state, object_id), ancestors(state, scope),
                 [&](const Assignment& assignment) {
                   out.push_back(&assignment);
                   return false;
                 });
  return out;
}

Access decide_access(const Cloud& cloud, const State& state, const AccessAsk& ask) {
  const auto scopes = ancestors(state, ask.scope);
  const auto principals = principals_of(state, std::string(ask.object_id));
  Access out;
  any_assignment(cloud, state, principals, scopes, [&](const Assignment& assignment) {
    const Verdict verdict = judge(state, assignment, ask);
    if (verdict != Verdict::kNotGranted) out.verdict = verdict;
    return verdict == Verdict::kAllowed;
  });
  if (!out.allowed()) return out;
  out.denied_by =
      denying(state, scopes, principals, ask.action, ask.data_action, ask.condition_facts);
  if (out.denied_by) out.verdict = Verdict::kDenied;
  return out;
}

bool may(const Cloud& cloud, const State& state, std::string_view object_id,
         std::string_view action, std::string_view scope, bool data_action) {
  return decide_access(cloud, state, {object_id, action, scope, data_action, {}}).allowed();
}

std::optional<ArmAnswer> refuse_access(const Cloud& cloud, const State& state, const Caller& caller,
                                       const AccessAsk& ask) {
  const Access access = decide_access(cloud, state, ask);
  switch (access.verdict) {
    case Verdict::kAllowed:
      return std::nullopt;
    case Verdict::kDenied:
      return deny_assignment_failed(caller, ask.action, ask.scope, *access.denied_by);
    case Verdict::kConditionNotMet:
      return refuse(403, "AuthorizationFailed",
                    "The client '" + caller.app_id + "' with object id '" + caller.object_id +
                        "' does not have authorization or an ABAC condition not fulfilled to "
                        "perform action '" +
                        std::string(ask.action) + "' over scope '" + std::string(ask.scope) +
                        "' or the scope is invalid. If access was recently granted, please refresh "
                        "your credentials.");
    case Verdict::kNotGranted:
      break;
  }
  return authorization_failed(caller, ask.action, ask.scope);
}

arm::ConditionFacts condition_facts_of(const Cloud& cloud, const State& state,
                                       const ArmCall& call) {
  constexpr std::string_view kType = "Microsoft.Authorization/roleAssignments:";
  arm::ConditionFacts facts;
  facts.action = call.op.action;
  facts.set("Environment", "UtcNow", Json(to_rfc3339(cloud.clock().now())));
  facts.set("Environment", "isPrivateLink", false);
  if (!call.at.is("Microsoft.Authorization", "roleAssignments")) return facts;
  const auto set = [&](const char* source, const std::string& role, const std::string& principal,
                       const std::string& type) {
    const std::string guid = role.substr(role.rfind('/') + 1);
    if (!guid.empty()) facts.set(source, std::string(kType) + "RoleDefinitionId", Json(guid));
    if (!principal.empty()) facts.set(source, std::string(kType) + "PrincipalId", Json(principal));
    if (!type.empty()) facts.set(source, std::string(kType) + "PrincipalType", Json(type));
  };
  // Read as the route reads it, or a condition could be shown another role than the one assigned.
  const auto asked = arm::role_grant_request(call.body ? *call.body : Json(nullptr));
  if (asked) {
    set("Request", asked->role_definition_id, asked->principal_id,
        text_at(*call.body, "properties.principalType"));
  }
  if (const Assignment* item = state.get<Assignment>(to_lower(call.op.target))) {
    set("Resource", item->role_id, item->principal_id, item->principal_type);
  }
  return facts;
}

const arm::Role* find_role(const State& state, std::string_view id) {
  const std::size_t slash = id.rfind('/');
  const std::string guid = to_lower(slash == std::string_view::npos ? id : id.substr(slash + 1));
  if (const CustomRole* custom = state.get<CustomRole>(guid)) return &custom->role;
  return is_uuid(guid) ? arm::find_builtin_role(guid) : nullptr;
}

bool sees(const State& state, const std::string& object_id, std::string_view subscription_scope) {
  const auto above = ancestors(state, subscription_scope);
  return std::ranges::any_of(principals_of(state, object_id), [&](const std::string& principal) {
    const auto* assigned = state.assignments().of(principal);
    return assigned && std::ranges::any_of(*assigned, [&](const auto& entry) {
             return arm::at_or_above(subscription_scope, entry.first) ||
                    std::ranges::find(above, entry.first) != above.end();
           });
  });
}

ArmAnswer authorization_failed(const Caller& caller, std::string_view action,
                               std::string_view scope) {
  return refuse(403, "AuthorizationFailed",
                "The client '" + caller.app_id + "' with object id '" + caller.object_id +
                    "' does not have authorization to perform action '" + std::string(action) +
                    "' over scope '" + std::string(scope) +
                    "' or the scope is invalid. If access was recently granted, please refresh "
                    "your credentials.");
}

}  // namespace armature::sandbox
