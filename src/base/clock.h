#pragma once
// The only source of time in the program.
//
//   Threads   every call may be made from any thread
//   Not here  formatting and zones: base/time.h
#include <chrono>
#include <cstdint>

namespace armature {

using Micros = std::chrono::microseconds;
using Instant = std::chrono::sys_time<Micros>;  // wall time, UTC, as stored
using Ticks = std::chrono::time_point<std::chrono::steady_clock, Micros>;  // durations only

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual Ticks ticks() const = 0;  // never stored, never compared across processes
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  Ticks ticks() const override;
};

inline std::int64_t to_micros(Instant at) { return at.time_since_epoch().count(); }
inline Instant from_micros(std::int64_t micros) { return Instant{Micros{micros}}; }

}  // namespace armature
