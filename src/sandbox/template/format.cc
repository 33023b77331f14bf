// .NET composite formatting, invariant culture: "{0}", "{1,-8}", "{2:N0}", "{{".
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/functions.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

TemplateError bad_format(std::string_view why) {
  return invalid_template(
      "Unable to evaluate language function 'format': the format is invalid: '" + std::string(why) +
      "'. Please see https://aka.ms/arm-template-expressions#format for usage "
      "details.");
}

// Objects and arrays print as JSON with single quotes.
std::string shown(const Json& value) {
  if (!value.is_object() && !value.is_array()) return plain_text(value);
  std::string out = json_text(value);
  bool escaped = false;
  for (char& c : out) {
    if (c == '"' && !escaped) c = '\'';
    escaped = c == '\\' && !escaped;
  }
  return out;
}

std::string fixed(double value, int digits) {
  std::array<char, 400> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, digits)
                       .ptr;
  return {buffer.data(), end};
}

std::string grouped(std::string number) {
  const bool negative = number.starts_with('-');
  auto end = number.find('.');
  if (end == std::string::npos) end = number.size();
  for (std::size_t at = end; at > (negative ? 4u : 3u);) {
    at -= 3;
    number.insert(at, ",");
  }
  return number;
}

// A picture such as "000", "0.00" or "#,##0": digits wanted before and after the point.
std::string pictured(double value, std::string_view picture) {
  const auto point = picture.find('.');
  const std::string_view whole = picture.substr(0, point);
  const auto fraction = point == std::string_view::npos ? "" : picture.substr(point + 1);
  const auto least = std::ranges::count(whole, '0');
  std::string out = fixed(std::fabs(value), static_cast<int>(fraction.size()));
  auto digits = out.find('.');
  if (digits == std::string::npos) digits = out.size();
  if (least > static_cast<std::ptrdiff_t>(digits)) {
    out.insert(0, static_cast<std::size_t>(least) - digits, '0');
  }
  for (auto i = fraction.size(); i > 0 && fraction[i - 1] == '#' && out.back() == '0'; --i) {
    out.pop_back();
  }
  if (out.ends_with('.')) out.pop_back();
  if (whole.find(',') != std::string_view::npos) out = grouped(out);
  return (value < 0 ? "-" : "") + out;
}

Outcome<std::string> number_in(const Json& value, std::string_view format) {
  const double number = value.to_number<double>();
  const char kind = to_upper(format.substr(0, 1))[0];
  int digits = -1;
  const char* last = format.data() + format.size();
  const auto parsed = std::from_chars(format.data() + 1, last, digits);
  const bool standard = format.size() == 1 || (parsed.ptr == last && digits <= 99);
  if (!standard || std::string_view("CDEFGNPRX").find(kind) == std::string_view::npos) {
    if (format.find_first_of("0#") == std::string_view::npos) return std::string(format);
    return pictured(number, format);
  }
  const auto integer = value.if_int64();
  switch (kind) {
    case 'D':
    case 'X': {
      if (integer == nullptr) return bad_format("Format specifier was invalid.");
      std::array<char, 32> buffer;
      const auto bits = static_cast<std::uint64_t>(*integer);
      const bool negative = kind == 'D' && *integer < 0;
      const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                     negative ? 0 - bits : bits, kind == 'X' ? 16 : 10)
                           .ptr;
      std::string text(buffer.data(), end);
      if (format[0] == 'X') text = to_upper(text);
      if (digits > static_cast<int>(text.size())) {
        text.insert(0, static_cast<std::size_t>(digits) - text.size(), '0');
      }
      return (negative ? "-" : "") + text;
    }
    case 'N':
    case 'C':
      return (kind == 'C' ? "¤" : "") + grouped(fixed(number, digits < 0 ? 2 : digits));
    case 'F':
      return fixed(number, digits < 0 ? 2 : digits);
    case 'P':
      return grouped(fixed(number * 100, digits < 0 ? 2 : digits)) + " %";
    default:
      return plain_text(value);
  }
}

}  // namespace

Outcome<std::string> format_text(const std::string& pattern, std::span<const Json> arguments) {
  constexpr std::string_view kShape = "Input string was not in a correct format.";
  std::string out;
  for (std::size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    if ((c == '{' || c == '}') && i + 1 < pattern.size() && pattern[i + 1] == c) {
      out += c;
      i += 2;
      continue;
    }
    if (c == '}') return bad_format(kShape);
    if (c != '{') {
      out += c;
      ++i;
      continue;
    }
    const auto close = pattern.find('}', i);
    if (close == std::string::npos) return bad_format(kShape);
    const std::string_view item = std::string_view(pattern).substr(i + 1, close - i - 1);
    i = close + 1;
    const auto colon = item.find(':');
    const auto head = item.substr(0, colon);
    const auto comma = head.find(',');
    const std::string_view index_text = trim(head.substr(0, comma));
    std::size_t index = 0;
    const auto [end, error] =
        std::from_chars(index_text.data(), index_text.data() + index_text.size(), index);
    if (error != std::errc() || end != index_text.data() + index_text.size()) {
      return bad_format(kShape);
    }
    if (index >= arguments.size()) {
      return bad_format(
          "Index (zero based) must be greater than or equal to zero and less than "
          "the size of the argument list.");
    }
    std::string text = shown(arguments[index]);
    if (colon != std::string_view::npos && colon + 1 < item.size() &&
        arguments[index].is_number()) {
      ARMATURE_TRY(text, number_in(arguments[index], item.substr(colon + 1)));
    }
    if (comma != std::string_view::npos) {
      const std::string_view width_text = trim(head.substr(comma + 1));
      int width = 0;
      std::from_chars(width_text.data(), width_text.data() + width_text.size(), width);
      const auto size = static_cast<int>(to_utf16(text).size());
      const int missing = std::clamp(std::abs(width), 0, 10000) - size;
      if (missing > 0) {
        const std::string blanks(static_cast<std::size_t>(missing), ' ');
        text = width < 0 ? text + blanks : blanks + text;
      }
    }
    out += text;
    if (out.size() > (4u << 20)) return bad_format("The result is too long.");
  }
  return out;
}

}  // namespace armature::sandbox::tmpl
