// Dates: ISO 8601 in, .NET patterns out (invariant culture). Everything is UTC.
#include <array>
#include <charconv>
#include <chrono>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/parameters.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

using std::chrono::days;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};

std::string padded(std::int64_t number, std::size_t width) {
  std::string text = std::to_string(number);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

// Reads digits and signs in turn; `good` stays true while all fits.
struct Scanner {
  std::string_view text;
  bool good = true;

  int number(std::size_t digits) {
    int value = 0;
    if (text.size() < digits) {
      good = false;
      return 0;
    }
    const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
    good = good && error == std::errc() && end == text.data() + digits && text[0] != '-';
    text.remove_prefix(digits);
    return value;
  }
  bool sign(std::string_view any) {
    if (text.empty() || any.find(text[0]) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
  }
};

std::optional<Instant> parse_date(std::string_view text) {
  Scanner in{trim(text)};
  const int year = in.number(4);
  in.sign("-/");
  const int month = in.number(2);
  in.sign("-/");
  const int day = in.number(2);
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t micros = 0;
  int offset = 0;
  if (in.sign("Tt ")) {
    hour = in.number(2);
    in.sign(":");
    minute = in.number(2);
    const bool colon = in.sign(":");
    if (colon || (!in.text.empty() && in.text[0] >= '0' && in.text[0] <= '9')) {
      second = in.number(2);
    }
    if (in.sign(".,")) {
      std::int64_t unit = 100000;
      while (!in.text.empty() && in.text[0] >= '0' && in.text[0] <= '9') {
        micros += (in.text[0] - '0') * unit;
        unit /= 10;
        in.text.remove_prefix(1);
      }
    }
    const std::string_view zone = in.text;
    if (in.sign("+-")) {
      offset = in.number(2) * 60;
      in.sign(":");
      offset += in.number(2);
      if (zone[0] == '-') offset = -offset;
    } else {
      in.sign("Zz");
    }
  }
  const year_month_day date{std::chrono::year(year),
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!in.good || !in.text.empty() || !date.ok() || hour > 23 || minute > 59 || second > 59) {
    return std::nullopt;
  }
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute - offset) + std::chrono::seconds(second) + Micros(micros);
}

Instant add_months(Instant at, int months) {
  const auto midnight = std::chrono::floor<days>(at);
  year_month_day date(midnight);
  date += std::chrono::months(months);
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return Instant(std::chrono::sys_days(date)) + (at - Instant(midnight));
}

// PnYnMnWnDTnHnMnS with an optional sign; fractions of seconds are allowed.
std::optional<Instant> add_duration(Instant at, std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (!text.starts_with('P') || text.size() < 3) return std::nullopt;
  text.remove_prefix(1);
  bool time = false;
  double seconds = 0;
  int months = 0;
  while (!text.empty()) {
    if (text[0] == 'T') {
      time = true;
      text.remove_prefix(1);
      continue;
    }
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() + text.size() || number < 0 || number > 1e8) {
      return std::nullopt;
    }
    const char unit = *end;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    if (!time && (unit == 'Y' || unit == 'M')) {
      if (number > 120000) return std::nullopt;
      months += static_cast<int>(number) * (unit == 'Y' ? 12 : 1);
    } else if (!time && (unit == 'W' || unit == 'D')) {
      seconds += number * 86400 * (unit == 'W' ? 7 : 1);
    } else if (time && (unit == 'H' || unit == 'M' || unit == 'S')) {
      seconds += number * (unit == 'H' ? 3600 : unit == 'M' ? 60 : 1);
    } else {
      return std::nullopt;
    }
  }
  const double sign = negative ? -1 : 1;
  at = add_months(at, negative ? -months : months);
  return at + Micros(static_cast<std::int64_t>(sign * seconds * 1e6));
}

bool year_fits(Instant at) {
  const int year = int(year_month_day(std::chrono::floor<days>(at)).year());
  return year >= 1 && year <= 9999;
}

std::string_view standard_pattern(char letter) {
  switch (letter) {
    case 'd':
      return "MM/dd/yyyy";
    case 'D':
      return "dddd, dd MMMM yyyy";
    case 'f':
      return "dddd, dd MMMM yyyy HH:mm";
    case 'F':
    case 'U':
      return "dddd, dd MMMM yyyy HH:mm:ss";
    case 'g':
      return "MM/dd/yyyy HH:mm";
    case 'G':
      return "MM/dd/yyyy HH:mm:ss";
    case 'm':
    case 'M':
      return "MMMM dd";
    case 'o':
    case 'O':
      return "yyyy-MM-ddTHH:mm:ss.fffffffK";
    case 'r':
    case 'R':
      return "ddd, dd MMM yyyy HH:mm:ss 'GMT'";
    case 's':
      return "yyyy-MM-ddTHH:mm:ss";
    case 't':
      return "HH:mm";
    case 'T':
      return "HH:mm:ss";
    case 'u':
      return "yyyy-MM-dd HH:mm:ss'Z'";
    case 'y':
    case 'Y':
      return "yyyy MMMM";
    default:
      return "";
  }
}

struct Parts {
  year_month_day date;
  unsigned weekday;
  std::int64_t hour, minute, second, micros;
};

std::string field(const Parts& at, char letter, std::size_t count) {
  const unsigned month = unsigned(at.date.month());
  switch (letter) {
    case 'y':
      return count <= 2 ? padded(int(at.date.year()) % 100, count)
                        : padded(int(at.date.year()), count);
    case 'M':
      if (count >= 4) return std::string(kMonths[month - 1]);
      return count == 3 ? std::string(kMonths[month - 1].substr(0, 3)) : padded(month, count);
    case 'd':
      if (count >= 4) return std::string(kDays[at.weekday]);
      return count == 3 ? std::string(kDays[at.weekday].substr(0, 3))
                        : padded(unsigned(at.date.day()), count);
    case 'H':
      return padded(at.hour, count);
    case 'h':
      return padded(at.hour % 12 == 0 ? 12 : at.hour % 12, count);
    case 'm':
      return padded(at.minute, count);
    case 's':
      return padded(at.second, count);
    case 'f':
    case 'F': {
      std::string digits = padded(at.micros, 6) + "0";
      digits.resize(std::min<std::size_t>(count, 7));
      while (letter == 'F' && digits.ends_with('0')) digits.pop_back();
      return digits;
    }
    case 't':
      return std::string(at.hour < 12 ? "AM" : "PM").substr(0, count);
    case 'z':
      return count == 1 ? "+0" : count == 2 ? "+00" : "+00:00";
    default:
      return "Z";  // K
  }
}

Outcome<Instant> date_argument(std::string_view name, const Arguments& arguments,
                               std::size_t index) {
  ARMATURE_TRY(const std::string text, text_argument(name, arguments, index));
  if (const auto at = parse_date(text)) return *at;
  return invalid_template("The template language function '" + std::string(name) +
                          "' expects its parameter at position '" + std::to_string(index + 1) +
                          "' to be a date and time. The provided value is '" + text + "'.");
}

Outcome<Json> utc_now(Evaluator& evaluator, const Arguments& arguments) {
  if (evaluator.phase != Phase::kDefault) {
    return invalid_template(
        "The template function 'utcNow' is not expected at this location. It "
        "can only be used in the default value of a parameter.");
  }
  if (evaluator.context.surroundings.preview != Preview::kNo) return not_yet_known("utcNow");
  std::string pattern = "yyyyMMddTHHmmssZ";
  if (!arguments.empty()) {
    ARMATURE_TRY(pattern, text_argument("utcNow", arguments, 0));
  }
  ARMATURE_TRY(const std::string out, format_date(evaluator.context.surroundings.now, pattern));
  return Json(out);
}

Outcome<Json> date_time_add(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const Instant base, date_argument("dateTimeAdd", arguments, 0));
  ARMATURE_TRY(const std::string duration, text_argument("dateTimeAdd", arguments, 1));
  std::string pattern = "yyyy-MM-ddTHH:mm:ssZ";
  if (arguments.size() > 2) {
    ARMATURE_TRY(pattern, text_argument("dateTimeAdd", arguments, 2));
  }
  const auto moved = add_duration(base, duration);
  if (!moved || !year_fits(*moved)) {
    return invalid_template(
        "The template language function 'dateTimeAdd' expects its second "
        "parameter to be an ISO 8601 duration. The provided value is '" +
        duration + "'.");
  }
  ARMATURE_TRY(const std::string out, format_date(*moved, pattern));
  return Json(out);
}

Outcome<Json> to_epoch(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const Instant at, date_argument("dateTimeToEpoch", arguments, 0));
  return Json(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
}

Outcome<Json> from_epoch(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const std::int64_t seconds, integer_argument("dateTimeFromEpoch", arguments, 0));
  if (seconds < -62135596800 || seconds > 253402300799) {
    return invalid_template(
        "The template language function 'dateTimeFromEpoch' expects seconds "
        "within the years 1 to 9999. The provided value is '" +
        std::to_string(seconds) + "'.");
  }
  ARMATURE_TRY(const std::string out,
               format_date(Instant(std::chrono::seconds(seconds)), "yyyy-MM-ddTHH:mm:ssZ"));
  return Json(out);
}

constexpr Function kRows[] = {
    {"utcNow",            0, 1, utc_now      },
    {"dateTimeAdd",       2, 3, date_time_add},
    {"dateTimeToEpoch",   1, 1, to_epoch     },
    {"dateTimeFromEpoch", 1, 1, from_epoch   },
};

}  // namespace

Outcome<std::string> format_date(Instant at, const std::string& pattern) {
  std::string_view rest = pattern;
  if (rest.size() == 1) rest = standard_pattern(rest[0]);
  if (rest.starts_with('%')) rest.remove_prefix(1);
  if (rest.empty()) return invalid_template("The date format '" + pattern + "' is not valid.");
  const auto midnight = std::chrono::floor<days>(at);
  const std::int64_t micros = (at - Instant(midnight)).count();
  const Parts parts{year_month_day(midnight), std::chrono::weekday(midnight).c_encoding(),
                    micros / 3'600'000'000,   micros / 60'000'000 % 60,
                    micros / 1'000'000 % 60,  micros % 1'000'000};
  std::string out;
  while (!rest.empty()) {
    const char c = rest[0];
    if (std::string_view("yMdHhmsfFtzK").find(c) != std::string_view::npos) {
      const auto end = std::min(rest.find_first_not_of(c), rest.size());
      out += field(parts, c, end);
      rest.remove_prefix(end);
    } else if (c == '\'' || c == '"') {
      const auto end = rest.find(c, 1);
      if (end == std::string_view::npos) {
        return invalid_template("The date format '" + pattern + "' is not valid.");
      }
      out += rest.substr(1, end - 1);
      rest.remove_prefix(end + 1);
    } else {
      if (c == '\\' && rest.size() > 1) rest.remove_prefix(1);
      out += rest[0];
      rest.remove_prefix(1);
    }
  }
  return out;
}

std::span<const Function> date_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
