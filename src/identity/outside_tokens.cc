#include "identity/outside_tokens.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include "base/crypto.h"
#include "identity/issuer_key_cache.h"
#include "identity/jwt.h"
#include "identity/key_set.h"

namespace armature::identity {
namespace {

constexpr Micros kTimeout = std::chrono::seconds(10);
constexpr std::size_t kLongestSubject = 256;  // in records
constexpr std::size_t kMostVerified = 1'024;
// Not for as long as the token lives: a key that its issuer withdrew should soon count no more.
constexpr auto kRemembered = std::chrono::minutes(5);

// How every attempt's token begins: {"alg":"HS256"
constexpr std::string_view kAttempt = "eyJhbGciOiJIUzI1NiI";

struct Vouched {
  Principal who;
  Instant until;
};

Error refuse(std::string why) { return fail(Code::kUnauthenticated, std::move(why)); }

http::Task<Result<std::string>> get(http::Client* client, std::string url) {
  http::Request request;
  request.target = std::move(url);
  request.headers.set("Accept", "application/json");
  http::Outcome outcome = co_await http::send(*client, std::move(request), kTimeout);
  if (!outcome.response) co_return std::move(outcome.response).error();
  if (outcome.response->status != 200) {
    co_return fail(Code::kUnavailable,
                   "the issuer answers HTTP " + std::to_string(outcome.response->status));
  }
  co_return std::move(outcome.response->body);
}

http::Task<Result<KeySet>> fetch_keys(http::Client* client, std::string issuer) {
  std::string configuration = configuration_url(issuer);
  Result<std::string> document = co_await get(client, std::move(configuration));
  if (!document) co_return std::move(document).error();
  auto address = read_jwks_uri(*document, issuer);
  if (!address) co_return std::move(address).error();
  Result<std::string> set = co_await get(client, *std::move(address));
  if (!set) co_return std::move(set).error();
  co_return read_key_set(*set);
}

}  // namespace

struct OutsideTokens::Impl {
  Impl(http::Client& outside, const Clock& time, std::vector<Trust> trusted)
      : client(outside),
        clock(time),
        current(std::make_shared<const std::vector<Trust>>(std::move(trusted))),
        cache(time) {}

  http::Client& client;
  const Clock& clock;
  using Trusts = std::shared_ptr<const std::vector<Trust>>;
  Trusts current;  // under the mutex
  IssuerKeyCache cache;
  mutable std::mutex mutex;
  std::map<std::string, Vouched> verified;  // by SHA-256 of the token

  Trusts trusted() const {
    const std::lock_guard lock(mutex);
    return current;
  }

  void trust(std::vector<Trust> now) {
    auto fresh = std::make_shared<const std::vector<Trust>>(std::move(now));
    const std::lock_guard lock(mutex);
    current = std::move(fresh);
    verified.clear();
  }

  std::optional<Principal> remembered(const std::string& digest) const {
    const std::lock_guard lock(mutex);
    const auto found = verified.find(digest);
    if (found == verified.end() || clock.now() >= found->second.until) return std::nullopt;
    return found->second.who;
  }

  // Not what was vouched for by trusts that no longer are.
  void remember(const std::string& digest, const Vouched& vouched, const Trusts& by) {
    const std::lock_guard lock(mutex);
    if (by != current) return;
    if (verified.size() >= kMostVerified) {
      std::erase_if(verified, [&](const auto& one) { return clock.now() >= one.second.until; });
    }
    if (verified.size() < kMostVerified) verified.insert_or_assign(digest, vouched);
  }

  static bool knows(const Trusts& trusts, const std::string& issuer) {
    return std::ranges::find(*trusts, issuer, &Trust::issuer) != trusts->end();
  }

  static http::Task<Result<std::string>> key(std::shared_ptr<Impl> self, std::string issuer,
                                             std::string key_id);
  static http::Task<Result<Principal>> verify(std::shared_ptr<Impl> self, std::string token);
  Result<Vouched> judge(std::string_view token, const std::string& pem, const std::string& issuer,
                        const Trusts& trusts) const;
};

// `self` by value: a request may be under way when the owner lets go.
http::Task<Result<std::string>> OutsideTokens::Impl::key(std::shared_ptr<Impl> self,
                                                         std::string issuer, std::string key_id) {
  IssuerKeyCache::Look look = self->cache.look(issuer, key_id, false);
  if (look.known) co_return *std::move(look.known);
  if (look.leads) {
    Result<KeySet> keys = fail(Code::kInternal, "the request broke off");
    try {
      keys = co_await fetch_keys(&self->client, issuer);
    } catch (const std::exception&) {
      // The fetch must land all the same: others wait for it.
    }
    self->cache.land(issuer, *look.fetch, std::move(keys));
  } else {
    std::function<void(std::function<void()>)> wait = [&](std::function<void()> resume) {
      self->cache.wait_for(*look.fetch, std::move(resume));
    };
    co_await http::until(std::move(wait));
  }
  look = self->cache.look(issuer, key_id, true);
  co_return *std::move(look.known);
}

Result<Vouched> OutsideTokens::Impl::judge(std::string_view token, const std::string& pem,
                                           const std::string& issuer, const Trusts& trusts) const {
  ARMATURE_TRY(const Jwt jwt, verify_rs256(token, pem, {issuer, ""}, clock.now()));
  const Trust* trust = find_trust(*trusts, jwt.claims);
  if (!trust) return refuse("no workload is trusted with these claims");
  ARMATURE_TRY(Attempt attempt, workload_attempt(trust->name));
  const std::string subject = text_at(jwt.claims, "sub").substr(0, kLongestSubject);
  ARMATURE_TRY(const Instant expires, date_claim(jwt.claims, "exp"));
  Principal who{
      std::move(attempt), Workload{trust->name, issuer, subject}
  };
  return Vouched{std::move(who), std::min<Instant>(expires, clock.now() + kRemembered)};
}

http::Task<Result<Principal>> OutsideTokens::Impl::verify(std::shared_ptr<Impl> self,
                                                          std::string token) {
  const std::string digest = sha256(token);
  auto known = self->remembered(digest);
  if (known) co_return *std::move(known);
  const auto untrusted = read_untrusted(token);
  if (!untrusted) co_return untrusted.error();
  const std::string issuer = text_at(untrusted->claims, "iss");
  const Trusts trusts = self->trusted();
  if (!knows(trusts, issuer)) co_return refuse("the token's issuer is not trusted");
  std::string key_id = text_at(untrusted->header, "kid");
  std::string copy = issuer;
  Result<std::string> pem = co_await key(self, std::move(copy), std::move(key_id));
  if (!pem) co_return std::move(pem).error();
  const auto vouched = self->judge(token, *pem, issuer, trusts);
  if (!vouched) co_return vouched.error();
  self->remember(digest, *vouched, trusts);
  co_return vouched->who;
}

OutsideTokens::OutsideTokens(http::Client& client, const Clock& clock, std::vector<Trust> trusts)
    : impl_(std::make_shared<Impl>(client, clock, std::move(trusts))) {}
OutsideTokens::~OutsideTokens() = default;

http::Task<Result<Principal>> OutsideTokens::verify(std::string token) {
  return Impl::verify(impl_, std::move(token));
}

void OutsideTokens::trust(std::vector<Trust> trusts) { impl_->trust(std::move(trusts)); }

std::size_t OutsideTokens::remembered() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->verified.size();
}

std::optional<Principal> OutsideTokens::known(std::string_view token) const {
  if (token.starts_with(kAttempt)) return std::nullopt;
  return impl_->remembered(sha256(token));
}

bool OutsideTokens::may_be_ours(std::string_view token) const {
  const Impl::Trusts trusts = impl_->trusted();
  if (trusts->empty() || token.starts_with(kAttempt)) return false;
  const auto untrusted = read_untrusted(token);
  return untrusted && Impl::knows(trusts, text_at(untrusted->claims, "iss"));
}

}  // namespace armature::identity
