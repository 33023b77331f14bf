#include "storage/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace armature::storage {
namespace {

Error system_error(const std::string& what) {
  const int number = errno;
  return fail(Code::kUnavailable, what + ": " + std::strerror(number));
}

std::string holder(int fd) {
  char text[32];
  const ssize_t got = ::pread(fd, text, sizeof text, 0);
  if (got <= 0) return "";
  const std::string pid(text, static_cast<std::size_t>(got));
  return " (process " + pid.substr(0, pid.find('\n')) + ")";
}

}  // namespace

Result<FileLock> FileLock::take(const std::filesystem::path& target) {
  const std::string path = target.string() + ".lock";
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.fd_ < 0) return system_error("cannot open " + path);
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return system_error("cannot lock " + path);
    return fail(Code::kUnavailable, "another server holds " + target.string() + holder(lock.fd_));
  }
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.fd_, 0) != 0 || ::pwrite(lock.fd_, pid.data(), pid.size(), 0) < 0) {
    return system_error("cannot write " + path);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace armature::storage
