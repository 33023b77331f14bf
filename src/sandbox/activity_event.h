#pragma once
// The events that an item of the Activity Log stands for, in Azure's EventData schema.
//
//   occurrences  what has happened by `now`: "Started", its end, and the end of what was accepted
//   event_json   one of them. Pure: the same item gives the same event, its eventDataId included
//   Threads      pure
#include <string>
#include <vector>

#include "sandbox/items.h"

namespace armature::sandbox {

struct Occurrence {
  enum class Phase { kStarted, kEnded, kDone };
  Phase phase = Phase::kStarted;
  Instant at;
  std::string status;
};
std::vector<Occurrence> occurrences(const Event& event, Instant now);

struct EventPlace {  // what every event of this sandbox shares
  std::string tenant;
  std::string subscription;
};
Json event_json(const Event& event, const Occurrence& occurrence, const EventPlace& place);
std::string level_of(const Event& event, const Occurrence& occurrence);
std::string provider_of(const Event& event);

}  // namespace armature::sandbox
