#pragma once
// UpstreamTokens: the Azure tokens of the identities the server was configured with. Tasks never
// see one: only the gateway asks.
//
//   token     from the cache, or a new one by the identity's credential (upstream_identity.h).
//             Refreshed ahead of expiry, at a moment drawn by lot so that many do not meet; callers
//             that meet share one request. A token that still holds is given when its refresh finds
//             nobody; a refusal is remembered for ten seconds, so that a wrong credential is no
//             flood
//   refused   a resource took the token with 401: it is dropped, and when the answer carries a
//             claims challenge (continuous access evaluation) the next request asks for these
//             claims
//   check     a new token now, whatever the cache holds, and what it says of itself
//   Errors    kNotFound: no identity of that name (with the known ones); kUnavailable: nobody could
//             be reached or is throttling, or a file cannot be read; kUnauthenticated: refused,
//             with the answer's words and no secret; kInvalid: the configuration cannot work
//   Threads   any; the coroutine runs on the runtime's I/O threads
//   Lifetime  what is passed in outlives it
//   Source    learn.microsoft.com, "OAuth 2.0 client credentials flow"
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/client.h"
#include "http/task.h"
#include "identity/oidc_issuer.h"
#include "identity/upstream_identity.h"

namespace armature::identity {

struct TokenAsk {
  std::string identity;
  std::string resource;
  std::optional<Principal> who = {};  // federation tells Entra; no other kind does
};

struct IdentityCheck {
  std::string name;
  std::string kind;
  std::string subject;  // that federation named
  Status outcome = Ok{};
  std::string oid, appid, tid;             // of the token, when it can be read
  std::optional<Instant> token_ends;       // nothing: there is none
  std::optional<Instant> credential_ends;  // nothing: it cannot be known here
  std::string advice;                      // what to do; "" when all is well
};

struct UpstreamOptions {
  OidcIssuer* issuer = nullptr;
  std::function<Result<Secret>(const std::string& name)> stored_secret;
  std::function<Result<std::string>(const std::vector<std::string>& arguments)> run_program;
  Log* log = nullptr;  // told of credentials that end within thirty days, once a day each
};

class UpstreamTokens {
 public:
  UpstreamTokens(http::Runtime& runtime, http::Client& client, const Clock& clock, Random& random,
                 Redactor& redactor, std::vector<UpstreamIdentity> identities,
                 UpstreamOptions options = {});
  ~UpstreamTokens();
  http::Task<Result<Secret>> token(TokenAsk ask);
  void refused(const TokenAsk& ask, const Secret& token, const http::Headers& answer);
  http::Task<IdentityCheck> check(TokenAsk ask);
  IdentityCheck check_and_wait(TokenAsk ask);  // never from an I/O thread
  std::size_t cached() const;                  // tokens that still hold
  std::vector<std::string> names() const;
  std::string kind(const std::string& name) const;  // "" for no identity of that name

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace armature::identity
