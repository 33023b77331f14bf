#pragma once
// Is text UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF), and what to
// make of it when it is not.
//
//   is_utf8       runs of ASCII are read eight bytes at a time
//   valid_utf8    each broken sequence becomes U+FFFD, as .NET and browsers decode it
//   utf8_prefix   at most `most` bytes, never half a character
//   Threads       pure
#include <string>
#include <string_view>

namespace armature {

bool is_utf8(std::string_view text);
std::string valid_utf8(std::string text);
std::string_view utf8_prefix(std::string_view text, std::size_t most);

}  // namespace armature
