#pragma once
// Entra: the sandbox's Entra ID: token endpoints, discovery documents and keys of one tenant, and
// the check of its tokens. The parts are in entra/.
//
//   Paths     /{tenant}/oauth2/token, /{tenant}/oauth2/v2.0/token         token_endpoint.h
//             /{tenant}[/v2.0]/.well-known/openid-configuration           discovery.h
//             /{tenant}/discovery[/v2.0]/keys, /common/discovery/instance
//             {tenant} is its id, its domain, "adfs" (for clients that then ask no other authority
//             about this one) and, for documents, "common" and "organizations"
//   Grants    client_credentials by secret (form or Basic), certificate or federated assertion.
//   What
//             needs a person at a browser is refused with Entra's own codes
//   Tokens    RS256 by keys that turn (identity/token_keys.h); version 1.0 claims for Azure's own
//   services Errors    Entra's body with its AADSTS codes; never says whether the id or the secret
//   was near Threads   any but I/O threads: an outside issuer may have to be asked Source
//   learn.microsoft.com, "OAuth 2.0 client credentials flow", "access token claims"
#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

constexpr std::string_view kTenantDomain = "sandbox.onmicrosoft.com";

bool is_entra_path(std::string_view path);
http::Response entra(Cloud& cloud, const http::Request& request);

// A request's bearer token: signature, one of the tenant's two issuers and the times checked by the
// sandbox's clock; for whom it was made is not: see is_audience() of entra/resources.h.
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
