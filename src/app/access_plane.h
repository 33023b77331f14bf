#pragma once
// AccessPlane: identity and access as the gateway needs them, made from the configuration: who
// calls, as whom a call goes on, what it may do, and the record of it. `armature standalone` and
// `armature gateway` both open one.
//
//   Errors    kInvalid: a role or scope of a ceiling, naming the identity; those of the database
//   Lifetime  the members stand in the order they need each other; what open() is given outlives it
#include <memory>
#include <string>
#include <vector>

#include "access/audit.h"
#include "access/grant.h"
#include "app/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "http/client.h"
#include "http/runtime.h"
#include "identity/attempt_credentials.h"
#include "identity/attempt_tokens.h"
#include "identity/upstream_tokens.h"
#include "storage/database.h"

namespace armature::app {

struct AccessPlane {
  std::unique_ptr<http::Client> client;
  std::unique_ptr<identity::AttemptTokens> attempts;
  std::unique_ptr<identity::AttemptCredentials> credentials;
  std::unique_ptr<identity::UpstreamTokens> upstream;
  std::unique_ptr<access::GrantStore> grants;
  std::unique_ptr<access::AuditLog> audit;

  struct Source {
    std::vector<IdentityConfig> identities;
    std::string authority;  // where their tokens come from
    std::string ca_pem;     // empty: the system's store
  };
  static Result<std::unique_ptr<AccessPlane>> open(const Source& source, http::Runtime& runtime,
                                                   storage::Database& database, const Clock& clock,
                                                   Random& random, Redactor& redactor);
};

}  // namespace armature::app
