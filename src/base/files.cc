#include "base/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace armature {
namespace {

Error system_error(const std::filesystem::path& path, std::string_view what) {
  const int number = errno;
  return fail(number == ENOENT ? Code::kNotFound : Code::kUnavailable,
              std::string(what) + " " + path.string() + ": " + std::strerror(number));
}

struct File {
  int fd;
  explicit File(int descriptor) : fd(descriptor) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
};

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t max_bytes) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return system_error(path, "cannot open");
  std::string out;
  char buffer[65536];
  for (;;) {
    const ssize_t got = ::read(file.fd, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(path, "cannot read");
    if (got == 0) return out;
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > max_bytes) {
      return fail(Code::kInvalid,
                  path.string() + " is larger than " + std::to_string(max_bytes) + " bytes");
    }
  }
}

Status write_file(const std::filesystem::path& path, std::string_view bytes, unsigned mode) {
  std::string temporary = path.string() + ".XXXXXX";
  {
    const File file(::mkostemp(temporary.data(), O_CLOEXEC));  // made 0600
    if (file.fd < 0) return system_error(path, "cannot create");
    const auto give_up = [&](std::string_view what) {
      const Error error = system_error(path, what);
      ::unlink(temporary.c_str());
      return error;
    };
    if (::fchmod(file.fd, mode) != 0) return give_up("cannot set the mode of");
    while (!bytes.empty()) {
      const ssize_t put = ::write(file.fd, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return give_up("cannot write");
      bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    if (::fsync(file.fd) != 0) return give_up("cannot sync");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) {
    const Error error = system_error(path, "cannot rename to");
    ::unlink(temporary.c_str());
    return error;
  }
  return Ok{};
}

Status make_private_directory(const std::filesystem::path& path) {
  std::error_code ignored;
  std::filesystem::path made;
  for (const auto& part : path) {
    made /= part;
    if (part.empty() || std::filesystem::is_directory(made, ignored)) continue;
    // Another process may make it first; a file in its place is found by the check at the end.
    if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST) {
      return system_error(made, "cannot create");
    }
  }
  if (!std::filesystem::is_directory(path, ignored)) {
    return fail(Code::kUnavailable, path.string() + " is not a directory");
  }
  return Ok{};
}

}  // namespace armature
