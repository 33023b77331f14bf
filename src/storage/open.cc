#include "storage/open.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "storage/sqlite_error.h"

namespace armature::storage {
namespace {

Error system_error(const std::string& what) {
  const int number = errno;
  return fail(Code::kUnavailable, what + ": " + std::strerror(number));
}

Result<std::unique_ptr<Connection>> open_with(const std::filesystem::path& path, int flags,
                                              const std::string& settings) {
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  auto connection = std::make_unique<Connection>(database);  // also a failed one must be closed
  if (code != SQLITE_OK) return sqlite_error(database, code, "cannot open " + path.string());
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, 5000);
  if (auto set = connection->execute(settings); !set) {
    return std::move(set).error().in("cannot open " + path.string());
  }
  return connection;
}

}  // namespace

Status make_private_file(const std::filesystem::path& path) {
  // An existing file is never opened here: closing it would drop the locks that SQLite's own
  // descriptors of the same file hold in this process.
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd >= 0) {
    ::close(fd);
    return Ok{};
  }
  if (errno != EEXIST) return system_error("cannot create " + path.string());
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return system_error("cannot read " + path.string());
  if ((info.st_mode & 0077) != 0 && ::chmod(path.c_str(), 0600) != 0) {
    return system_error("cannot set the mode of " + path.string());
  }
  return Ok{};
}

Result<std::unique_ptr<Connection>> open_writer(const std::filesystem::path& path) {
  // Checkpoints are the writer's own: SQLite's would come in the middle of a commit.
  return open_with(path, SQLITE_OPEN_READWRITE,
                   "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                   "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0;"
                   "PRAGMA journal_size_limit = 67108864; PRAGMA temp_store = MEMORY;"
                   "PRAGMA trusted_schema = OFF");
}

Result<std::unique_ptr<Connection>> open_reader(const std::filesystem::path& path) {
  return open_with(path, SQLITE_OPEN_READONLY,
                   "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;"
                   "PRAGMA trusted_schema = OFF");
}

}  // namespace armature::storage
