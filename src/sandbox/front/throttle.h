#pragma once
// Throttle: ARM's token buckets, per principal, scope and kind of operation.
//
//   Buckets   subscription and tenant, reads 250 refilled by 25 a second, writes and deletes 200 by
//             10; over all principals of a subscription fifteen times that
//   Out       what is left, for the x-ms-ratelimit-remaining-* headers, or the 429 with Retry-After
//   Off       without limits(true) nothing is refused and the buckets stay full, less the one call
//   Counted   calls that come over HTTP with a token; a deployment's own calls do not
//   Source    request-limits-and-throttling page
//   Threads   any
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "sandbox/arm_call.h"

namespace armature::sandbox {

class Throttle {
 public:
  Throttle(const Clock& clock, bool limits) : clock_(clock), limits_(limits) {}

  struct Outcome {
    std::vector<std::pair<std::string, std::string>> headers;
    std::optional<ArmAnswer> refusal;
  };
  Outcome take(const ArmCall& call);
  void limits(bool on);

 private:
  struct Bucket {
    double tokens = 0;
    Instant filled;
  };
  struct Size {
    double most = 0;
    double per_second = 0;
  };
  Bucket& filled(const std::string& key, const Size& size, Instant now);

  const Clock& clock_;
  std::mutex mutex_;
  bool limits_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace armature::sandbox
