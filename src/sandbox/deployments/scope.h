#pragma once
// The four scopes of a deployment: tenant, management group, subscription, resource group.
//
//   check_scope_of   is the deployment possible there at all: a scope of the four, a location where
//                    one is needed, mode Complete in a resource group alone
//   Source           "Deploy resources to …" for each scope; "Deployment modes"
//   Threads          pure; `state` is read under the store's lock
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/cloud.h"

namespace armature::sandbox {

std::optional<ArmAnswer> check_scope_of(const Deployment& deployment);
// The management group as its provider shows it; null when there is none of that name.
Json management_group_json(const Cloud& cloud, const State& state, std::string_view name);
// 404 when the scope is a management group that is not there.
std::optional<ArmAnswer> check_management_group(const Cloud& cloud, const State& state,
                                                const std::string& scope);
// "/subscriptions/…/operationresults/ID" where the deployment's scope allows that, else the same
// below the scope's own Microsoft.Resources.
std::string operation_result_path(const std::string& scope, const std::string& operation);

}  // namespace armature::sandbox
