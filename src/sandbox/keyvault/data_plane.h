#pragma once
// The data plane of Key Vault: HTTP to secrets, as the clients of Azure speak it.
//
//   Addresses  https://NAME.vault.localhost:PORT/secrets/…; the same under NAME.vault.azure.net for
//              clients that come through a proxy; and /keyvault/NAME/secrets/… on any host, for
//              clients that cannot resolve the name. Ids are always of the first form
//   Order      token (401 with a challenge), vault, api-version, route, right, then the effect
//   Errors     Key Vault's own: {error: {code, message, innererror?}}
//   Not here   keys, certificates, storage accounts: 501
//   Threads    any; never on an I/O thread
//   Source     Key Vault REST API reference, api-versions 7.0 to 7.6 and those that are dates
#include <optional>
#include <string>

#include "http/message.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

struct VaultAddress {
  std::string name;      // of the vault, lower case
  std::string target;    // path?query inside the vault
  std::string base;      // as the client named the vault: for links that it will follow
  std::string uri;       // the vault's own, for ids
  std::string resource;  // what the client's token must be for: the challenge
};
// Nothing: the request is not for a vault.
std::optional<VaultAddress> vault_address(const Cloud& cloud, const http::Request& request);

http::Response serve_vault(Cloud& cloud, const http::Request& request, const VaultAddress& to);

}  // namespace armature::sandbox
