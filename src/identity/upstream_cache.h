#pragma once
// What UpstreamTokens remembers: a token per identity, resource and subject, with the request that
// is under way. Inside this room only. Plain state machine; the caller asks and waits.
//
//   take_seat  a token that holds, or a flight to wait for, or the lead of a new one
//   land       the end of a flight: keeps the token, wakes who waited
//   Threads    any
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "base/random.h"
#include "identity/obtain.h"

namespace armature::identity {

using TokenKey = std::tuple<std::string, std::string, std::string>;  // identity, resource, subject

struct Flight {
  std::optional<Result<Secret>> outcome;  // guarded by the cache's mutex
  std::vector<std::function<void()>> waiting;
};

// What a caller does: uses `known`, leads the flight, or waits for its end.
struct Seat {
  std::optional<Result<Secret>> known;
  std::shared_ptr<Flight> flight;
  bool leads = false;
  std::string claims;  // to ask for
};

class UpstreamCache {
 public:
  UpstreamCache(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  // `anew`: what is cached does not count.
  Seat take_seat(const TokenKey& key, bool anew = false);
  void land(const TokenKey& key, Flight& flight, const Result<Obtained>& answer, Instant asked);
  void wait_for(Flight& flight, std::function<void()> resume);
  Result<Secret> outcome_of(const Flight& flight) const;
  std::size_t held() const;  // tokens that have not ended
  void refused(const TokenKey& key, const Secret& token, std::string claims);

 private:
  struct Entry {
    Secret token;  // empty: none
    Instant refresh_at{};
    Instant expires{};
    std::optional<Error> refusal;
    Instant refusal_ends{};
    std::string claims;              // of a challenge that is not answered yet
    std::shared_ptr<Flight> flight;  // set while a request is under way
  };
  const Clock& clock_;
  Random& random_;
  mutable std::mutex mutex_;
  std::map<TokenKey, Entry> entries_;
};

}  // namespace armature::identity
