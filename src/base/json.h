#pragma once
// The program's JSON: Boost.JSON, because objects keep their order, integers stay 64 bits wide, and
// it is compiled once. ARM keeps key order and looks names up without regard to case, hence
// find_ci.
//
//   parse_json  the whole text must be one value; depth at most 64 unless told; duplicate keys keep
//               the last, as ARM does; error text has line and column
//   dump        compact, always UTF-8 (broken text: U+FFFD), keys in order; pretty() by two blanks
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace armature {

using Json = boost::json::value;
using JsonObject = boost::json::object;
using JsonArray = boost::json::array;

Result<Json> parse_json(std::string_view text, std::size_t max_depth = 64);
std::string dump(const Json& value);
std::string pretty(const Json& value);

// Pointers into the value, or nullptr; never throw. at() walks a dotted path: "properties.state".
const Json* find(const Json& value, std::string_view key);
const Json* find_ci(const JsonObject& object, std::string_view key);  // exact match first
Json* find_ci(JsonObject& object, std::string_view key);
const Json* at(const Json& value, std::string_view dotted_path);
// The text at key or path, or `otherwise` when absent or not a string.
std::string text_at(const Json& value, std::string_view dotted_path,
                    std::string_view otherwise = "");
std::int64_t int_at(const Json& value, std::string_view dotted_path, std::int64_t otherwise = 0);
bool bool_at(const Json& value, std::string_view dotted_path, bool otherwise = false);

inline std::string_view as_text(const Json& value) {
  return {value.get_string().data(), value.get_string().size()};
}
// RFC 7396.
Json merge_patch(Json target, const Json& patch);
// Keys sorted, no blanks: equal values give equal text. For digests.
std::string canonical(const Json& value);

}  // namespace armature
