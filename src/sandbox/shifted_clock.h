#pragma once
// ShiftedClock: the clock below, moved by a length that may change while everything runs. All of
// the sandbox asks this one, so that provisioning, tokens, soft delete and the Activity Log move
// together.
//
//   Threads   every call from any thread
//   Lifetime  the clock below outlives it
#include <atomic>

#include "base/clock.h"

namespace armature::sandbox {

class ShiftedClock final : public Clock {
 public:
  explicit ShiftedClock(const Clock& below) : below_(below) {}
  Instant now() const override { return below_.now() + shift(); }
  Ticks ticks() const override { return below_.ticks() + shift(); }
  Micros shift() const { return Micros{shift_.load()}; }
  void set_shift(Micros shift) { shift_ = shift.count(); }
  Instant below_now() const { return below_.now(); }

 private:
  const Clock& below_;
  std::atomic<std::int64_t> shift_{0};
};

}  // namespace armature::sandbox
