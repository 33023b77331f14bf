#include "base/clock.h"

namespace armature {

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<Micros>(std::chrono::system_clock::now());
}

Ticks SystemClock::ticks() const {
  return std::chrono::time_point_cast<Micros>(std::chrono::steady_clock::now());
}

}  // namespace armature
