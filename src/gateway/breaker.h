#pragma once
// Breaker: leaves a resource provider alone that does nothing but fail.
//
//   Opens     after a run of failed mutations, none of them answered well in between, that lasted a
//             while: connection failures, timeouts, 500, 502, 503, 504. 429 is pacing's
//   Open      mutations are refused before anything is written or sent; reads and polls of running
//             operations go on
//   Half open one mutation goes through when the time is up. Its success closes; its failure opens
//             for twice as long, up to the longest
//   Threads   any. Time is passed in
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"

namespace armature::gateway {

struct BreakerRules {
  int failures = 10;
  Micros run = std::chrono::seconds(5);
  Micros first_open = std::chrono::seconds(5);
  Micros longest_open = std::chrono::minutes(1);
};

class Breaker {
 public:
  explicit Breaker(BreakerRules rules) : rules_(rules) {}

  // Nothing: go. Else how long until the next one may try.
  std::optional<Micros> refuses(const std::string& provider, Ticks now);
  struct Counts {  // of providers whose last mutation failed
    int closed = 0, open = 0, half_open = 0;
  };
  Counts counts() const;
  // How a mutation that was sent ended.
  void report(const std::string& provider, bool failed, Ticks now);

 private:
  struct Run {
    int failures = 0;
    Ticks first{};
    Micros open_for{0};  // zero: closed
    Ticks next_try{};
    bool trying = false;
  };
  const BreakerRules rules_;
  mutable std::mutex mutex_;
  std::map<std::string, Run> runs_;  // of providers whose last mutation failed
};

// No status: no answer came.
bool is_failure(std::optional<int> status);

}  // namespace armature::gateway
