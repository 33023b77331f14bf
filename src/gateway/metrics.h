#pragma once
// Metrics: what the gateway counts of its requests, for Prometheus.
//
//   Cost      a few relaxed additions a request: no lock, no look-up
//   Labels    bounded whoever calls: known methods, statuses of 100 to 599, the ends and layers of
//             call_report.h. No path, no name of a caller or a provider
//   Threads   any
#include <array>
#include <atomic>
#include <cstdint>

#include "base/exposition.h"
#include "gateway/call_report.h"

namespace armature::gateway {

class Metrics {
 public:
  void began() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
  void ended(const CallReport& report);
  void write(Exposition& out) const;

 private:
  using Count = std::atomic<std::uint64_t>;
  static constexpr std::size_t kMethods = 8, kStatuses = 500, kEnds = 6, kLayers = 8;

  std::atomic<std::int64_t> in_flight_{0};
  std::array<std::array<std::array<Count, kEnds>, kStatuses>, kMethods> requests_{};
  std::array<Count, kLayers> denied_{};
  Count allowed_{0}, sends_{0}, repeats_{0};
  std::array<Histogram, kMethods> durations_{};
  Histogram upstream_;
};

}  // namespace armature::gateway
