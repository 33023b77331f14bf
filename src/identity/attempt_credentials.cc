#include "identity/attempt_credentials.h"

#include "identity/attempt_claims.h"
#include "identity/jwt.h"

namespace armature::identity {
namespace {

constexpr std::string_view kIssuer = "armature";
constexpr std::string_view kAudience = "armature-door";
constexpr std::size_t kLongest = 4096;
// A token must end; this one ends with its attempt, or with the key when the process does.
constexpr auto kLength = std::chrono::hours(24 * 366);
constexpr auto kClockStep = std::chrono::seconds(60);

std::int64_t whole_seconds(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

AttemptCredentials::AttemptCredentials(Secret key, const Clock& clock, Random& random)
    : key_(std::move(key)), clock_(clock), random_(random) {}

Result<Secret> AttemptCredentials::issue(const Attempt& attempt) const {
  const Instant now = clock_.now();
  JsonObject claims = claims_of(attempt);
  claims["iss"] = kIssuer;
  claims["aud"] = kAudience;
  claims["nbf"] = whole_seconds(now - kClockStep);
  claims["exp"] = whole_seconds(now + kLength);
  claims["jti"] = random_.uuid();
  return sign_hs256(claims, key_);
}

Result<Attempt> AttemptCredentials::read(std::string_view credential) const {
  if (credential.size() > kLongest) {
    return fail(Code::kUnauthenticated, "the credential is too long");
  }
  const JwtRules rules{std::string(kIssuer), std::string(kAudience), Micros{0}};
  ARMATURE_TRY(const Jwt jwt, verify_hs256(credential, key_, rules, clock_.now()));
  return attempt_in(jwt.claims);
}

}  // namespace armature::identity
