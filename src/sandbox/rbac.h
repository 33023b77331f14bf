#pragma once
// Azure RBAC over the sandbox's own assignments, and what a refusal says.
#include <string>
#include <string_view>

#include "arm/role.h"
#include "sandbox/arm_call.h"
#include "sandbox/store.h"

namespace armature::sandbox {

// The role of that guid or full id: built in or custom; null when unknown. Points into the state or
// the built-in table: not to be kept.
const arm::Role* find_role(const State& state, std::string_view id);
// Does an assignment of the principal, at the scope or above it, permit the action?
bool may(const State& state, const std::string& object_id, std::string_view action,
         std::string_view scope);
// Has the principal any assignment in the subscription? Then it sees the subscription in lists.
bool sees(const State& state, const std::string& object_id, std::string_view subscription_scope);
ArmAnswer authorization_failed(const Caller& caller, std::string_view action,
                               std::string_view scope);

}  // namespace armature::sandbox
