#pragma once
// Microsoft.KeyVault in ARM: vaults and their rules, deleted vaults, access policies, and secrets
// as resources.
//
//   read_vaults, change_vaults   answer what is Key Vault's own; nothing: the generic routes do
//   Vaults    are resources like others; a PUT is checked and completed first. Deleted ones stay
//             recoverable (createMode recover) until purged
//   Secrets   in templates are versions in the vault, written without a right in the data plane and
//             never shown; each PUT with a value makes a version, as Azure does
//   Errors    Microsoft.KeyVault's codes and texts
//   Threads   under the store's lock
//   Source    Microsoft.KeyVault 2023-07-01: vaults, accessPolicies, secrets, deletedVaults
#include <optional>

#include "sandbox/cloud.h"
#include "sandbox/store.h"

namespace armature::sandbox {

std::optional<ArmAnswer> read_vaults(const Cloud& cloud, const State& state, const ArmCall& call);
std::optional<ArmAnswer> change_vaults(Cloud& cloud, Change& change, const ArmCall& call);

// vault_body.cc: leaves of a vault's body what Azure keeps of it, or says why not. `old` is null
// for a new vault.
std::optional<ArmAnswer> complete_vault(Json& body, const Json* old);

// access_policies.cc
enum class PolicyChange { kAdd, kReplace, kRemove };
JsonArray change_policies(const JsonArray& policies, const JsonArray& given, PolicyChange how);
ArmAnswer put_access_policies(Cloud& cloud, Change& change, const ArmCall& call);

// secret_resources.cc
ArmAnswer read_secret_resource(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer put_secret_resource(Cloud& cloud, Change& change, const ArmCall& call);
// Is there such a secret in a live vault? For ids that other resources name.
bool is_secret_resource(const State& state, std::string_view id, Instant now);

}  // namespace armature::sandbox
