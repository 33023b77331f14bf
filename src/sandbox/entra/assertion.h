#pragma once
// Client assertions: the JWT by which a client proves itself without a secret.
//
//   Two kinds  told apart by the issuer. "iss" is the client itself: signed with a certificate of
//              the application. Any other: signed by an outside issuer that a federated credential
//              of the application or of the user-assigned identity trusts
//   Order      for an outside issuer first match_federated(), then the caller finds the key (which
//              may take a request), then check_federated()
//   Out        nothing, or Entra's refusal
//   Threads    pure functions; everything in the token is hostile
//   Source     learn.microsoft.com, "certificate credentials" and "workload identity federation
//              considerations"
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "identity/jwt.h"
#include "sandbox/entra/aadsts.h"
#include "sandbox/entra/directory_items.h"

namespace armature::sandbox {

struct Assertion {
  std::string text;
  identity::Jwt untrusted;
  std::string issuer;
  std::string key_id;
};
std::optional<Assertion> read_assertion(std::string_view text);

// Which "aud" means this tenant's token endpoint: any of its forms, v1 and v2, with and without the
// path, on one of `hosts` ("localhost:8082"; on loopback any name will do, for the same port).
struct TokenAudience {
  std::vector<std::string> hosts;
  std::vector<std::string> tenants;  // id, domain, "adfs"
  bool means(std::string_view audience) const;
};

std::optional<EntraError> check_certificate(const Assertion& assertion,
                                            const std::string& client_id,
                                            const std::vector<KeyCredential>& keys,
                                            const TokenAudience& audience, Instant now);

std::optional<EntraError> match_federated(const Assertion& assertion,
                                          const std::vector<FederatedCredential>& credentials);
std::optional<EntraError> check_federated(const Assertion& assertion, const std::string& public_pem,
                                          Instant now);

}  // namespace armature::sandbox
