#pragma once
// Text forms of bytes: hex, base64 (RFC 4648, both alphabets), uuid; ASCII case and trimming.
//
//   Decoders  refuse every character outside the alphabet and wrong padding (kInvalid);
//             base64url is written without padding and read without it
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace armature {

std::string to_hex(std::string_view bytes);
Result<std::string> from_hex(std::string_view text);
std::string to_base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);
std::string to_base64url(std::string_view bytes);
Result<std::string> from_base64url(std::string_view text);
std::string format_uuid(std::string_view sixteen_bytes);
bool is_uuid(std::string_view text);

// ASCII only, as ARM compares ids: never the locale's rules.
std::string to_lower(std::string_view text);
std::string to_upper(std::string_view text);
bool equal_ci(std::string_view a, std::string_view b);
bool starts_with_ci(std::string_view text, std::string_view prefix);
bool ends_with_ci(std::string_view text, std::string_view suffix);
std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);  // keeps empty parts
std::string join(const std::vector<std::string>& parts, std::string_view separator);
// The candidate nearest to `word` by edit distance, or "" when none is near: "did you mean".
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace armature
