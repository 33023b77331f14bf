#pragma once
// Periodic: does something again and again, on a thread of its own.
//
//   work      first after `every`, then `every` after it has ended; it must not throw
//   Threads   begins and ends with the object; the destructor waits for work that is under way
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace armature::app {

class Periodic {
 public:
  Periodic(std::chrono::milliseconds every, std::function<void()> work);
  ~Periodic();
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

 private:
  void loop();

  const std::chrono::milliseconds every_;
  const std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace armature::app
