#include "app/file_watch.h"

#include <optional>
#include <utility>

namespace armature::app {
namespace {

constexpr auto kEvery = std::chrono::milliseconds(500);

using Look = std::pair<std::filesystem::file_time_type, std::uintmax_t>;

std::optional<Look> look_at(const std::filesystem::path& file) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file, error);
  if (error) return std::nullopt;
  const auto size = std::filesystem::file_size(file, error);
  if (error) return std::nullopt;
  return Look{time, size};
}

}  // namespace

FileWatch::FileWatch(std::filesystem::path file, std::function<void()> changed)
    : file_(std::move(file)), changed_(std::move(changed)) {
  thread_ = std::thread([this] { loop(); });
}

FileWatch::~FileWatch() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ending_.notify_one();
  thread_.join();
}

void FileWatch::loop() {
  auto last = look_at(file_);
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, kEvery, [this] { return ended_; })) {
    const auto now = look_at(file_);
    if (!now || now == last) continue;
    last = now;
    lock.unlock();
    changed_();
    lock.lock();
  }
}

}  // namespace armature::app
