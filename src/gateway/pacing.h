#pragma once
// Pacer: ARM's token buckets, mirrored, so that our tasks neither run into ARM's throttling nor use
// up what others at the same subscription need.
//
//   Buckets   one per subscription × identity × budget, full at first; a fifth of it is kept for
//             polls of running operations
//   Shares    DAGs that are active at a bucket share its rate evenly: one that asks for more waits,
//             also while there is still something left for the others
//   Learning  x-ms-ratelimit-remaining-{subscription,tenant}-* lowers a bucket to what ARM says; a
//             429 with Retry-After closes it until then. A 429 of a resource provider's own limit
//             (x-ms-ratelimit-remaining-resource) is no word about these buckets
//   Waiting   a Place is taken before each send; take() says how long to wait before asking again,
//             the queue of the same DAG included, so that whoever cannot be served in time is told
//             so at once
//   Threads   any
//   Source    request-limits-and-throttling: reads 250 and 25 a second, writes and deletes 200 and
//             10 a second
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "arm/long_running.h"
#include "base/clock.h"
#include "gateway/gateway.h"
#include "gateway/lane.h"

namespace armature::gateway {

struct Rate {
  double size;
  double per_second;
};

struct PacingRules {
  Rate reads{250, 25};
  Rate writes{200, 10};
  Rate deletes{200, 10};
  double kept_for_polls = 0.2;
  Micros active = std::chrono::seconds(10);  // how long a DAG counts after its last request
};

// What an answer of ARM says about a bucket. Pure.
struct Said {
  std::optional<double> remaining;
  std::optional<Micros> closed_for;
};
Said read_limits(Budget budget, int status, const arm::HeaderLookup& header, Instant now);

class Pacer;
std::unique_ptr<Pacer> pacer_for(const Options& options);  // null: requests go as they come

class Pacer {
 public:
  explicit Pacer(PacingRules rules) : rules_(rules) {}

  class Place {
   public:
    Place(Pacer& pacer, const Lane& lane) : pacer_(pacer), lane_(lane) {}
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    // Zero: go, a token was taken. Else: ask again after that long.
    Micros take(Ticks now);

   private:
    Pacer& pacer_;
    const Lane& lane_;
    bool waits_ = false;
  };

  void learn(const Lane& lane, const Said& said, Ticks now);

 private:
  struct Share {
    double tokens = 0;
    Ticks at{};
    int waiting = 0;
  };
  struct Bucket {
    double tokens = 0;
    Ticks at{};
    Ticks closed_until{};
    std::map<std::string, Share> shares;  // by DAG
  };
  const Rate& rate_of(Budget budget) const;
  Bucket& refilled(const Lane& lane, Ticks now);
  Share& share_of(Bucket& bucket, const Lane& lane, Ticks now);
  void forget_idle(Ticks now);

  const PacingRules rules_;
  std::mutex mutex_;
  std::map<std::string, Bucket> buckets_;
  std::size_t crowded_ = 1'024;  // look for buckets to forget at this size
};

}  // namespace armature::gateway
