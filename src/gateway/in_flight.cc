#include "gateway/in_flight.h"

namespace armature::gateway {

bool InFlight::enter(const std::string& key, Resume resume) {
  {
    const std::lock_guard lock(mutex_);
    const auto [line, first] = lines_.try_emplace(key);
    if (!first) {
      if (line->second.size() >= kLongestLine) return false;
      line->second.push_back(std::move(resume));
      return true;
    }
  }
  resume();
  return true;
}

void InFlight::leave(const std::string& key) {
  Resume next;
  {
    const std::lock_guard lock(mutex_);
    const auto line = lines_.find(key);
    if (line == lines_.end()) return;
    if (line->second.empty()) {
      lines_.erase(line);
      return;
    }
    next = std::move(line->second.front());
    line->second.pop_front();
  }
  next();
}

}  // namespace armature::gateway
