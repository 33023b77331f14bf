#include "gateway/breaker.h"

#include <algorithm>

namespace armature::gateway {

Breaker::Counts Breaker::counts() const {
  Counts out;
  const std::lock_guard lock(mutex_);
  for (const auto& [provider, run] : runs_) {
    ++(run.open_for == Micros{0} ? out.closed : run.trying ? out.half_open : out.open);
  }
  return out;
}

bool is_failure(std::optional<int> status) {
  return !status || *status == 500 || *status == 502 || *status == 503 || *status == 504;
}

std::optional<Micros> Breaker::refuses(const std::string& provider, Ticks now) {
  const std::lock_guard lock(mutex_);
  const auto found = runs_.find(provider);
  if (found == runs_.end() || found->second.open_for == Micros{0}) return std::nullopt;
  Run& run = found->second;
  if (now < run.next_try) return run.next_try - now;
  run.trying = true;
  run.next_try = now + run.open_for;  // one that is never heard of again does not keep it open
  return std::nullopt;
}

void Breaker::report(const std::string& provider, bool failed, Ticks now) {
  const std::lock_guard lock(mutex_);
  if (!failed) {
    runs_.erase(provider);
    return;
  }
  Run& run = runs_[provider];
  if (run.failures++ == 0) run.first = now;
  const bool opens =
      run.open_for == Micros{0} && run.failures >= rules_.failures && now - run.first >= rules_.run;
  if (opens) {
    run.open_for = rules_.first_open;
  } else if (run.trying) {
    run.open_for = std::min(run.open_for * 2, rules_.longest_open);
  } else {
    return;
  }
  run.trying = false;
  run.next_try = now + run.open_for;
}

}  // namespace armature::gateway
