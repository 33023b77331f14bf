#pragma once
// Exposition: metrics in Prometheus' text format, and the histogram that is counted for it.
//
//   In        a family (name, kind, help), then its samples; names and labels are the program's
//             own, label values are escaped
//   Threads   an Exposition belongs to one thread; a Histogram is counted from any, without a lock
//   Source    prometheus.io, "Text-based format"; histograms are cumulative, in seconds
#include <array>
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace armature {

class Histogram;

class Exposition {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  void family(std::string_view name, std::string_view kind, std::string_view help);
  // Of the family at hand.
  void sample(Labels labels, double value);
  void sample(Labels labels, const Histogram& histogram);
  // A family of one sample.
  void gauge(std::string_view name, std::string_view help, double value);
  void counter(std::string_view name, std::string_view help, double value);

  const std::string& text() const { return text_; }

 private:
  void line(std::string_view suffix, Labels labels, std::string_view bound, double value);

  std::string text_, name_;
};

class Histogram {
 public:
  static constexpr std::array<double, 15> kBounds = {
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 300};
  void observe(Micros length);
  std::uint64_t count() const;

 private:
  friend class Exposition;
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::int64_t> sum_micros_{0};
};

}  // namespace armature
