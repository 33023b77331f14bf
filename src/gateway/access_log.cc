#include "gateway/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/json.h"
#include "base/time.h"
#include "gateway/recorded.h"

namespace armature::gateway {
namespace {

Result<int> open_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) {
    return fail(Code::kUnavailable, path + ": " + std::generic_category().message(errno));
  }
  return file;
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t done = ::write(file, bytes.data(), bytes.size());
    if (done < 0 && errno != EINTR) return false;
    if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
  }
  return true;
}

double millis(Micros length) { return static_cast<double>(length.count()) / 1e3; }

}  // namespace

std::string access_line(const CallReport& report) {
  const bool denied = report.end == CallEnd::kDenied || report.end == CallEnd::kRefused;
  JsonObject out;
  out["time"] = to_rfc3339(report.began);
  out["request_id"] = report.request_id;
  out["trace_id"] = report.trace_id;
  out["peer"] = report.peer;
  out["method"] = report.method.substr(0, 16);
  out["target"] = recorded_target(report.target);
  out["status"] = report.status;
  out["bytes"] = report.bytes;
  out["duration_ms"] = millis(report.duration);
  out["upstream_ms"] = millis(report.upstream);
  out["sends"] = report.sends;
  out["principal"] = report.principal;
  out["identity"] = report.identity;
  out["decision"] = denied ? "deny" : "allow";
  out["outcome"] = to_string(report.end);
  if (denied) {
    out["layer"] = access::to_string(report.layer);
    out["reason"] = report.reason;
  }
  return dump(out);
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(std::string where, const Redactor& redactor,
                                                   Log& log, std::size_t most_waiting) {
  int file = STDOUT_FILENO;
  if (where != "stdout") {
    ARMATURE_TRY(file, open_file(where));
  }
  return std::unique_ptr<AccessLog>(
      new AccessLog(std::move(where), file, redactor, log, most_waiting));
}

AccessLog::AccessLog(std::string where, int file, const Redactor& redactor, Log& log,
                     std::size_t most)
    : where_(std::move(where)), file_(file), redactor_(redactor), log_(log), most_waiting_(most) {
  thread_ = std::thread([this] { loop(); });
}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  waiting_.notify_one();
  thread_.join();
  if (where_ != "stdout") ::close(file_);
}

void AccessLog::add(CallReport report) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= most_waiting_) {
      ++dropped_;
      return;
    }
    first = queue_.empty();
    queue_.push_back(std::move(report));
  }
  if (first) waiting_.notify_one();
}

void AccessLog::loop() {
  std::vector<CallReport> batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      if (queue_.empty()) return;
      batch.swap(queue_);
    }
    write(batch);
    batch.clear();
  }
}

void AccessLog::write(const std::vector<CallReport>& batch) {
  if (reopen_.exchange(false)) open_anew();
  std::string lines;
  for (const CallReport& report : batch) lines += redactor_.clean(access_line(report)) + "\n";
  const bool written = write_all(file_, lines);
  if (!written) dropped_ += batch.size();
  if (!written && !failing_) {
    log_.error("access log cannot be written",
               {
                   {"where", where_                                },
                   {"error", std::generic_category().message(errno)}
    });
  }
  failing_ = !written;
}

void AccessLog::open_anew() {
  if (where_ == "stdout") return;
  const auto fresh = open_file(where_);
  if (!fresh) {
    log_.error("access log not reopened", {
                                              {"error", fresh.error().message}
    });
    return;
  }
  ::close(file_);
  file_ = *fresh;
}

}  // namespace armature::gateway
