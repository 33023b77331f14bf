#pragma once
// The part of OData's $filter that the compliance queries take: comparisons joined by "and".
//
//   read_odata  nothing for text that is not understood
//   Values      'text', true, false, numbers, bare instants; text compares without regard to case
//   Threads     pure
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace armature::sandbox::policy {

struct Comparison {
  std::string field;
  std::string relation;  // eq, ne, lt, le, gt, ge
  std::string value;
};
std::optional<std::vector<Comparison>> read_odata(std::string_view text);
bool passes(const std::vector<Comparison>& filter, const Json& item);

}  // namespace armature::sandbox::policy
