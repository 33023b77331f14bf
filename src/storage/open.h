#pragma once
// Opening the file: the lock against a second server, the file's mode, and a connection's settings.
// Inside this room only.
#include <filesystem>
#include <memory>

#include "base/result.h"
#include "storage/statement.h"

namespace armature::storage {

// Holds PATH.lock until destroyed; the system lets go when the process dies. The file stays.
class FileLock {
 public:
  static Result<FileLock> take(const std::filesystem::path& database);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

// Makes the file, readable by its owner only, or takes others' rights away from an old one.
Status make_private_file(const std::filesystem::path& path);
Result<std::unique_ptr<Connection>> open_writer(const std::filesystem::path& path);
Result<std::unique_ptr<Connection>> open_reader(const std::filesystem::path& path);

}  // namespace armature::storage
