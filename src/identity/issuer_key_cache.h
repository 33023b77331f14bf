#pragma once
// The keys of outside issuers, as far as they are known. Inside this room only. A state machine:
// the caller fetches.
//
//   look      a key; or that there is none; or a flight to lead or to wait for
//   land      what the fetch brought, or its error; wakes who waited
//   Threads   any
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace armature::identity {

using KeySet = std::map<std::string, std::string>;  // key id → PEM

class IssuerKeyCache {
 public:
  struct Fetch {
    bool done = false;
    std::vector<std::function<void()>> waiting;
  };
  struct Look {
    std::optional<Result<std::string>> known;
    std::shared_ptr<Fetch> fetch;
    bool leads = false;
  };
  explicit IssuerKeyCache(const Clock& clock) : clock_(clock) {}

  // `last`: a fetch has just ended; what is there must do.
  Look look(const std::string& issuer, const std::string& key_id, bool last);
  void land(const std::string& issuer, Fetch& fetch, Result<KeySet> keys);
  void wait_for(Fetch& fetch, std::function<void()> resume);

 private:
  struct Known {
    KeySet keys;
    std::optional<Instant> at;     // of the last fetch that brought keys
    std::optional<Instant> asked;  // of the last fetch
    std::optional<Error> failure;  // of the last fetch
    std::shared_ptr<Fetch> fetch;
  };
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Known> issuers_;  // those of the configuration alone
};

}  // namespace armature::identity
