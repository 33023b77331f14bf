#include "identity/upstream_cache.h"

#include <algorithm>

namespace armature::identity {
namespace {

constexpr Micros kAhead = std::chrono::minutes(5);
constexpr double kLot = 0.2;  // of that time, drawn by lot
constexpr Micros kAfterFailure = std::chrono::seconds(30);
constexpr Micros kRefusalHolds = std::chrono::seconds(10);

Micros times(Micros length, double factor) {
  return Micros(static_cast<std::int64_t>(static_cast<double>(length.count()) * factor));
}

}  // namespace

Seat UpstreamCache::take_seat(const TokenKey& key, bool anew) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  const Instant now = clock_.now();
  if (!anew) {
    const bool holds = !entry.token.empty() && now < entry.expires;
    // While another caller refreshes, a token that still holds is good enough.
    if (holds && (now < entry.refresh_at || entry.flight)) {
      return {entry.token, nullptr, false, ""};
    }
    if (!entry.flight && entry.refusal && now < entry.refusal_ends) {
      return {*entry.refusal, nullptr, false, ""};
    }
  }
  if (entry.flight) return {std::nullopt, entry.flight, false, ""};
  entry.flight = std::make_shared<Flight>();
  return {std::nullopt, entry.flight, true, entry.claims};
}

void UpstreamCache::land(const TokenKey& key, Flight& flight, const Result<Obtained>& answer,
                         Instant asked) {
  std::vector<std::function<void()>> waiting;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[key];
    entry.flight.reset();
    const Instant now = clock_.now();
    if (answer) {
      const Micros lifetime = answer->answer.lifetime;
      entry.token = answer->answer.token;
      entry.expires = asked + lifetime;
      const Micros ahead = std::min(kAhead, lifetime / 2);
      entry.refresh_at = entry.expires - times(ahead, 1 + kLot * random_.unit());
      entry.refusal.reset();
      entry.claims.clear();
      flight.outcome.emplace(entry.token);
    } else if (answer.error().code == Code::kUnavailable && !entry.token.empty() &&
               now < entry.expires) {
      entry.refresh_at = now + kAfterFailure;
      flight.outcome.emplace(entry.token);
    } else {
      Error error = Error(answer.error())
                        .in("token of identity " + std::get<0>(key) + " for " + std::get<1>(key));
      if (error.code != Code::kUnavailable) {
        entry.refusal = error;
        entry.claims.clear();
        entry.refusal_ends = now + kRefusalHolds;
      }
      flight.outcome.emplace(std::move(error));
    }
    waiting = std::move(flight.waiting);
  }
  for (const auto& wake : waiting) wake();
}

void UpstreamCache::wait_for(Flight& flight, std::function<void()> resume) {
  {
    const std::lock_guard lock(mutex_);
    if (!flight.outcome) {
      flight.waiting.push_back(std::move(resume));
      return;
    }
  }
  resume();
}

Result<Secret> UpstreamCache::outcome_of(const Flight& flight) const {
  const std::lock_guard lock(mutex_);
  return *flight.outcome;
}

std::size_t UpstreamCache::held() const {
  const std::lock_guard lock(mutex_);
  const Instant now = clock_.now();
  return static_cast<std::size_t>(std::ranges::count_if(entries_, [&](const auto& entry) {
    return !entry.second.token.empty() && now < entry.second.expires;
  }));
}

void UpstreamCache::refused(const TokenKey& key, const Secret& token, std::string claims) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  // Many calls may be refused with one token; only the first may drop it.
  if (entry.token.reveal() != token.reveal()) return;
  entry.token = Secret();
  entry.claims = std::move(claims);
}

}  // namespace armature::identity
