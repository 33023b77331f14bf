#pragma once
// Inbox: what the scheduler thread waits on. Attempts that ended, and knocks without a message.
//
//   Threads   any; executors keep it alive until their last report is in
#include <condition_variable>
#include <mutex>
#include <utility>
#include <vector>

#include "orchestrator/execution.h"

namespace armature::orchestrator {

class Inbox {
 public:
  void put(Finished finished) {
    {
      const std::lock_guard lock(mutex_);
      finished_.push_back(std::move(finished));
    }
    changed_.notify_one();
  }
  void knock() {
    {
      const std::lock_guard lock(mutex_);
      knocked_ = true;
    }
    changed_.notify_one();
  }
  std::vector<Finished> take() {
    const std::lock_guard lock(mutex_);
    knocked_ = false;
    return std::exchange(finished_, {});
  }
  bool empty() const {
    const std::lock_guard lock(mutex_);
    return finished_.empty();
  }
  void wait(Micros at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [this] { return knocked_ || !finished_.empty(); });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Finished> finished_;
  bool knocked_ = false;
};

}  // namespace armature::orchestrator
