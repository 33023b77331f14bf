#include "dag/jinja_time.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>

#include "base/bytes.h"

namespace armature::dag {
namespace {

using std::chrono::days;
using std::chrono::floor;

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

Error bad_letter(char letter) {
  return fail(Code::kInvalid, fmt::format("the time pattern %{} is not supported", letter));
}

struct Fields {
  int year = 1900, month = 1, day = 1, hour = 0, minute = 0, second = 0, micro = 0;
  bool afternoon = false, twelve = false;
};

// The number of up to `width` digits at the front; absent when there is none.
std::optional<int> take_number(std::string_view& text, std::size_t width) {
  int value = 0;
  const auto piece = text.substr(0, width);
  if (piece.empty() || piece[0] == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(piece.data(), piece.data() + piece.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - piece.data()));
  return value;
}

template <std::size_t N>
std::optional<int> take_word(std::string_view& text, const std::array<std::string_view, N>& words,
                             bool brief) {
  for (std::size_t i = 0; i < N; ++i) {
    const std::string_view word = brief ? words[i].substr(0, 3) : words[i];
    if (!starts_with_ci(text, word)) continue;
    text.remove_prefix(word.size());
    return static_cast<int>(i);
  }
  return std::nullopt;
}

// Reads one field; false when the text does not hold it.
Result<bool> take_field(char letter, std::string_view& text, Fields& out) {
  const auto number = [&](std::size_t width, int& field, int offset = 0) {
    const auto value = take_number(text, width);
    if (value) field = *value + offset;
    return value.has_value();
  };
  switch (letter) {
    case 'Y':
      return number(4, out.year);
    case 'y': {
      const bool found = number(2, out.year);
      out.year += out.year < 69 ? 2000 : 1900;
      return found;
    }
    case 'm':
      return number(2, out.month);
    case 'd':
      return number(2, out.day);
    case 'H':
      return number(2, out.hour);
    case 'I':
      out.twelve = true;
      return number(2, out.hour);
    case 'M':
      return number(2, out.minute);
    case 'S':
      return number(2, out.second);
    case 'f': {
      const std::size_t before = text.size();
      if (!number(6, out.micro)) return false;
      for (std::size_t width = before - text.size(); width < 6; ++width) out.micro *= 10;
      return true;
    }
    case 'p':
      out.afternoon = starts_with_ci(text, "pm");
      if (!out.afternoon && !starts_with_ci(text, "am")) return false;
      text.remove_prefix(2);
      return true;
    case 'b':
    case 'B': {
      const auto month = take_word(text, kMonths, letter == 'b');
      if (month) out.month = *month + 1;
      return month.has_value();
    }
    case 'a':
    case 'A':
      return take_word(text, kDays, letter == 'a').has_value();
    case '%':
      if (!text.starts_with('%')) return false;
      text.remove_prefix(1);
      return true;
    default:
      return bad_letter(letter);
  }
}

}  // namespace

Result<std::string> format_time(Instant at, std::string_view pattern) {
  const auto day = floor<days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss<Micros> time{at - day};
  const int year = static_cast<int>(date.year());
  const unsigned month = static_cast<unsigned>(date.month());
  const unsigned mday = static_cast<unsigned>(date.day());
  const unsigned wday = std::chrono::weekday{day}.c_encoding();
  const auto hour = time.hours().count();
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') {
      out += pattern[i];
      continue;
    }
    const char letter = ++i < pattern.size() ? pattern[i] : ' ';
    switch (letter) {
      case 'Y':
        out += fmt::format("{:04}", year);
        break;
      case 'y':
        out += fmt::format("{:02}", year % 100);
        break;
      case 'm':
        out += fmt::format("{:02}", month);
        break;
      case 'd':
        out += fmt::format("{:02}", mday);
        break;
      case 'H':
        out += fmt::format("{:02}", hour);
        break;
      case 'I':
        out += fmt::format("{:02}", hour % 12 == 0 ? 12 : hour % 12);
        break;
      case 'p':
        out += hour < 12 ? "AM" : "PM";
        break;
      case 'M':
        out += fmt::format("{:02}", time.minutes().count());
        break;
      case 'S':
        out += fmt::format("{:02}", time.seconds().count());
        break;
      case 'f':
        out += fmt::format("{:06}", time.subseconds().count());
        break;
      case 'j':
        out += fmt::format(
            "{:03}",
            (day - std::chrono::sys_days{date.year() / std::chrono::January / 1}).count() + 1);
        break;
      case 'b':
        out += kMonths[month - 1].substr(0, 3);
        break;
      case 'B':
        out += kMonths[month - 1];
        break;
      case 'a':
        out += kDays[wday].substr(0, 3);
        break;
      case 'A':
        out += kDays[wday];
        break;
      case 'z':
        out += "+0000";
        break;
      case 'Z':
        out += "UTC";
        break;
      case '%':
        out += '%';
        break;
      default:
        return bad_letter(letter);
    }
  }
  return out;
}

Result<Instant> parse_time(std::string_view text, std::string_view pattern) {
  const auto misfit = [whole = std::string(text), shape = std::string(pattern)] {
    return fail(Code::kInvalid, "'" + whole + "' does not fit the time pattern '" + shape + "'");
  };
  Fields out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' && i + 1 < pattern.size()) {
      ARMATURE_TRY(const bool found, take_field(pattern[++i], text, out));
      if (!found) return misfit();
    } else if (text.starts_with(pattern[i])) {
      text.remove_prefix(1);
    } else {
      return misfit();
    }
  }
  if (out.twelve) out.hour = out.hour % 12 + (out.afternoon ? 12 : 0);
  const std::chrono::year_month_day date{std::chrono::year{out.year},
                                         std::chrono::month{static_cast<unsigned>(out.month)},
                                         std::chrono::day{static_cast<unsigned>(out.day)}};
  if (!text.empty() || !date.ok() || out.hour > 23 || out.minute > 59 || out.second > 59) {
    return misfit();
  }
  return Instant{std::chrono::sys_days{date}} + std::chrono::hours(out.hour) +
         std::chrono::minutes(out.minute) + std::chrono::seconds(out.second) + Micros(out.micro);
}

}  // namespace armature::dag
