#pragma once
// OutsideTokens: tokens of outside workloads (GitHub Actions, Kubernetes, another Airflow, Entra),
// by OpenID issuers that the configuration trusts.
//
//   verify    RS256 by a key of the issuer; iss and aud letter by letter, exp and nbf; then the
//   first
//             trust whose claims all match (trust.h). Deny by default: an issuer that no trust
//             names is never asked for anything. What held is remembered, by the token's digest,
//             for five minutes at most
//   Keys      by discovery, over TLS; kept for an hour, and asked for again when a token names a
//   key
//             that is not there, once in thirty seconds at most: made-up key ids are no flood.
//             Callers that meet share one request. Keys that are at hand hold for a day when the
//             issuer cannot be reached
//   Errors    kUnauthenticated: which check failed, never with the token's text; kUnavailable: the
//             issuer's keys cannot be had
//   Threads   any; the coroutine runs on the runtime's I/O threads
//   Lifetime  client and clock outlive it
//   Source    RFC 7519, RFC 8725; OpenID Connect Discovery 1.0
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "http/task.h"
#include "identity/principal.h"
#include "identity/trust.h"

namespace armature::identity {

class OutsideTokens {
 public:
  OutsideTokens(http::Client& client, const Clock& clock, std::vector<Trust> trusts = {});
  ~OutsideTokens();
  // From now on these; what held by those before is looked at again.
  void trust(std::vector<Trust> trusts);
  // Who verify() would name, when the token held before and still counts: nothing to wait for.
  std::optional<Principal> known(std::string_view token) const;
  http::Task<Result<Principal>> verify(std::string token);
  std::size_t remembered() const;  // tokens that held and are not looked at again yet
  // Whether the token names an issuer that is trusted: a cheap look, nothing of it is true yet.
  bool may_be_ours(std::string_view token) const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace armature::identity
