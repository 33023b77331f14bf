#include "orchestrator/cancel.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace armature::orchestrator {

Cancel::Cancel() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
Cancel::~Cancel() { ::close(fd_); }

void Cancel::raise() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

bool Cancel::raised() const { return wait(Micros{0}); }

bool Cancel::wait(Micros length) const {
  pollfd watched{fd_, POLLIN, 0};
  const auto millis = std::clamp<std::int64_t>((length.count() + 999) / 1000, 0, 1 << 30);
  return ::poll(&watched, 1, static_cast<int>(millis)) > 0;
}

}  // namespace armature::orchestrator
