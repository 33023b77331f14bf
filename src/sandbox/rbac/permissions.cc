// What the caller may do at a scope, what is always empty here, and the way to the root scope.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "sandbox/rbac.h"
#include "sandbox/rbac/filters.h"
#include "sandbox/rbac/hierarchy.h"
#include "sandbox/rbac/routes.h"

namespace armature::sandbox {

// One entry for each permission of each role that counts, its condition with it. Deny assignments
// are not in it, as in Azure: they have a list of their own.
ArmAnswer get_permissions(const Cloud& cloud, const State& state, const ArmCall& call) {
  JsonArray out;
  for (const Assignment* item :
       effective_assignments(cloud, state, call.caller.object_id, scope_of(call))) {
    const arm::Role* role = find_role(state, item->role_id);
    if (!role) continue;
    for (Json& one : arm::permissions_to_json(role->permissions)) out.push_back(std::move(one));
  }
  return list_answer(std::move(out));
}

bool is_always_empty(const ArmCall& call) {
  constexpr std::array kTypes = {
      "classicAdministrators",           "roleAssignmentSchedules",
      "roleAssignmentScheduleInstances", "roleAssignmentScheduleRequests",
      "roleEligibilitySchedules",        "roleEligibilityScheduleInstances",
      "roleEligibilityScheduleRequests", "eligibleChildResources",
      "roleManagementPolicies",          "roleManagementPolicyAssignments"};
  return call.at.tail.size() == 1 && std::ranges::any_of(kTypes, [&](const char* type) {
           return call.at.is("Microsoft.Authorization", type);
         });
}

bool is_elevate_access(const ArmCall& call) {
  return call.at.scope.empty() && call.op.method == "POST" && call.at.tail.size() == 1 &&
         call.at.is("Microsoft.Authorization", "elevateAccess");
}

std::optional<ArmAnswer> refuse_elevation(const State& state, const ArmCall& call) {
  if (state.get<Setting>(kGlobalAdministrator + call.caller.object_id)) return std::nullopt;
  return authorization_failed(call.caller, call.op.action, call.op.scope);
}

ArmAnswer elevate_access(Cloud& cloud, Change& change, const ArmCall& call) {
  const arm::Role* role = arm::find_builtin_role("User Access Administrator");
  const std::string& caller = call.caller.object_id;
  const auto* scopes = change.state().assignments().of(caller);
  if (scopes) {
    for (const Assignment* item : AssignmentIndex::at(*scopes, "/")) {
      if (item->role_id == role->id) return answer(200);
    }
  }
  Assignment item;
  item.name = cloud.random().uuid();
  item.scope = "/";
  item.id = "/providers/Microsoft.Authorization/roleAssignments/" + item.name;
  item.principal_id = caller;
  item.principal_type = "ServicePrincipal";
  item.role_id = role->id;
  item.created = item.updated = cloud.clock().now();
  item.created_by = item.updated_by = caller;
  change.created(item.id);
  change.put(item.id, item);
  return answer(200);
}

}  // namespace armature::sandbox
