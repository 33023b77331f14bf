#include "identity/attempt_tokens.h"

#include <algorithm>

#include "base/crypto.h"
#include "identity/attempt_claims.h"
#include "identity/jwt.h"

namespace armature::identity {
namespace {

constexpr std::string_view kIssuer = "armature";
constexpr std::string_view kAudience = "armature-gateway";
// The same clock makes and checks a token, yet it may be set back a little in between.
constexpr std::chrono::seconds kClockStep{60};
constexpr std::size_t kMostHeld = 4'096;

std::int64_t whole_seconds(Instant at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

Error refuse(const char* why) { return fail(Code::kUnauthenticated, why); }

}  // namespace

AttemptTokens::AttemptTokens(Secret key, const Clock& clock, Random& random)
    : key_(std::move(key)), clock_(clock), random_(random) {}

Result<Secret> AttemptTokens::issue(const Attempt& attempt, Micros time_to_live,
                                    const ActsAs& acts_as) {
  const Instant now = clock_.now();
  const Instant expiry = now + time_to_live;
  JsonObject claims = claims_of(attempt);
  claims["iss"] = kIssuer;
  claims["aud"] = kAudience;
  if (!acts_as.tenant_id.empty()) claims["tid"] = acts_as.tenant_id;
  if (!acts_as.client_id.empty()) claims["appid"] = acts_as.client_id;
  claims["iat"] = whole_seconds(now);
  claims["nbf"] = whole_seconds(now - kClockStep);
  claims["exp"] = whole_seconds(expiry);
  claims["jti"] = random_.uuid();
  if (time_to_live <= Micros{0}) return fail(Code::kInvalid, "a token needs time to live");
  // Signed before anything changes: a failure must not revoke the attempt before.
  ARMATURE_TRY(Secret token, sign_hs256(claims, key_));

  const std::lock_guard lock(mutex_);
  forget_expired();
  const auto found = current_.find(attempt.key);
  if (found == current_.end()) {
    current_.emplace(attempt.key, Current{attempt.fence, true, expiry});
    return token;
  }
  Current& current = found->second;
  if (current.fence > attempt.fence) {
    return fail(Code::kConflict, to_string(attempt.key) + ": a newer attempt has a token");
  }
  if (current.fence == attempt.fence && !current.live) {
    return fail(Code::kConflict, to_string(attempt.key) + ": the attempt has ended");
  }
  const Instant last = std::max(current.last_expiry, expiry);
  current = {attempt.fence, true, last};
  return token;
}

// What the token's bytes alone decide, and the time.
Result<Attempt> AttemptTokens::read(std::string_view token) const {
  const Instant now = clock_.now();
  std::string digest = sha256(token);
  {
    const std::lock_guard lock(mutex_);
    const auto held = held_.find(digest);
    if (held != held_.end() && held->second.from <= now && now < held->second.until) {
      return held->second.attempt;
    }
  }
  const JwtRules rules{std::string(kIssuer), std::string(kAudience), Micros{0}};
  ARMATURE_TRY(const Jwt jwt, verify_hs256(token, key_, rules, now));
  ARMATURE_TRY(Attempt attempt, attempt_in(jwt.claims));
  ARMATURE_TRY(const Instant from, date_claim(jwt.claims, "nbf"));
  ARMATURE_TRY(const Instant until, date_claim(jwt.claims, "exp"));
  const std::lock_guard lock(mutex_);
  remember(std::move(digest), {attempt, from, until});
  return attempt;
}

void AttemptTokens::remember(std::string digest, Held held) const {
  if (held_.size() >= kMostHeld) {
    const Instant now = clock_.now();
    std::erase_if(held_, [&](const auto& one) { return one.second.until <= now; });
  }
  if (held_.size() < kMostHeld) held_.insert_or_assign(std::move(digest), std::move(held));
}

Result<Attempt> AttemptTokens::verify(std::string_view token) const {
  ARMATURE_TRY(Attempt attempt, read(token));
  const std::lock_guard lock(mutex_);
  const auto found = current_.find(attempt.key);
  if (found == current_.end()) return refuse("token is of a task that this server did not start");
  if (found->second.fence != attempt.fence) return refuse("a newer attempt of the task has begun");
  if (!found->second.live) return refuse("the attempt has ended");
  return attempt;
}

void AttemptTokens::revoke(const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  const auto found = current_.find(attempt.key);
  if (found != current_.end() && found->second.fence == attempt.fence) found->second.live = false;
}

// An entry is of use while a token of its task could still pass the check of times. Rare and over
// everything, so its cost per token stays constant.
void AttemptTokens::forget_expired() {
  if (current_.size() < crowded_) return;
  const Instant before = clock_.now() - kClockStep;
  std::erase_if(current_, [&](const auto& entry) { return entry.second.last_expiry < before; });
  crowded_ = std::max<std::size_t>(1'024, current_.size() * 2);
}

}  // namespace armature::identity
