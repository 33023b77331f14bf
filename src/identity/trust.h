#pragma once
// Trust: which tokens of an outside issuer count, and as which workload. Values; the choice is
// pure.
//
//   claims    never empty. A text must be equal, "*" stands for any run of characters; of a list of
//             texts one must match; numbers and booleans as they are written in JSON
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace armature::identity {

struct Trust {
  std::string name;  // of the workload
  std::string issuer;
  std::string audience;
  std::vector<std::pair<std::string, std::string>> claims;
};

// The first that takes the claims of a verified token; null: none does.
const Trust* find_trust(const std::vector<Trust>& trusts, const JsonObject& claims);
bool matches_pattern(std::string_view text, std::string_view pattern);

}  // namespace armature::identity
