#pragma once
// How a request's target is written down: printable, not too long, and without what could be a
// secret. Pure.
//
//   recorded_path     the path alone: for the audit
//   recorded_target   the path, and of the query the names, with the values of parameters that are
//                     known to be harmless; every other value is "***" (signatures of links, codes,
//                     SAS tokens, filters): for the access log
#include <string>
#include <string_view>

namespace armature::gateway {

std::string recorded_path(std::string_view target);
std::string recorded_target(std::string_view target);

}  // namespace armature::gateway
