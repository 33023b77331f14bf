#pragma once
// The routes of Microsoft.Authorization's roles and of Microsoft.Management, one function each, as
// routes.h has them: under the store's lock, after rights, subscription and group are checked.
//
//   Out       ARM's answer with ARM's own codes and texts
//   Source    role-definitions, role-assignments, custom-roles, management-groups pages and their
//             REST references
#include "sandbox/cloud.h"

namespace armature::sandbox {

// role_definitions.cc
ArmAnswer get_role(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer put_role(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer delete_role(Cloud& cloud, Change& change, const ArmCall& call);

// role_assignments.cc
ArmAnswer get_assignment(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer put_assignment(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer delete_assignment(Cloud& cloud, Change& change, const ArmCall& call);

// permissions.cc
ArmAnswer get_permissions(const Cloud& cloud, const State& state, const ArmCall& call);
// Classic administrators and PIM's schedules and policies: there are none.
bool is_always_empty(const ArmCall& call);
// POST /providers/Microsoft.Authorization/elevateAccess: a global administrator of the tenant, and
// nobody else, becomes User Access Administrator at "/".
bool is_elevate_access(const ArmCall& call);
std::optional<ArmAnswer> refuse_elevation(const State& state, const ArmCall& call);
ArmAnswer elevate_access(Cloud& cloud, Change& change, const ArmCall& call);

// management_groups.cc: /providers/Microsoft.Management/…
bool is_management(const ArmCall& call);
// Whether the call is a route of Microsoft.Management that sorts out rights by itself: lists of
// what the caller may see, and a new group below the root.
bool management_needs_no_right(const State& state, const ArmCall& call);
ArmAnswer read_management(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer change_management(Cloud& cloud, Change& change, const ArmCall& call);

}  // namespace armature::sandbox
