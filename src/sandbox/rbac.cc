#include "sandbox/rbac.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::sandbox {

const arm::Role* find_role(const State& state, std::string_view id) {
  const std::size_t slash = id.rfind('/');
  const std::string guid = to_lower(slash == std::string_view::npos ? id : id.substr(slash + 1));
  if (const CustomRole* custom = state.get<CustomRole>(guid)) return &custom->role;
  return is_uuid(guid) ? arm::find_builtin_role(guid) : nullptr;
}

bool may(const State& state, const std::string& object_id, std::string_view action,
         std::string_view scope) {
  return std::ranges::any_of(state.table<Assignment>(), [&](const auto& item) {
    const Assignment& assignment = item.second;
    if (!equal_ci(assignment.principal_id, object_id)) return false;
    if (!arm::at_or_above(assignment.scope, scope)) return false;
    const arm::Role* role = find_role(state, assignment.role_id);
    return role && arm::permits(*role, action);
  });
}

bool sees(const State& state, const std::string& object_id, std::string_view subscription_scope) {
  return std::ranges::any_of(state.table<Assignment>(), [&](const auto& item) {
    const Assignment& assignment = item.second;
    return equal_ci(assignment.principal_id, object_id) &&
           (arm::at_or_above(subscription_scope, assignment.scope) ||
            arm::at_or_above(assignment.scope, subscription_scope));
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
