#pragma once
// Resource providers of a subscription: their types and their registration; and its locations.
//
//   State     a namespace is registered from the start, unless Options::require_registration says
//             that only ARM's own are; what register and unregister change is kept as a setting
//             "provider/<ns>": when it is done, in microseconds, with "-" before it for unregister
//   Out       registrationState Registering, then Registered when provisioning_time has passed
//   check     409 MissingSubscriptionRegistration, as clients match it to register by themselves
//   Source    resource-providers-and-types page, resources.json of Azure's definitions
//   Threads   pure, on State or Change under the store's lock
#include <optional>

#include "sandbox/cloud.h"

namespace armature::sandbox {

std::optional<ArmAnswer> check_registration(const Cloud& cloud, const State& state,
                                            const ArmCall& call);
ArmAnswer get_providers(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer change_provider(Cloud& cloud, Change& change, const ArmCall& call);
ArmAnswer list_locations(const Cloud& cloud);
// One type as its provider shows it, for templates; null when there is none of that name.
Json provider_type(const std::string& name_space, const std::string& type);

}  // namespace armature::sandbox
