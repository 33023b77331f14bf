#pragma once
// AccessLog: one JSON object a line for each request that has ended.
//
//   add       never waits for the disk: a thread of its own writes what 20 ms have gathered.
//             Reports beyond what it holds are dropped and counted, and so are lines that cannot be
//             written
//   reopen    the file is opened anew before the next line: for whoever renamed it. When that fails
//             the old one is gone on with
//   Errors    open: kUnavailable, naming the path
//   Secrets   the target as recorded_target() has it; all lines pass the Redactor
//   Threads   any. The destructor writes what waits
//   Lifetime  redactor and log outlive it
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "gateway/call_report.h"

namespace armature::gateway {

// Pure: {"time":…,"request_id":…,…}, without a newline.
std::string access_line(const CallReport& report);

class AccessLog {
 public:
  // `where`: a path, or "stdout".
  static Result<std::unique_ptr<AccessLog>> open(std::string where, const Redactor& redactor,
                                                 Log& log, std::size_t most_waiting = 8'192);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  void add(CallReport report);
  void reopen() { reopen_ = true; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  AccessLog(std::string where, int file, const Redactor& redactor, Log& log, std::size_t most);
  bool is_crowded() const { return queue_.size() >= most_waiting_ / 2; }
  void loop();
  void write(const std::vector<CallReport>& batch);
  void open_anew();

  const std::string where_;
  int file_;
  const Redactor& redactor_;
  Log& log_;
  const std::size_t most_waiting_;
  std::atomic<bool> reopen_{false};
  std::atomic<std::uint64_t> dropped_{0};
  bool failing_ = false;
  std::mutex mutex_;
  std::condition_variable waiting_;
  std::vector<CallReport> queue_;
  bool closing_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace armature::gateway
