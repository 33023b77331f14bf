#pragma once
// FileLock: one process at a time for what a path names. Holds PATH.lock, in which the holder's
// process id stands, until destroyed; the system lets go when the process dies. The file stays.
//
//   Errors    kUnavailable: another process holds it (naming it), or the file cannot be made
//   Threads   a value for one thread
#include <filesystem>

#include "base/result.h"

namespace armature::storage {

class FileLock {
 public:
  static Result<FileLock> take(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace armature::storage
