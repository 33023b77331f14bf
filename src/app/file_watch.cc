#include "app/file_watch.h"

namespace armature::app {
namespace {

constexpr auto kEvery = std::chrono::milliseconds(500);

}  // namespace

FileWatch::FileWatch(std::filesystem::path file, std::function<void()> changed)
    : file_(std::move(file)),
      changed_(std::move(changed)),
      last_(look()),
      looking_(kEvery, [this] { compare(); }) {}

std::optional<FileWatch::Look> FileWatch::look() const {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file_, error);
  if (error) return std::nullopt;
  const auto size = std::filesystem::file_size(file_, error);
  if (error) return std::nullopt;
  return Look{time, size};
}

void FileWatch::compare() {
  const auto now = look();
  if (!now || now == last_) return;
  last_ = now;
  changed_();
}

}  // namespace armature::app
