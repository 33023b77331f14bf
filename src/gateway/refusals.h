#pragma once
// Refusals: keeps callers without a good token from filling the audit.
//
//   In        the record of a refusal that names no attempt
//   Out       the record to keep, with `detail.refusals` where it stands for more than one;
//   nothing:
//             a later one will stand for it
//   Kept      of each reason the first ten in a minute, then each time their number has doubled: a
//             flood of a million leaves 27 records, and the numbers in them add up to what came but
//             for the last few
//   Threads   any
//   Lifetime  audit and clock outlive it
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "access/audit.h"
#include "base/clock.h"

namespace armature::gateway {

class Refusals {
 public:
  Refusals(access::AuditLog& audit, const Clock& clock) : audit_(audit), clock_(clock) {}

  // Of an attempt: kept as it is.
  void record(access::AuditRecord record);
  std::optional<access::AuditRecord> keep(access::AuditRecord record, Ticks now);

 private:
  struct Count {
    Ticks begun{};
    std::int64_t in_this_minute = 0, next_kept = 1, not_kept = 0;
  };
  access::AuditLog& audit_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Count> counts_;  // by reason: the gateway's own words, so they are few
};

}  // namespace armature::gateway
