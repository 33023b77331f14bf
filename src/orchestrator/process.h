#pragma once
// run_process: one child process in a session of its own, its output line by line.
//
//   In        program and arguments (never a secret: arguments are public in ps), the whole
//             environment (nothing is inherited), a working directory
//   Out       how it ended. stdout and stderr come as one stream, lines without their newline, cut
//             at 64 KiB
//   Ending    at the deadline or on cancel: SIGTERM to the whole process group, after `grace`
//             SIGKILL; what the child left running in its group is killed too
//   Launch    launch.h
//   Errors    kUnavailable: could not be started, with the system's words
//   Threads   blocks the calling thread
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "orchestrator/cancel.h"

namespace armature::orchestrator {

struct ProcessSpec {
  std::vector<std::string> arguments;    // arguments[0] is the program's path
  std::vector<std::string> environment;  // NAME=value
  std::string directory;
  std::optional<Micros> time_limit;
  Micros grace = std::chrono::seconds(5);
};

struct ProcessEnd {
  enum class Kind { kExited, kSignalled, kTimedOut, kCancelled } kind = Kind::kExited;
  int code = 0;  // exit status or signal number
};

Result<ProcessEnd> run_process(const ProcessSpec& spec, const Cancel& cancel, const Clock& clock,
                               const std::function<void(std::string_view line)>& on_line);

}  // namespace armature::orchestrator
