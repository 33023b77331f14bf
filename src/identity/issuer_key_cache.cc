#include "identity/issuer_key_cache.h"

namespace armature::identity {
namespace {

constexpr auto kFresh = std::chrono::hours(1);
constexpr auto kHolds = std::chrono::hours(24);  // while the issuer cannot be reached
constexpr auto kAskAgain = std::chrono::seconds(30);

}  // namespace

IssuerKeyCache::Look IssuerKeyCache::look(const std::string& issuer, const std::string& key_id,
                                          bool last) {
  const std::lock_guard lock(mutex_);
  Known& known = issuers_[issuer];
  const Instant now = clock_.now();
  const auto key = known.keys.find(key_id);
  const bool found = key != known.keys.end() && known.at && now < *known.at + kHolds;
  const bool may_ask = !known.asked || now >= *known.asked + kAskAgain;
  if (found && (now < *known.at + kFresh || !may_ask || last)) return {key->second, nullptr, false};
  if (!may_ask || last) {
    if (known.fetch && !last) return {std::nullopt, known.fetch, false};
    if (known.failure) return {*known.failure, nullptr, false};
    return {fail(Code::kUnauthenticated, "the issuer has no such key"), nullptr, false};
  }
  if (known.fetch) return {std::nullopt, known.fetch, false};
  known.fetch = std::make_shared<Fetch>();
  known.asked = now;
  return {std::nullopt, known.fetch, true};
}

void IssuerKeyCache::land(const std::string& issuer, Fetch& fetch, Result<KeySet> keys) {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    Known& known = issuers_[issuer];
    known.fetch.reset();
    known.failure.reset();
    if (keys) {
      known.keys = *std::move(keys);
      known.at = clock_.now();
    } else {
      known.failure = std::move(keys).error().in("keys of " + issuer);
    }
    fetch.done = true;
    waiting = std::move(fetch.waiting);
  }
  for (const auto& wake : waiting) wake();
}

void IssuerKeyCache::wait_for(Fetch& fetch, std::function<void()> resume) {
  {
    const std::lock_guard lock(mutex_);
    if (!fetch.done) {
      fetch.waiting.push_back(std::move(resume));
      return;
    }
  }
  resume();
}

}  // namespace armature::identity
