#include "app/periodic.h"

#include <utility>

namespace armature::app {

Periodic::Periodic(std::chrono::milliseconds every, std::function<void()> work)
    : every_(every), work_(std::move(work)) {
  thread_ = std::thread([this] { loop(); });
}

Periodic::~Periodic() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ending_.notify_one();
  thread_.join();
}

void Periodic::loop() {
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, every_, [this] { return ended_; })) {
    lock.unlock();
    work_();
    lock.lock();
  }
}

}  // namespace armature::app
