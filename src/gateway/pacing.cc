#include "gateway/pacing.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"

namespace armature::gateway {
namespace {

const std::string kResourceManagers[] = {"management.azure.com", "management.usgovcloudapi.net",
                                         "management.chinacloudapi.cn"};
constexpr Micros kShortest = std::chrono::milliseconds(1);
constexpr Micros kLongestClosed = std::chrono::hours(1);

double seconds(Micros length) { return std::chrono::duration<double>(length).count(); }

Micros time_for(double tokens, double per_second) {
  const auto wait = Micros{static_cast<std::int64_t>(tokens / per_second * 1e6)};
  return std::max(wait, kShortest);
}

std::string_view plural(Budget budget) {
  if (budget == Budget::kReads) return "reads";
  return budget == Budget::kDeletes ? "deletes" : "writes";
}

std::string key_of(const Lane& lane) {
  return lane.subscription + "\n" + lane.identity + "\n" + std::string(plural(lane.budget));
}

std::optional<double> number(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < 0) return std::nullopt;
  return static_cast<double>(value);
}

bool is_azure(const std::string& url) {
  const auto parsed = http::parse_url(url);
  return parsed && std::ranges::any_of(kResourceManagers, [&](const std::string& host) {
           return equal_ci(parsed->host, host) || ends_with_ci(parsed->host, "." + host);
         });
}

}  // namespace

Pacing pacing_of(std::string_view word) {
  if (word == "on") return Pacing::kOn;
  return word == "off" ? Pacing::kOff : Pacing::kAuto;
}

std::unique_ptr<Pacer> pacer_for(const Options& options) {
  const bool automatic = options.pacing == Pacing::kAuto && is_azure(options.upstream_url);
  if (options.pacing != Pacing::kOn && !automatic) return nullptr;
  return std::make_unique<Pacer>(PacingRules{});
}

Said read_limits(Budget budget, int status, const arm::HeaderLookup& header, Instant now) {
  Said said;
  for (const char* whose : {"subscription", "tenant"}) {
    const auto left = number(header("x-ms-ratelimit-remaining-" + std::string(whose) + "-" +
                                    std::string(plural(budget))));
    if (left) said.remaining = std::min(*left, said.remaining.value_or(*left));
  }
  if (status != 429 || header("x-ms-ratelimit-remaining-resource")) return said;
  if (const auto after = arm::retry_after(header, now)) {
    said.closed_for = std::min(*after, kLongestClosed);
  }
  return said;
}

const Rate& Pacer::rate_of(Budget budget) const {
  if (budget == Budget::kReads) return rules_.reads;
  return budget == Budget::kDeletes ? rules_.deletes : rules_.writes;
}

Pacer::Bucket& Pacer::refilled(const Lane& lane, Ticks now) {
  const Rate& rate = rate_of(lane.budget);
  const auto [found, is_new] = buckets_.try_emplace(key_of(lane));
  Bucket& bucket = found->second;
  if (is_new) {
    bucket.tokens = rate.size;
  } else {
    const double since = seconds(now - bucket.at);
    bucket.tokens = std::min(rate.size, bucket.tokens + rate.per_second * since);
  }
  bucket.at = now;
  return bucket;
}

// A DAG's share is what it would have were the bucket divided among those that are active.
Pacer::Share& Pacer::share_of(Bucket& bucket, const Lane& lane, Ticks now) {
  std::erase_if(bucket.shares, [&](const auto& item) {
    return item.second.waiting == 0 && now - item.second.at > rules_.active &&
           item.first != lane.dag;
  });
  const auto [found, is_new] = bucket.shares.try_emplace(lane.dag);
  Share& share = found->second;
  const Rate& rate = rate_of(lane.budget);
  const auto sharers = static_cast<double>(bucket.shares.size());
  const double most = rate.size * (1 - rules_.kept_for_polls) / sharers;
  const double since = is_new ? 0 : seconds(now - share.at);
  if (is_new) share.tokens = most;
  share.tokens = std::min(most, share.tokens + rate.per_second / sharers * since);
  share.at = now;
  return share;
}

Micros Pacer::Place::take(Ticks now) {
  const std::lock_guard lock(pacer_.mutex_);
  if (pacer_.buckets_.size() >= pacer_.crowded_) pacer_.forget_idle(now);
  const Rate& rate = pacer_.rate_of(lane_.budget);
  Bucket& bucket = pacer_.refilled(lane_, now);
  Share& share = pacer_.share_of(bucket, lane_, now);
  const double kept = lane_.polls ? 0 : pacer_.rules_.kept_for_polls * rate.size;
  const double left = bucket.tokens - kept;
  const bool open = bucket.closed_until <= now;
  if (open && left >= 1 && (lane_.polls || share.tokens >= 1)) {
    bucket.tokens -= 1;
    if (!lane_.polls) share.tokens -= 1;
    if (waits_) --share.waiting;
    waits_ = false;
    return Micros{0};
  }
  // Those of the same DAG who came before are served before: they count where this one joins.
  const int ahead = waits_ ? 0 : share.waiting;
  if (!waits_) ++share.waiting;
  waits_ = true;
  const auto sharers = static_cast<double>(bucket.shares.size());
  Micros wait = kShortest;
  if (!open) wait = std::max(wait, Micros{bucket.closed_until - now});
  const double missing = 1 - left + ahead;
  const double missing_share = lane_.polls ? 0 : 1 - share.tokens + ahead;
  if (missing > 0) wait = std::max(wait, time_for(missing, rate.per_second));
  if (missing_share > 0) {
    wait = std::max(wait, time_for(missing_share, rate.per_second / sharers));
  }
  return wait;
}

Pacer::Place::~Place() {
  if (!waits_) return;
  const std::lock_guard lock(pacer_.mutex_);
  const auto bucket = pacer_.buckets_.find(key_of(lane_));
  if (bucket == pacer_.buckets_.end()) return;
  const auto share = bucket->second.shares.find(lane_.dag);
  if (share != bucket->second.shares.end()) --share->second.waiting;
}

void Pacer::learn(const Lane& lane, const Said& said, Ticks now) {
  if (!said.remaining && !said.closed_for) return;
  const std::lock_guard lock(mutex_);
  Bucket& bucket = refilled(lane, now);
  if (said.remaining) bucket.tokens = std::min(bucket.tokens, *said.remaining);
  if (said.closed_for) {
    bucket.tokens = 0;
    bucket.closed_until = std::max(bucket.closed_until, now + *said.closed_for);
  }
}

void Pacer::forget_idle(Ticks now) {
  std::erase_if(buckets_, [&](const auto& item) {
    const Bucket& bucket = item.second;
    const bool waited_for = std::ranges::any_of(
        bucket.shares, [](const auto& share) { return share.second.waiting > 0; });
    return !waited_for && bucket.closed_until <= now && now - bucket.at > std::chrono::minutes(1);
  });
  crowded_ = std::max<std::size_t>(1'024, buckets_.size() * 2);
}

}  // namespace armature::gateway
