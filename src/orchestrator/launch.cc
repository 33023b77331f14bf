#include "orchestrator/launch.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

namespace armature::orchestrator {
namespace {

constexpr std::size_t kStack = 64 * 1024;

struct Plan {
  std::vector<char*> arguments, environment;
  const char* directory;
  int output;
  pid_t parent;
  int error = 0;  // written by the child: the memory is shared until it runs its program
};

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// A handler of the server must not run in the child, on the server's memory.
void default_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) ::sigaction(number, &standard, nullptr);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool prepare(const Plan& plan) {
  if (::setsid() < 0) return false;
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  if (::getppid() != plan.parent) ::_exit(127);  // it ended before it could be watched
  const int input = ::open("/dev/null", O_RDONLY);
  if (input < 0 || ::dup2(input, STDIN_FILENO) < 0) return false;
  if (::dup2(plan.output, STDOUT_FILENO) < 0 || ::dup2(plan.output, STDERR_FILENO) < 0) {
    return false;
  }
  // Also what the server itself was started with and does not know of.
  return ::close_range(STDERR_FILENO + 1, ~0U, 0) == 0 && ::chdir(plan.directory) == 0;
}

// In the child, while the calling thread waits: nothing that takes memory or a lock.
int become(void* given) {
  Plan& plan = *static_cast<Plan*>(given);
  if (prepare(plan)) {
    default_signals();
    ::execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
  }
  plan.error = errno;
  ::_exit(127);
}

}  // namespace

Result<pid_t> launch(const ProcessSpec& spec, int output) {
  Plan plan{pointers(spec.arguments), pointers(spec.environment), spec.directory.c_str(), output,
            ::getpid()};
  const auto stack = std::make_unique<char[]>(kStack);
  sigset_t all, before;
  sigfillset(&all);
  ::pthread_sigmask(SIG_BLOCK, &all, &before);
  const pid_t pid = ::clone(become, stack.get() + kStack, CLONE_VM | CLONE_VFORK | SIGCHLD, &plan);
  const int refused = pid < 0 ? errno : plan.error;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (refused == 0) return pid;
  if (pid > 0) ::waitpid(pid, nullptr, 0);
  return fail(Code::kUnavailable, "cannot start " + spec.arguments[0] + " in " + spec.directory +
                                      ": " + std::strerror(refused));
}

}  // namespace armature::orchestrator
