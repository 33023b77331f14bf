#include "orchestrator/process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "orchestrator/launch.h"

namespace armature::orchestrator {
namespace {

constexpr std::size_t kLongestLine = 64 * 1024;

struct Descriptor {
  int fd = -1;
  Descriptor() = default;
  explicit Descriptor(int number) : fd(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  void close() {
    if (fd >= 0) ::close(std::exchange(fd, -1));
  }
};

class LineSplitter {
 public:
  explicit LineSplitter(const std::function<void(std::string_view)>& on_line) : on_line_(on_line) {}

  void add(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == '\n' || pending_.size() >= kLongestLine) flush();
      if (c != '\n') pending_ += c;
    }
  }
  void finish() {
    if (!pending_.empty()) flush();
  }

 private:
  void flush() {
    if (pending_.ends_with('\r')) pending_.pop_back();
    on_line_(pending_);
    pending_.clear();
  }
  const std::function<void(std::string_view)>& on_line_;
  std::string pending_;
};

// Waits on output, end of process, cancel and time together.
class Watch {
 public:
  Watch(const ProcessSpec& spec, const Cancel& cancel, const Clock& clock, pid_t pid)
      : spec_(spec),
        cancel_(cancel),
        clock_(clock),
        pid_(pid),
        process_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
    if (spec.time_limit) limit_ = clock.ticks() + *spec.time_limit;
  }

  ProcessEnd run(Descriptor& output, LineSplitter& lines) {
    bool ended = false;
    while (!ended) {
      std::array<pollfd, 3> watched = {
          pollfd{output.fd,                             POLLIN, 0},
          pollfd{process_.fd,                           POLLIN, 0},
          pollfd{stopping_ ? -1 : cancel_.descriptor(), POLLIN, 0}
      };
      ::poll(watched.data(), watched.size(), patience());
      if (watched[0].revents != 0) drain(output, lines, true);
      ended = watched[1].revents != 0;
      if (watched[2].revents != 0) stop(ProcessEnd::Kind::kCancelled);
      if (limit_ && clock_.ticks() >= *limit_) {
        if (stopping_) ::kill(-pid_, SIGKILL);
        stop(ProcessEnd::Kind::kTimedOut);
      }
    }
    ::kill(-pid_, SIGKILL);  // what the child left behind in its group
    drain(output, lines, false);
    return reap();
  }

 private:
  int patience() const {
    if (!limit_) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(*limit_ - clock_.ticks()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
  }

  void stop(ProcessEnd::Kind why) {
    if (stopping_) return;
    stopping_ = why;
    ::kill(-pid_, SIGTERM);
    limit_ = clock_.ticks() + spec_.grace;
  }

  // One read when there may be more to come; all that is there once the process has ended.
  static void drain(Descriptor& output, LineSplitter& lines, bool once) {
    std::array<char, 16384> buffer;
    while (output.fd >= 0) {
      const ssize_t got = ::read(output.fd, buffer.data(), buffer.size());
      if (got > 0) lines.add({buffer.data(), static_cast<std::size_t>(got)});
      if (got < 0 && errno == EINTR) continue;
      if (got == 0) output.close();
      if (got <= 0 || once) return;
    }
  }

  ProcessEnd reap() const {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    if (stopping_) return {*stopping_, 0};
    if (WIFSIGNALED(status)) return {ProcessEnd::Kind::kSignalled, WTERMSIG(status)};
    return {ProcessEnd::Kind::kExited, WEXITSTATUS(status)};
  }

  const ProcessSpec& spec_;
  const Cancel& cancel_;
  const Clock& clock_;
  const pid_t pid_;
  const Descriptor process_;
  std::optional<Ticks> limit_;
  std::optional<ProcessEnd::Kind> stopping_;
};

}  // namespace

Result<ProcessEnd> run_process(const ProcessSpec& spec, const Cancel& cancel, const Clock& clock,
                               const std::function<void(std::string_view line)>& on_line) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(Code::kUnavailable, std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  Descriptor read_end(ends[0]);
  Descriptor write_end(ends[1]);
  ::fcntl(read_end.fd, F_SETFL, O_NONBLOCK);
  ARMATURE_TRY(const pid_t pid, launch(spec, write_end.fd));
  write_end.close();
  LineSplitter lines(on_line);
  const ProcessEnd end = Watch(spec, cancel, clock, pid).run(read_end, lines);
  lines.finish();
  return end;
}

}  // namespace armature::orchestrator
