#pragma once
// Linked access checks: a body that refers to another resource needs a right there too: a network
// interface joins a subnet, a site joins its plan, anything with an identity assigns it.
//
//   check_linked   the 400 of an id that cannot be read, the 403 of a right that is missing, or
//                  nothing. Whether the linked resource exists is not asked: ARM leaves it to the
//                  provider
//   check_linked_right   the same 403 for one action elsewhere that the call's body asks for
//   Source         resource-provider operations of Azure's roles; linked access checks of the
//                  resource-provider contract
//   Threads        pure; `state` is read under the store's lock
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arm/links.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

std::optional<ArmAnswer> check_linked(const Cloud& cloud, const State& state, const ArmCall& call);
std::optional<ArmAnswer> check_linked_right(const Cloud& cloud, const State& state,
                                            const ArmCall& call, const std::string& action,
                                            const std::string& scope);

}  // namespace armature::sandbox
