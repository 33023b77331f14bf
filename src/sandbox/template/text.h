#pragma once
// Text as ARM's engine (.NET) sees it: UTF-16 lengths, invariant case, JSON and bool spelling.
//
//   Threads   pure
#include <string>
#include <string_view>

#include "base/json.h"

namespace armature::sandbox::tmpl {

std::u16string to_utf16(std::string_view utf8);  // broken bytes become U+FFFD
std::string to_utf8(std::u16string_view text);   // lone surrogates become U+FFFD

// Simple case mapping for Latin, Greek and Cyrillic; other letters stay as they are.
std::string lower_invariant(std::string_view text);
std::string upper_invariant(std::string_view text);

std::string number_text(double value);      // shortest form: 1.5, 1E+20
std::string json_text(const Json& value);   // compact; non-ASCII characters stay as they are
std::string plain_text(const Json& value);  // as string() and concat(): True, 12, abc, {"a":1}
std::string type_name(const Json& value);   // "String", "Integer", "Object"… as in ARM's messages

}  // namespace armature::sandbox::tmpl
