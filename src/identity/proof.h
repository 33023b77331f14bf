#pragma once
// How an application proves itself to Entra: what goes into the token request. Inside this room
// only.
//
//   prove     reads the credential where it is kept, each time: a changed file counts from the next
//             request on. Blocks on files: never on an I/O thread
//   ends      of the credential, where it can be known: the certificate's, the federated token's
//   Errors    kUnavailable: a file that cannot be read (somebody may be writing it); kInvalid: it
//             holds something else; kUnauthenticated: it has ended. Files are named, contents never
//   Source    learn.microsoft.com, "certificate credentials", "client credentials flow"
#include <optional>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "identity/oidc_issuer.h"
#include "identity/upstream_identity.h"

namespace armature::identity {

struct Proof {
  Secret client_secret;  // or
  Secret assertion;
  std::optional<Instant> ends;
};

struct ProofSources {
  const Clock& clock;
  Random& random;
  OidcIssuer* issuer = nullptr;
  std::function<Result<Secret>(const std::string& name)> stored_secret;
};

std::string token_endpoint(const UpstreamIdentity& identity);
// `fetched`: of a VaultSecret, whose value takes requests of its own.
Result<Proof> prove(const UpstreamIdentity& identity, const std::optional<Principal>& who,
                    const Secret& fetched, const ProofSources& sources);
// The body of the client credentials grant.
std::string token_form(const UpstreamIdentity& identity, const Proof& proof,
                       const std::string& resource, const std::string& claims);

}  // namespace armature::identity
