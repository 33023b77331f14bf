#pragma once
// Entra: the token endpoint of Entra ID for client credentials, and the check of its own tokens.
//
//   Grants    client_credentials with client_secret, in the form or as Basic authorization
//   Tokens    RS256, version 1.0 claims as ARM gets them. The key is made at each start and never
//             stored: tokens end with the process, clients ask again after the 401
//   Errors    Entra's body with its AADSTS codes; never says whether the id or the secret was near
//   Threads   any
//   Source    learn.microsoft.com, "OAuth 2.0 client credentials flow", "access token claims"
#include <optional>
#include <string>

#include "http/message.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

// Is the path one of Entra's? "/{tenant}/oauth2/…", "/{tenant}/…/.well-known/…", "…/discovery/…"
bool is_entra_path(std::string_view path);
http::Response entra(Cloud& cloud, const http::Request& request);

// A request's bearer token, signature, issuer and times checked; for whom it was made is not.
struct BearerToken {
  enum class Flaw { kNone, kMissing, kNoBearer, kInvalid, kIssuer, kExpired, kNotYet };
  Flaw flaw = Flaw::kNone;
  Json claims;  // null when it could not be read
};
BearerToken read_token(const Cloud& cloud, const http::Request& request);
Caller caller_of(const Json& claims);

// The caller of a request to ARM, or ARM's 401.
struct TokenCheck {
  std::optional<Caller> caller;
  http::Response refusal;
};
TokenCheck check_token(const Cloud& cloud, const http::Request& request);

}  // namespace armature::sandbox
