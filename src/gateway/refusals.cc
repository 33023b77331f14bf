#include "gateway/refusals.h"

namespace armature::gateway {

constexpr std::int64_t kEach = 10;

void Refusals::record(access::AuditRecord record) {
  if (!record.dag_id.empty()) return audit_.record(std::move(record));
  if (auto kept = keep(std::move(record), clock_.ticks())) audit_.record(*std::move(kept));
}

std::optional<access::AuditRecord> Refusals::keep(access::AuditRecord record, Ticks now) {
  const std::lock_guard lock(mutex_);
  Count& count = counts_[record.reason];
  if (now - count.begun >= std::chrono::minutes(1)) {
    count.begun = now;
    count.in_this_minute = 0;
    count.next_kept = 1;
  }
  ++count.in_this_minute;
  ++count.not_kept;
  if (count.in_this_minute < count.next_kept) return std::nullopt;
  count.next_kept = count.in_this_minute < kEach ? count.in_this_minute + 1 : count.next_kept * 2;
  if (count.not_kept > 1) {
    record.detail = JsonObject{
        {"refusals", count.not_kept}
    };
  }
  count.not_kept = 0;
  return record;
}

}  // namespace armature::gateway
