#pragma once
// What ARM refuses before it asks for rights: namespaces, types, scopes and api-versions that are
// not.
//
//   check_own_version  the api-version of ARM's own routes (subscriptions, groups, providers)
//   check_type         the rest; needs the state for the location that its text names
//   Errors             404 InvalidResourceNamespace, 404 InvalidResourceType, 404
//                      MissingSubscription, 405 MethodNotAllowed, 400 NoRegisteredProviderFound,
//                      400 InvalidApiVersionParameter
//   Unknown            with Options::lenient nothing is refused: for what Azure has and the facts
//                      do not, and for types that are made up for a test
//   Threads            pure
#include <optional>

#include "sandbox/cloud.h"

namespace armature::sandbox {

std::optional<ArmAnswer> check_own_version(const ArmCall& call);
std::optional<ArmAnswer> check_type(const Cloud& cloud, const State& state, const ArmCall& call);

// Location rules of a PUT or PATCH, which ARM looks at when the group is known to be there.
std::optional<ArmAnswer> check_locations(const Cloud& cloud, const State& state,
                                         const ArmCall& call);
// A resource group's region: a physical one.
std::optional<ArmAnswer> check_group_location(const std::string& location);

}  // namespace armature::sandbox
