#include "gateway/shared_polls.h"

namespace armature::gateway {

std::optional<http::Response> SharedPolls::find(const std::string& key, Ticks asked_at,
                                                Ticks now) const {
  const std::lock_guard lock(mutex_);
  const auto found = kept_.find(key);
  if (found == kept_.end()) return std::nullopt;
  const Kept& kept = found->second;
  if (now >= kept.until) {
    if (kept.answered_at < asked_at) return std::nullopt;
    return kept.answer;
  }
  http::Response answer = kept.answer;
  for (const char* name : {"retry-after-ms", "x-ms-retry-after-ms"}) answer.headers.remove(name);
  const auto left = std::chrono::ceil<std::chrono::seconds>(kept.until - now);
  answer.headers.set("Retry-After", std::to_string(left.count()));
  return answer;
}

void SharedPolls::keep(const std::string& key, const http::Response& answer,
                       std::optional<Micros> retry_after, Ticks now) {
  const Ticks until = now + retry_after.value_or(Micros{0});
  const std::lock_guard lock(mutex_);
  std::erase_if(kept_, [&](const auto& item) { return item.second.until < now; });
  if (kept_.size() >= kMost) kept_.erase(kept_.begin());
  kept_.insert_or_assign(key, Kept{answer, now, until});
}

}  // namespace armature::gateway
