// The body of every benchmarked task: does its work between two lines in $BENCH_LOG (or the file
// given), one write each, so that the same clock times every engine.
//
//   body LOG TAG noop | burn MS | fib N
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

long long nanos(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

bool note(int log, const char* tag, const char* what) {
  char line[256];
  const int size = std::snprintf(line, sizeof line, "%s %s %lld %lld\n", tag, what,
                                 nanos(CLOCK_MONOTONIC_RAW), nanos(CLOCK_REALTIME));
  return ::write(log, line, static_cast<std::size_t>(size)) == size;
}

int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

void work(const char* kind, int amount) {
  if (std::strcmp(kind, "burn") == 0) {
    const long long until = nanos(CLOCK_PROCESS_CPUTIME_ID) + amount * 1'000'000LL;
    while (nanos(CLOCK_PROCESS_CPUTIME_ID) < until) {
    }
  } else if (std::strcmp(kind, "fib") == 0) {
    volatile int kept = fib(amount);
    (void)kept;
  }
}

}  // namespace

int main(int count, char** words) {
  if (count < 4) return 2;
  const int log = ::open(words[1], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (log < 0 || !note(log, words[2], "start")) return 3;
  work(words[3], count > 4 ? std::atoi(words[4]) : 0);
  return note(log, words[2], "end") ? 0 : 3;
}
