#pragma once
// May a caller do this in a vault: by Azure RBAC's data actions or by the vault's access policies,
// as the vault is set.
//
//   Errors    403 Forbidden with the inner codes ForbiddenByRbac or AccessDenied
//   Threads   `state` is read under the store's lock
//   Source    Key Vault RBAC guide; vaults/accessPolicies
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/cloud.h"
#include "sandbox/store.h"

namespace armature::sandbox {

struct DataRight {
  std::string_view action;      // "getSecret/action", after Microsoft.KeyVault/vaults/secrets/
  std::string_view permission;  // "get", of an access policy
};
// `secret` empty: the vault as a whole.
std::optional<ArmAnswer> refuse_data(const Cloud& cloud, const State& state, const Record& vault,
                                     const Caller& caller, const DataRight& right,
                                     std::string_view secret);

// Key Vault's error body; `inner` empty: none.
ArmAnswer vault_error(int status, std::string_view code, const std::string& message,
                      std::string_view inner = "");

}  // namespace armature::sandbox
