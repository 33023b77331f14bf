#pragma once
// role_asks: the roles that a deployment's template hands out, each as a question of its own: a
// template must not be a way around the assignable roles of a grant. Pure.
//
//   Covers   role assignments, and requests for scheduled and eligible ones
//   In       the template's needs and the deployment's body
//   Out      for each role assignment in the template: its action, its scope, its role's guid
//   Errors   kInvalid when the template assigns a role whose guid does not stand in it as the last
//            literal of an id (a parameter may say anything): the caller refuses what it cannot
//            check
#include <string_view>
#include <vector>

#include "access/decide.h"
#include "arm/operation.h"
#include "base/json.h"
#include "base/result.h"

namespace armature::gateway {

// Does the action hand out the role in properties.roleDefinitionId?
bool hands_out_role(std::string_view action);

Result<std::vector<access::Ask>> role_asks(const std::vector<arm::Need>& needs, const Json& body);

}  // namespace armature::gateway
