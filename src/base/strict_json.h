#pragma once
// parse_strict_json: JSON that every reader understands alike, for a text that is checked here and
// acted on elsewhere.
//
//   Errors    kInvalid: whatever parse_json refuses (also a byte order mark, UTF-16, bytes after
//             the value), and an object with two keys that are equal once escapes are resolved and
//             ASCII case is ignored: one reader takes the first of them, another the last
//   Case      "ı", "İ", "ſ" and "K" (Kelvin) count as the letters that some readers take them for
//   Threads   pure
#include <string_view>

#include "base/json.h"

namespace armature {

Result<Json> parse_strict_json(std::string_view text, std::size_t max_depth = 64);

}  // namespace armature
