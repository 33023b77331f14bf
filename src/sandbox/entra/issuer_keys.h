#pragma once
// IssuerKeys: the public keys of the outside issuers that federated credentials name.
//
//   Fetched   by OpenID discovery, ISSUER/.well-known/openid-configuration and its jwks_uri,
//   through
//             the function that was passed in; kept for ten minutes, and asked for again when a
//             token names a key that is not there, once in ten seconds at most
//   Refused   an issuer that is not https (plain http only on loopback), one whose document names
//             another issuer, more than a hundred keys
//   Errors    kUnavailable: the issuer does not answer as it should; kNotFound: it has no such key
//   Threads   any; blocks while it asks, so never on an I/O thread
//   Source    RFC 8414; learn.microsoft.com, "workload identity federation considerations"
#include <map>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "sandbox/sandbox.h"

namespace armature::sandbox {

class IssuerKeys {
 public:
  IssuerKeys(Fetch fetch, const Clock& clock) : fetch_(std::move(fetch)), clock_(clock) {}

  // The key of that id, as PEM.
  Result<std::string> find(const std::string& issuer, const std::string& key_id);

 private:
  struct Known {
    std::map<std::string, std::string> keys;  // id → PEM
    Instant at;
  };
  Result<Known> ask(const std::string& issuer) const;

  const Fetch fetch_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;
};

}  // namespace armature::sandbox
