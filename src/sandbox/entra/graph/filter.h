#pragma once
// $filter of Microsoft Graph, as far as its clients write it: comparisons with eq, ne and in,
// startswith, any over lists of texts, and, or, not, parentheses.
//
//   Compare   texts without regard to case, as the directory does; a property that is absent is
//   null Errors    kInvalid: the text is no such filter, or is nested deeper than 32 Threads   pure
//   Source    learn.microsoft.com, "Use the $filter query parameter"
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace armature::sandbox::graph {

struct Filter {
  enum class Kind { kAnd, kOr, kNot, kEqual, kStartsWith, kAny };
  Kind kind = Kind::kAnd;
  std::vector<Filter> parts;        // of and, or, not
  std::string property;             // "displayName", "api/requestedAccessTokenVersion"
  std::vector<std::string> values;  // one of them
  bool wants_null = false;          // … or null

  bool holds(const Json& object) const;
};
// An empty text holds for everything.
Result<Filter> read_filter(std::string_view text);

}  // namespace armature::sandbox::graph
