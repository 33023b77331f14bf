#include "sandbox/deployments/run.h"

#include <algorithm>
#include <utility>

namespace armature::sandbox {

Progress::Progress(const std::vector<tmpl::Resource>& resources)
    : successors_(resources.size()),
      waits_for_(resources.size()),
      settled_(resources.size(), false),
      left_(resources.size()) {
  for (std::size_t i = 0; i < resources.size(); ++i) {
    waits_for_[i] = resources[i].depends_on.size();
    for (const std::size_t before : resources[i].depends_on) successors_[before].push_back(i);
    if (waits_for_[i] == 0) ready_.push_back(i);
  }
}

void Progress::done_before(std::size_t index) { settle(index); }

std::vector<std::size_t> Progress::take_ready() {
  if (failed_) return {};
  std::vector<std::size_t> out = std::exchange(ready_, {});
  std::erase_if(out, [&](std::size_t index) { return settled_[index]; });
  std::ranges::sort(out);
  running_ += out.size();
  return out;
}

void Progress::settle(std::size_t index) {
  if (settled_[index]) return;
  settled_[index] = true;
  --left_;
  for (const std::size_t after : successors_[index]) {
    if (--waits_for_[after] == 0) ready_.push_back(after);
  }
}

void Progress::done(std::size_t index) {
  --running_;
  settle(index);
}

void Progress::failed(std::size_t index) {
  --running_;
  settled_[index] = true;
  --left_;
  failed_ = true;
}

bool stop_run(Run& run) {
  const std::scoped_lock lock(run.mutex);
  return !std::exchange(run.finishing, true);
}

bool is_stopped(Run& run) {
  const std::scoped_lock lock(run.mutex);
  return run.finishing;
}

}  // namespace armature::sandbox
