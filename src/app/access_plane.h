#pragma once
// AccessPlane: identity and access as the gateway needs them, made from the configuration: who
// calls, as whom a call goes on, what it may do, and the record of it. `armature standalone` and
// `armature gateway` both open one.
//
//   Files     DATA_DIR/issuer_keys.json    sign what Armature vouches for its DAGs, 0600
//             DATA_DIR/secret_store.json   client secrets, sealed by DATA_DIR/secrets/store_key,
//             0600
//   Errors    kInvalid: a role or scope of a ceiling or a workload, naming it; those of the
//   database Lifetime  the members stand in the order they need each other; what open() is given
//   outlives it
#include <memory>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/grant.h"
#include "app/config.h"
#include "app/periodic.h"
#include "app/workloads.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "http/client.h"
#include "http/runtime.h"
#include "identity/attempt_credentials.h"
#include "identity/attempt_tokens.h"
#include "identity/oidc_issuer.h"
#include "identity/outside_tokens.h"
#include "identity/secret_store.h"
#include "identity/upstream_tokens.h"
#include "storage/database.h"

namespace armature::app {

struct AccessPlane {
  std::unique_ptr<http::Client> client;
  std::unique_ptr<identity::AttemptTokens> attempts;
  std::unique_ptr<identity::AttemptCredentials> credentials;
  std::unique_ptr<identity::OidcIssuer> issuer;  // set_url() before the first token
  std::unique_ptr<identity::SecretStore> secrets;
  std::unique_ptr<identity::UpstreamTokens> upstream;
  std::unique_ptr<identity::OutsideTokens> outside;
  std::unique_ptr<identity::ClientCertificates> certificates;
  std::unique_ptr<access::GrantStore> grants;
  std::unique_ptr<Workloads> workloads;
  std::unique_ptr<access::AuditLog> audit;
  std::unique_ptr<Periodic> retention;  // of the audit; nothing: all is kept

  struct Source {
    const Config& config;                    // its workloads, data directory and az' environment
    std::vector<IdentityConfig> identities;  // with the sandbox's own
    std::string authority;                   // where their tokens come from
    std::string ca_pem;                      // empty: the system's store
  };
  static Result<std::unique_ptr<AccessPlane>> open(const Source& source, http::Runtime& runtime,
                                                   storage::Database& database, const Clock& clock,
                                                   Random& random, Log& log, Redactor& redactor);
};

}  // namespace armature::app
