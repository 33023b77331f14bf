#include "gateway/access_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/json.h"
#include "base/time.h"
#include "gateway/recorded.h"

namespace armature::gateway {
namespace {

constexpr auto kGather = std::chrono::milliseconds(20);

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

// A JSON string; most have nothing to escape.
std::string quoted(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte > 0x7E || c == '"' || c == '\\') return dump(Json(text));
  }
  return fmt::format("\"{}\"", text);
}

}  // namespace

// Written by hand: a line costs a tenth of what a JSON document does, and each request has one.
std::string access_line(const CallReport& report) {
  const bool denied = report.end == CallEnd::kDenied || report.end == CallEnd::kRefused;
  std::string out = fmt::format(
      R"({{"time":"{}","request_id":{},"trace_id":{},"peer":{},"method":{},"target":{},)"
      R"("status":{},"bytes":{},"duration_ms":{},"upstream_ms":{},"sends":{},)"
      R"("principal":{},"identity":{},"decision":"{}","outcome":"{}")",
      to_rfc3339(report.began), quoted(report.request_id), quoted(report.trace_id),
      quoted(report.peer), quoted(std::string_view(report.method).substr(0, 16)),
      quoted(recorded_target(report.target)), report.status, report.bytes, millis(report.duration),
      millis(report.upstream), report.sends, quoted(report.principal), quoted(report.identity),
      denied ? "deny" : "allow", to_string(report.end));
  if (denied) {
    out += fmt::format(R"(,"layer":"{}","reason":{})", access::to_string(report.layer),
                       quoted(report.reason));
  }
  return out + "}";
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
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= most_waiting_) {
      ++dropped_;
      return;
    }
    queue_.push_back(std::move(report));
    wake = queue_.size() == 1 || is_crowded();
  }
  if (wake) waiting_.notify_one();
}

void AccessLog::loop() {
  std::vector<CallReport> batch;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      waiting_.wait(lock, [this] { return closing_ || !queue_.empty(); });
      // A write and a wake for each line would cost more than the line does.
      waiting_.wait_for(lock, kGather, [this] { return closing_ || is_crowded(); });
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
  for (const CallReport& report : batch) lines += access_line(report) + "\n";
  lines = redactor_.clean(lines);
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
