#include "base/utf8.h"

#include <cstdint>
#include <cstring>

namespace armature {
namespace {

unsigned char byte_at(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// Length of the sequence that starts with `lead`, 0 when none does. Overlong two-byte forms cannot
// start: 0xC0 and 0xC1 are no leads.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

bool may_follow(unsigned char lead, unsigned char second) {
  if ((second & 0xC0) != 0x80) return false;
  return !((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second >= 0xA0) ||
           (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second >= 0x90));
}

// From `at`: how many bytes belong together, and whether they are a character.
struct Sequence {
  std::size_t length;
  bool whole;
};
Sequence sequence_at(std::string_view text, std::size_t at) {
  const unsigned char lead = byte_at(text, at);
  const std::size_t length = sequence_length(lead);
  if (length == 0) return {1, false};
  for (std::size_t k = 1; k < length; ++k) {
    const bool good = at + k < text.size() && (k == 1 ? may_follow(lead, byte_at(text, at + 1))
                                                      : (byte_at(text, at + k) & 0xC0) == 0x80);
    if (!good) return {k, false};
  }
  return {length, true};
}

std::size_t skip_ascii(std::string_view text, std::size_t at) {
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, 8);
    if ((eight & 0x8080808080808080u) != 0) break;
  }
  while (at < text.size() && byte_at(text, at) < 0x80) ++at;
  return at;
}

// Where the first broken sequence is, or the text's size.
std::size_t good_until(std::string_view text) {
  for (std::size_t at = skip_ascii(text, 0); at < text.size(); at = skip_ascii(text, at)) {
    const Sequence next = sequence_at(text, at);
    if (!next.whole) return at;
    at += next.length;
  }
  return text.size();
}

}  // namespace

bool is_utf8(std::string_view text) { return good_until(text) == text.size(); }

std::string valid_utf8(std::string text) {
  std::size_t at = good_until(text);
  if (at == text.size()) return text;
  std::string out = text.substr(0, at);
  while (at < text.size()) {
    const Sequence next = sequence_at(text, at);
    out += next.whole ? std::string_view(text).substr(at, next.length) : "\xEF\xBF\xBD";
    at += next.length;
  }
  return out;
}

std::string_view utf8_prefix(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (byte_at(text, most) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace armature
