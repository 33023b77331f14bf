#pragma once
// Waiter: calls back when the clock has come to a time. One thread, asleep while nothing waits; it
// asks the clock, which a test moves, every few milliseconds.
//
//   Threads   at() from any thread; callbacks run on the waiter's thread and must be short
//   Lifetime  stop(), or the destructor, drops what still waits
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "base/clock.h"

namespace armature::sandbox {

class Waiter {
 public:
  explicit Waiter(const Clock& clock);
  ~Waiter();
  void at(Instant due, std::function<void()> call);
  void stop();

 private:
  void loop();
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<Instant, std::function<void()>> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace armature::sandbox
