#pragma once
// JSON Web Tokens in compact form: HS256 with a shared key, RS256 and PS256 with an RSA pair.
//
//   decode    splits and parses without trusting anything; the algorithm comes from the caller's
//             key, never from the token's header
//   check     signature, then exp (must be there) and nbf against `now` with `leeway`, then iss and
//             aud when asked for
//   verify_signature  for a token whose claims the caller judges: the signature alone
//   read_untrusted    what a token says of itself, to choose the key by; nothing of it is true yet
//   Errors    kUnauthenticated, saying which check failed; never with the token's text. kInternal:
//             the key is unfit (HS256: fewer than 32 bytes, RS256: no RSA key of 2048 bits)
//   Threads   pure functions
//   Source    RFC 7515, 7519, 8725
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"

namespace armature::identity {

struct Jwt {
  JsonObject header;
  JsonObject claims;
};

struct JwtRules {
  std::string issuer;    // empty: not checked
  std::string audience;  // empty: not checked; matches one of several
  Micros leeway = std::chrono::seconds(60);
};

Result<Secret> sign_hs256(const JsonObject& claims, const Secret& key);
Result<Jwt> verify_hs256(std::string_view token, const Secret& key, const JwtRules& rules,
                         Instant now);

struct RsaKey {
  Secret private_pem;
  std::string public_pem;
  std::string key_id;  // RFC 7638 thumbprint
};
Result<RsaKey> make_rsa_key();
Result<Secret> sign_rs256(const JsonObject& claims, const RsaKey& key);
Result<Jwt> verify_rs256(std::string_view token, const std::string& public_pem,
                         const JwtRules& rules, Instant now);
Json jwk_of(const RsaKey& key);  // {kty,use,kid,n,e,alg}
Result<RsaKey> load_rsa_key(const Secret& private_pem);

enum class RsaAlgorithm { kRs256, kPs256 };
Result<Secret> sign(JsonObject header, const JsonObject& claims, const RsaKey& key,
                    RsaAlgorithm algorithm);  // `alg` and `typ` are set here
Result<Jwt> read_untrusted(std::string_view token);
Result<Jwt> verify_signature(std::string_view token, const std::string& public_pem,
                             RsaAlgorithm algorithm);
// A NumericDate, which may have a fraction.
Result<Instant> date_claim(const JsonObject& claims, std::string_view name);
bool names_audience(const JsonObject& claims, std::string_view audience);
// The key of a JWK {kty: RSA, n, e}: RSA of at least 2048 bits.
Result<std::string> public_pem_of(const Json& jwk);

}  // namespace armature::identity
