#include "app/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace armature::app {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

void write_memory(Exposition& out) {
  std::ifstream file("/proc/self/statm");
  double virtual_pages = 0;
  double resident_pages = 0;
  if (!(file >> virtual_pages >> resident_pages)) return;
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  out.gauge("process_virtual_memory_bytes", "Virtual memory size.", virtual_pages * page);
  out.gauge("process_resident_memory_bytes", "Resident memory size.", resident_pages * page);
}

void write_descriptors(Exposition& out) {
  std::error_code error;
  int open = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end;
       !error && entry != end; entry.increment(error)) {
    ++open;
  }
  if (open > 0) out.gauge("process_open_fds", "Open file descriptors.", open - 1);  // less this one
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    out.gauge("process_max_fds", "Most file descriptors.", static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace

void write_process_metrics(Exposition& out, Instant started) {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) == 0) {
    out.counter("process_cpu_seconds_total", "CPU time, user and system.",
                seconds(used.ru_utime) + seconds(used.ru_stime));
  }
  write_memory(out);
  write_descriptors(out);
  out.gauge("process_start_time_seconds", "When the process began, since 1970.",
            static_cast<double>(started.time_since_epoch().count()) / 1e6);
}

}  // namespace armature::app
