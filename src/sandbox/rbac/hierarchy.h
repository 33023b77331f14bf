#pragma once
// Where a scope stands: the management groups above a subscription, the scopes above a resource.
//
//   ancestors   the scope itself first, then each scope above it, "/" last: what policy, role and
//               deny assignments are inherited from. In lower case, as the keys of State are
//   at_or_above arm::at_or_above, and the management groups besides: use it wherever something is
//               inherited
//   Root        the tenant's root group has the tenant's id as its name. It is not kept: it stands
//               above every group without a parent and every subscription that was never moved
//   Errors      none: a scope that does not exist has the ancestors that its text names, and the
//               root group above an unknown group
//   Source      management groups overview; at most six levels below the root
//   Threads     pure; `state` is read under the store's lock
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/store.h"

namespace armature::sandbox {

inline constexpr std::string_view kManagementGroupPrefix =
    "/providers/Microsoft.Management/managementGroups/";
inline constexpr std::size_t kMaxGroupDepth = 6;  // below the root group

std::vector<std::string> ancestors(const State& state, std::string_view scope);
bool at_or_above(const State& state, std::string_view scope, std::string_view target);

// The root group's name: the tenant's id, in lower case.
std::string root_group(const State& state);
std::string management_group_id(std::string_view name);
// The name in a management group's id; empty for any other id.
std::string_view management_group_name(std::string_view id);
bool management_group_exists(const State& state, std::string_view name);
// The name, in lower case, of the group above; empty for the root group.
std::string parent_group(const State& state, std::string_view name);
std::string group_of_subscription(const State& state, std::string_view subscription_id);

}  // namespace armature::sandbox
