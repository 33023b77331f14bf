#pragma once
// FileWatch: tells, within a second or so, that a file has another content: by its time of change
// and size, through links, as editors and mounted configuration leave it.
//
//   changed   on the watch's own thread; not while the file is away
//   Threads   begins and ends with the object; the destructor waits for `changed`
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

#include "app/periodic.h"

namespace armature::app {

class FileWatch {
 public:
  FileWatch(std::filesystem::path file, std::function<void()> changed);

 private:
  using Look = std::pair<std::filesystem::file_time_type, std::uintmax_t>;
  std::optional<Look> look() const;
  void compare();

  const std::filesystem::path file_;
  const std::function<void()> changed_;
  std::optional<Look> last_;
  Periodic looking_;  // last: it uses all of the above
};

}  // namespace armature::app
