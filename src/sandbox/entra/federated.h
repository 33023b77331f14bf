#pragma once
// The federated credentials of user-assigned identities: child resources of ARM,
// Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials.
//
//   check   what the provider asks of a PUT: issuer, subject, one audience, a name of 3 to 120
//           characters, twenty per identity, no pair of issuer and subject twice
//   Source  learn.microsoft.com, "workload identity federation considerations"
#include <optional>
#include <string>
#include <vector>

#include "sandbox/arm_call.h"
#include "sandbox/store.h"

namespace armature::sandbox {

std::vector<FederatedCredential> federated_credentials(const State& state,
                                                       const std::string& identity);
bool is_federated_credential(std::string_view type);
std::optional<ArmAnswer> check_federated_credential(const State& state, const std::string& id,
                                                    const Json& body);

constexpr std::size_t kMostFederated = 20;  // of an application, or of an identity

}  // namespace armature::sandbox
