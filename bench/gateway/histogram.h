#pragma once
// Histogram: counts of durations in buckets whose width is at most 1/64 of their value, so that a
// percentile read from it is at most 1.6 % too high. No upper end, no allocation per value.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace armature::bench {

class Histogram {
 public:
  void add(std::int64_t nanoseconds) {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(nanoseconds, 0));
    const std::size_t bucket = bucket_of(value);
    if (bucket >= counts_.size()) counts_.resize(bucket + 1);
    ++counts_[bucket];
    ++total_;
    most_ = std::max(most_, value);
  }

  void add(const Histogram& other) {
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (std::size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    most_ = std::max(most_, other.most_);
  }

  std::uint64_t total() const { return total_; }
  std::uint64_t most() const { return most_; }

  // The least value that `share` (0..1) of all are not above; 0 when there is none.
  std::uint64_t percentile(double share) const {
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen >= wanted && seen > 0) return std::min(end_of(bucket), most_);
    }
    return most_;
  }

 private:
  static constexpr unsigned kBits = 6;
  static constexpr std::uint64_t kParts = 1u << kBits;

  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kParts) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return (shift + 1) * kParts + ((value >> shift) - kParts);
  }
  static std::uint64_t end_of(std::size_t bucket) {
    if (bucket < kParts) return bucket;
    const std::uint64_t shift = bucket / kParts - 1;
    return ((bucket % kParts + kParts + 1) << shift) - 1;
  }

  std::vector<std::uint64_t> counts_;
  std::uint64_t total_ = 0;
  std::uint64_t most_ = 0;
};

}  // namespace armature::bench
