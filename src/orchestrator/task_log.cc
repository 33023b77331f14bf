#include "orchestrator/task_log.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/time.h"

namespace armature::orchestrator {

TaskLog::TaskLog(const std::filesystem::path& file, const Clock& clock, const Redactor& redactor,
                 std::size_t max_bytes)
    : clock_(clock), redactor_(redactor), max_bytes_(max_bytes) {
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  fd_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

TaskLog::~TaskLog() {
  if (fd_ >= 0) ::close(fd_);
}

void TaskLog::write(std::string_view level, std::string_view message) {
  const std::string prefix = "[" + to_rfc3339(clock_.now()) + "] " + std::string(level) + " - ";
  std::string text;
  for (const std::string& line : split(redactor_.clean(message), '\n')) {
    text += prefix + line + "\n";
  }
  const std::lock_guard lock(mutex_);
  if (fd_ < 0 || written_ > max_bytes_) return;
  written_ += text.size();
  if (written_ > max_bytes_) text = prefix + "the log reached its limit; what follows is dropped\n";
  for (std::string_view rest = text; !rest.empty();) {
    const ssize_t put = ::write(fd_, rest.data(), rest.size());
    if (put <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
}

}  // namespace armature::orchestrator
