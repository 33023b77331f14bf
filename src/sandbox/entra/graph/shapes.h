#pragma once
// The objects of the directory as Microsoft Graph shows them.
//
//   Secrets   never: of a password its id, its hint and its dates; of a certificate its thumbprint
//   Threads   pure
#include <span>
#include <string>
#include <string_view>

#include "sandbox/cloud.h"

namespace armature::sandbox::graph {

Json application_json(const AppRegistration& item);
Json service_principal_json(const Cloud& cloud, const ServicePrincipal& item,
                            const AppRegistration* app);
Json user_json(const User& item);
Json group_json(const Group& item);
Json federated_json(const FederatedCredential& item);
Json password_json(const PasswordCredential& item);
Json app_role_json(const State& state, const ServicePrincipal& principal, const AppRole& role);

// The object of that id, with its "@odata.type"; null when there is none.
Json directory_object_json(const Cloud& cloud, const State& state, std::string_view object_id);

// Keeps of what was sent the members that are not among `own`.
void keep_others(JsonObject& body, const Json& sent, std::span<const std::string_view> own);

}  // namespace armature::sandbox::graph
