#pragma once
// moveResources and validateMoveResources of a resource group.
//
//   Effects    at once, in the call's transaction: resources, their children, locks and identities
//              get their new ids, and what refers to them in their group does so by those. Role
//              assignments stay behind, as in Azure
//   Answer     202 and a Location that says 204, or 409 with what the providers have against it;
//              what can be told from the request alone is refused at once
//   Meanwhile  until the operation is over both groups take no writes: check_moving
//   Operation  arm::operation_of refuses moveResources for whoever checks rights by the operation
//              alone, because it writes to a group that only its body names. Here it is read, and
//              move_resources checks that right
//   Source     learn.microsoft.com, "Move Azure resources to a new resource group"
#include "sandbox/cloud.h"

namespace armature::sandbox {

Result<arm::Operation> read_operation(std::string_view method, std::string_view request_target);
std::optional<ArmAnswer> check_moving(const Cloud& cloud, const State& state, const Record& group);
ArmAnswer move_resources(Cloud& cloud, Change& change, const ArmCall& call);

}  // namespace armature::sandbox
