#pragma once
// Deny assignments: what a deployment stack puts over its resources. They win over every role.
//
//   put_deny_assignment    for the system's own parts only: no route of ARM makes one. Sets id,
//   name
//                          and creation where they are empty; the scope must be an id or "/"
//   denying                the deny assignment that forbids the action to the principals, or null
//   Rules                  one applies at its scope and, unless not_for_children, below it; to a
//                          principal that it names (or to all: kEveryone) and does not exclude; to
//                          an action in its permissions' actions and not in their notActions. A
//                          condition that cannot be read denies
//   Source                 deny-assignments page of Azure RBAC
//   Threads                `state` and `change` are used under the store's lock
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arm/condition.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

// The principal that stands for all, with type "SystemDefined".
inline constexpr std::string_view kEveryone = "00000000-0000-0000-0000-000000000000";

// Returns the id: {scope}/providers/Microsoft.Authorization/denyAssignments/{guid}.
std::string put_deny_assignment(Cloud& cloud, Change& change, DenyAssignment item);
void erase_deny_assignment(Change& change, const std::string& id);

// `scopes` are ancestors(state, scope); `principals` the caller's ids in lower case.
const DenyAssignment* denying(const State& state, std::span<const std::string> scopes,
                              std::span<const std::string> principals, std::string_view action,
                              bool data_action,
                              const std::function<arm::ConditionFacts()>& condition_facts);
// 403 DenyAssignmentAuthorizationFailed.
ArmAnswer deny_assignment_failed(const Caller& caller, std::string_view action,
                                 std::string_view scope, const DenyAssignment& by);

// GET {scope}/providers/Microsoft.Authorization/denyAssignments[/{guid}]
ArmAnswer get_deny_assignment(const State& state, const ArmCall& call);

}  // namespace armature::sandbox
