#include "sandbox/template/text.h"

#include <array>
#include <charconv>
#include <cmath>

namespace armature::sandbox::tmpl {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

// One code point from the front of `text`, which is not empty.
char32_t take_code_point(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  std::size_t length = 1;
  char32_t point = first;
  if (first >= 0xF0 && first < 0xF8) {
    length = 4;
    point = first & 0x07u;
  } else if (first >= 0xE0) {
    length = 3;
    point = first & 0x0Fu;
  } else if (first >= 0xC0) {
    length = 2;
    point = first & 0x1Fu;
  } else if (first >= 0x80) {
    text.remove_prefix(1);
    return kReplacement;
  }
  if (text.size() < length || first >= 0xF8) {
    text.remove_prefix(1);
    return kReplacement;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) {
      text.remove_prefix(i);
      return kReplacement;
    }
    point = (point << 6) | (byte(i) & 0x3Fu);
  }
  text.remove_prefix(length);
  return point > 0x10FFFF ? kReplacement : point;
}

void put_code_point(char32_t point, std::string& out) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xC0 | (point >> 6));
    put(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    put(0xE0 | (point >> 12));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  } else {
    put(0xF0 | (point >> 18));
    put(0x80 | ((point >> 12) & 0x3F));
    put(0x80 | ((point >> 6) & 0x3F));
    put(0x80 | (point & 0x3F));
  }
}

// Blocks where capitals and small letters alternate; `even` says which parity a capital has.
bool is_pair_block(char32_t c, bool& capital_even) {
  const auto in = [c](char32_t a, char32_t b) { return c >= a && c <= b; };
  if (in(0x100, 0x12F) || in(0x132, 0x137) || in(0x14A, 0x177) || in(0x1DE, 0x1EF) ||
      in(0x200, 0x21F) || in(0x222, 0x233) || in(0x460, 0x481) || in(0x48A, 0x4BF) ||
      in(0x4D0, 0x52F) || in(0x1E00, 0x1E95) || in(0x1EA0, 0x1EFF)) {
    capital_even = true;
    return true;
  }
  capital_even = false;
  return in(0x139, 0x148) || in(0x179, 0x17E) || in(0x1CD, 0x1DC) || in(0x4C1, 0x4CE);
}

char32_t lower(char32_t c) {
  const auto in = [c](char32_t a, char32_t b) { return c >= a && c <= b; };
  if (in('A', 'Z') || (in(0xC0, 0xDE) && c != 0xD7) || in(0x410, 0x42F)) return c + 32;
  if (in(0x391, 0x3A9) && c != 0x3A2) return c + 32;
  if (in(0x400, 0x40F)) return c + 80;
  if (c == 0x178) return 0xFF;
  bool even = false;
  if (is_pair_block(c, even) && ((c % 2 == 0) == even)) return c + 1;
  return c;
}

char32_t upper(char32_t c) {
  const auto in = [c](char32_t a, char32_t b) { return c >= a && c <= b; };
  if (in('a', 'z') || (in(0xE0, 0xFE) && c != 0xF7) || in(0x430, 0x44F)) return c - 32;
  if (in(0x3B1, 0x3C9) && c != 0x3C2) return c - 32;
  if (in(0x450, 0x45F)) return c - 80;
  if (c == 0xFF) return 0x178;
  bool even = false;
  if (is_pair_block(c, even) && ((c % 2 == 0) != even)) return c - 1;
  return c;
}

template <class Map>
std::string mapped(std::string_view text, Map map) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) put_code_point(map(take_code_point(text)), out);
  return out;
}

void quote(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          constexpr std::string_view kHex = "0123456789abcdef";
          out += "\\u00";
          out += kHex[static_cast<std::size_t>(c) >> 4];
          out += kHex[static_cast<std::size_t>(c) & 15u];
        } else {
          out += c;
        }
    }
  }
  out += '"';
}

void write(const Json& value, std::string& out) {
  bool first = true;
  const auto comma = [&] {
    if (!first) out += ',';
    first = false;
  };
  switch (value.kind()) {
    case boost::json::kind::object:
      out += '{';
      for (const auto& [key, member] : value.get_object()) {
        comma();
        quote(key, out);
        out += ':';
        write(member, out);
      }
      out += '}';
      break;
    case boost::json::kind::array:
      out += '[';
      for (const Json& element : value.get_array()) {
        comma();
        write(element, out);
      }
      out += ']';
      break;
    case boost::json::kind::string:
      quote(as_text(value), out);
      break;
    case boost::json::kind::int64:
      out += std::to_string(value.get_int64());
      break;
    case boost::json::kind::uint64:
      out += std::to_string(value.get_uint64());
      break;
    case boost::json::kind::double_: {
      const std::string text = number_text(value.get_double());
      out += text;
      if (text.find_first_of(".EN") == std::string::npos) out += ".0";
      break;
    }
    case boost::json::kind::bool_:
      out += value.get_bool() ? "true" : "false";
      break;
    case boost::json::kind::null:
      out += "null";
      break;
  }
}

}  // namespace

std::u16string to_utf16(std::string_view utf8) {
  std::u16string out;
  out.reserve(utf8.size());
  while (!utf8.empty()) {
    char32_t point = take_code_point(utf8);
    if (point >= 0x10000) {
      point -= 0x10000;
      out += static_cast<char16_t>(0xD800 + (point >> 10));
      point = 0xDC00 + (point & 0x3FF);
    }
    out += static_cast<char16_t>(point);
  }
  return out;
}

std::string to_utf8(std::u16string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char32_t point = text[i];
    if (point >= 0xD800 && point < 0xE000) {
      const bool pair =
          point < 0xDC00 && i + 1 < text.size() && text[i + 1] >= 0xDC00 && text[i + 1] < 0xE000;
      point = pair ? 0x10000 + ((point - 0xD800) << 10) + (text[++i] - 0xDC00u) : kReplacement;
    }
    put_code_point(point, out);
  }
  return out;
}

std::string lower_invariant(std::string_view text) { return mapped(text, lower); }
std::string upper_invariant(std::string_view text) { return mapped(text, upper); }

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  std::array<char, 64> buffer;
  const double size = std::fabs(value);
  const auto format = size != 0 && (size >= 1e15 || size < 1e-5) ? std::chars_format::scientific
                                                                 : std::chars_format::fixed;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, format).ptr;
  std::string text(buffer.data(), end);
  for (char& c : text) c = c == 'e' ? 'E' : c;
  return text;
}

std::string json_text(const Json& value) {
  std::string out;
  write(value, out);
  return out;
}

std::string plain_text(const Json& value) {
  if (value.is_string()) return std::string(as_text(value));
  if (const auto* flag = value.if_bool()) return *flag ? "True" : "False";
  if (value.is_null()) return "";
  if (const auto* number = value.if_double()) return number_text(*number);
  return json_text(value);
}

std::string type_name(const Json& value) {
  switch (value.kind()) {
    case boost::json::kind::object:
      return "Object";
    case boost::json::kind::array:
      return "Array";
    case boost::json::kind::string:
      return "String";
    case boost::json::kind::int64:
    case boost::json::kind::uint64:
      return "Integer";
    case boost::json::kind::double_:
      return "Float";
    case boost::json::kind::bool_:
      return "Boolean";
    case boost::json::kind::null:
      break;
  }
  return "Null";
}

}  // namespace armature::sandbox::tmpl
