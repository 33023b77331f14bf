#include "sandbox/front/throttle.h"

#include <algorithm>
#include <cmath>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

constexpr double kAllPrincipals = 15;
// A bucket that nobody took from for so long is full: it need not be remembered.
constexpr std::size_t kMostBuckets = 10'000;

const char* kind_of(const std::string& method) {
  if (method == "GET" || method == "HEAD") return "reads";
  return method == "DELETE" ? "deletes" : "writes";
}

std::string shown(double tokens) {
  return std::to_string(static_cast<std::int64_t>(std::max(0.0, std::floor(tokens))));
}

}  // namespace

Throttle::Bucket& Throttle::filled(const std::string& key, const Size& size, Instant now) {
  const auto [at, is_new] = buckets_.try_emplace(key, Bucket{size.most, now});
  Bucket& bucket = at->second;
  if (now > bucket.filled) {
    const double seconds = std::chrono::duration<double>(now - bucket.filled).count();
    bucket.tokens = std::min(size.most, bucket.tokens + seconds * size.per_second);
  }
  bucket.filled = now;
  return bucket;
}

Throttle::Outcome Throttle::take(const ArmCall& call) {
  const std::string kind = kind_of(call.op.method);
  const Size own = kind == "reads" ? Size{250, 25} : Size{200, 10};
  const Size all{own.most * kAllPrincipals, own.per_second * kAllPrincipals};
  const auto& head = call.at.head;
  const bool subscription = head.size() > 1 && equal_ci(head[0], "subscriptions");
  const std::string scope = subscription ? to_lower(head[1]) : "";
  const std::string name =
      "x-ms-ratelimit-remaining-" + std::string(subscription ? "subscription" : "tenant") + "-";
  Outcome out;
  const std::scoped_lock lock(mutex_);
  if (!limits_) {
    out.headers.emplace_back(name + kind, shown(own.most - 1));
    if (subscription) out.headers.emplace_back(name + "global-" + kind, shown(all.most - 1));
    return out;
  }
  const Instant now = clock_.now();
  if (buckets_.size() > kMostBuckets) buckets_.clear();
  Bucket& mine = filled(call.caller.object_id + "|" + scope + "|" + kind, own, now);
  Bucket& everyone = filled("|" + scope + "|" + kind, all, now);
  const bool short_of_mine = mine.tokens < 1;
  if (!short_of_mine && everyone.tokens >= 1) {
    mine.tokens -= 1;
    everyone.tokens -= 1;
  } else {
    const double wait =
        short_of_mine ? (1 - mine.tokens) / own.per_second : (1 - everyone.tokens) / all.per_second;
    const std::string seconds = std::to_string(std::max(1, static_cast<int>(std::ceil(wait))));
    const std::string what = subscription ? "subscription '" + head[1] + "'" : "tenant";
    out.refusal =
        refuse(429, subscription ? "SubscriptionRequestsThrottled" : "TenantRequestsThrottled",
               "Number of requests for " + what + " and operation '" + call.op.action +
                   "' exceeded the backend storage limit. Please try again after '" + seconds +
                   "' seconds.");
    out.refusal->headers.set("Retry-After", seconds);
  }
  out.headers.emplace_back(name + kind, shown(mine.tokens));
  if (subscription) out.headers.emplace_back(name + "global-" + kind, shown(everyone.tokens));
  return out;
}

void Throttle::limits(bool on) {
  const std::scoped_lock lock(mutex_);
  limits_ = on;
  buckets_.clear();
}

}  // namespace armature::sandbox
