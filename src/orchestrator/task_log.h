#pragma once
// TaskLog: the log of one attempt: text lines in one file, each redacted before it is written.
//
//   [2026-11-24T08:30:00.123456Z] INFO - PUT /subscriptions/… → 201
//
//   Bounds    after `max_bytes` one closing line is written and the rest is dropped
//   Errors    a log that cannot be opened or written drops its lines: a task does not fail for it;
//             ok() tells
//   Threads   any
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/log.h"

namespace armature::orchestrator {

class TaskLog {
 public:
  TaskLog(const std::filesystem::path& file, const Clock& clock, const Redactor& redactor,
          std::size_t max_bytes = 100u << 20);
  ~TaskLog();
  TaskLog(const TaskLog&) = delete;
  TaskLog& operator=(const TaskLog&) = delete;

  void info(std::string_view message) { write("INFO", message); }
  void warning(std::string_view message) { write("WARNING", message); }
  void error(std::string_view message) { write("ERROR", message); }
  bool ok() const { return fd_ >= 0; }

 private:
  void write(std::string_view level, std::string_view message);  // several lines become several
  int fd_ = -1;
  const Clock& clock_;
  const Redactor& redactor_;
  const std::size_t max_bytes_;
  std::size_t written_ = 0;
  std::mutex mutex_;
};

}  // namespace armature::orchestrator
