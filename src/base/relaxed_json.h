#pragma once
// JSON as ARM's own parser takes it: comments, names without quotes, single quotes, lines within a
// text, a comma before the end. The Azure CLI sends a deployment so: the template's text as its
// author wrote it, behind a name without quotes.
//
//   parse_relaxed_json  as parse_json; what is strict JSON is read once. Lines in error texts are
//                       the sender's
//   strict_json         the rewriting alone: never longer than about twice the text
//   Threads             pure
//   Source              newtonsoft.com/json, JsonTextReader; what az sends was seen on the wire
#include <string>
#include <string_view>

#include "base/json.h"

namespace armature {

Result<Json> parse_relaxed_json(std::string_view text, std::size_t max_depth = 64);
std::string strict_json(std::string_view relaxed);

}  // namespace armature
