#pragma once
// InFlight: of all requests with the same key, one at a time is under way; the others wait in line.
//
//   enter    resumes the caller when it is its turn: at once when nobody is there. False, without
//            resuming, when the line is full
//   leave    by whoever's turn it was, once; the next one's turn begins
//   Threads  any; `resume` is called by the thread that leaves, and must not block
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace armature::gateway {

class InFlight {
 public:
  using Resume = std::function<void()>;
  bool enter(const std::string& key, Resume resume);
  void leave(const std::string& key);

 private:
  static constexpr std::size_t kLongestLine = 1024;
  std::mutex mutex_;
  std::map<std::string, std::deque<Resume>> lines_;  // those who wait behind the one under way
};

// One's turn: leaves whatever way the coroutine ends. Without a line it is nobody's.
class Turn {
 public:
  Turn(InFlight* line, std::string key) : line_(line), key_(std::move(key)) {}
  ~Turn() {
    if (line_ != nullptr) line_->leave(key_);
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  InFlight* line_;
  std::string key_;
};

}  // namespace armature::gateway
