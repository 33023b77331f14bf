#pragma once
// FileWatch: tells, within a second or so, that a file has another content: by its time of change
// and size, through links, as editors and mounted configuration leave it.
//
//   changed   on the watch's own thread; not while the file is away
//   Threads   begins and ends with the object; the destructor waits for `changed`
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>

namespace armature::app {

class FileWatch {
 public:
  FileWatch(std::filesystem::path file, std::function<void()> changed);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

 private:
  void loop();

  const std::filesystem::path file_;
  const std::function<void()> changed_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace armature::app
