#pragma once
// Key vaults by name: where they answer, what their settings are, which of them are deleted.
//
//   Names     belong to the whole sandbox: one vault, live or deleted, has one at a time. A deleted
//             vault keeps its name and its secrets until it is purged or its time is over by the
//             sandbox's clock
//   Host      NAME.vault.localhost on the sandbox's port. Names under "localhost" mean loopback
//             (RFC 6761), and clients that compare the challenge with the host are content
//   Threads   under the store's lock, but for the pure functions
//   Source    Key Vault soft-delete overview; Microsoft.KeyVault/vaults
#include <optional>
#include <string>
#include <string_view>

#include "sandbox/cloud.h"
#include "sandbox/store.h"

namespace armature::sandbox {

inline constexpr std::string_view kVaultType = "Microsoft.KeyVault/vaults";
inline constexpr std::string_view kVaultDomain = "vault.localhost";

std::string vault_dns_suffix(const Cloud& cloud);                  // "vault.localhost:8082"
std::string vault_uri(const Cloud& cloud, std::string_view name);  // without a slash at its end
bool is_vault_name(std::string_view name);

struct VaultSettings {
  int retention_days = 90;
  bool purge_protection = false;
  bool rbac = false;
  bool for_template_deployment = false;
  std::string location;

  std::string recovery_level() const;  // "Recoverable+Purgeable" …
};
VaultSettings vault_settings(const Record& vault);

// The live vault of that name, or null.
const Record* find_vault(const State& state, std::string_view name);
// The deleted one that can still be recovered, or null.
const Vault* find_deleted_vault(const State& state, std::string_view name, Instant now);

void register_vault(Change& change, const Record& vault);
// Called for every vault that is deleted, alone or with its group: it stays recoverable.
void retire_vault(Change& change, const Record& vault, Instant now);
// Puts a deleted vault back as it was.
Record recover_vault(Change& change, const Vault& vault);
// The name is free again and the secrets are gone.
void purge_vault(Change& change, std::string_view name);

}  // namespace armature::sandbox
