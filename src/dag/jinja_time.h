#pragma once
// Instants by strftime patterns, for templates: %Y %m %d %H %M %S %f %j %y %p %I %b %B %a %A %z %Z
// %%. Always UTC. Pure.
//   Errors  kInvalid: a letter outside the list, text that does not fit the pattern
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace armature::dag {

Result<std::string> format_time(Instant at, std::string_view pattern);
Result<Instant> parse_time(std::string_view text, std::string_view pattern);

}  // namespace armature::dag
