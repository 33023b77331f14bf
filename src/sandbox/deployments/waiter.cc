#include "sandbox/deployments/waiter.h"

namespace armature::sandbox {

Waiter::Waiter(const Clock& clock) : clock_(clock), thread_([this] { loop(); }) {}
Waiter::~Waiter() { stop(); }

void Waiter::at(Instant due, std::function<void()> call) {
  const std::scoped_lock lock(mutex_);
  waiting_.emplace(due, std::move(call));
  wake_.notify_one();
}

void Waiter::stop() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
  waiting_.clear();
}

void Waiter::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      wake_.wait(lock);
      continue;
    }
    if (waiting_.begin()->first > clock_.now()) {
      wake_.wait_for(lock, std::chrono::milliseconds(5));
      continue;
    }
    const auto call = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    lock.unlock();
    call();
    lock.lock();
  }
}

}  // namespace armature::sandbox
