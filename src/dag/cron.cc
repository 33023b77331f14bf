#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

#include "base/bytes.h"
#include "base/time.h"
#include "dag/cron_fields.h"
#include "dag/timetable.h"

namespace armature::dag {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::seconds;

struct FieldRule {
  std::string_view name;
  int least, most;
  std::string_view words;  // three letters each, from `least` (day of week: from Sunday)
};
constexpr std::array<FieldRule, 5> kFields = {
    {
     {"minute", 0, 59, ""},
     {"hour", 0, 23, ""},
     {"day of month", 1, 31, ""},
     {"month", 1, 12, "janfebmaraprmayjunjulaugsepoctnovdec"},
     {"day of week", 0, 7, "sunmontuewedthufrisat"},
     }
};
enum Which { kMinute, kHour, kDayOfMonth, kMonth, kDayOfWeek };

constexpr std::array<CronPreset, 8> kPresets = {
    {
     {"@hourly", "0 * * * *"},
     {"@daily", "0 0 * * *"},
     {"@midnight", "0 0 * * *"},
     {"@weekly", "0 0 * * 0"},
     {"@monthly", "0 0 1 * *"},
     {"@quarterly", "0 0 1 */3 *"},
     {"@yearly", "0 0 1 1 *"},
     {"@annually", "0 0 1 1 *"},
     }
};

Error bad(Which which, std::string_view part, std::string_view why) {
  return fail(Code::kInvalid, "cron: '" + std::string(part) + "' in the " +
                                  std::string(kFields[which].name) + " field " + std::string(why));
}

Result<int> number(Which which, std::string_view text) {
  const FieldRule& rule = kFields[which];
  if (text.size() == 3 && !rule.words.empty()) {
    const auto at = rule.words.find(to_lower(text));
    if (at != std::string_view::npos && at % 3 == 0) return static_cast<int>(at / 3) + rule.least;
  }
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.starts_with('-')) {
    return bad(which, text, rule.words.empty() ? "is not a number" : "is no number and no name");
  }
  if (value < rule.least || value > rule.most) {
    return bad(which, text,
               "is not in " + std::to_string(rule.least) + "-" + std::to_string(rule.most));
  }
  return value;
}

// Sunday is 0 and 7; inside it is 0.
std::uint64_t bit(Which which, int value) {
  return std::uint64_t{1} << (which == kDayOfWeek ? value % 7 : value);
}

// "*", "a", "a-b", each with "/step"; a range that runs backwards goes over the end (FRI-MON).
Result<std::uint64_t> range(Which which, std::string_view part) {
  const FieldRule& rule = kFields[which];
  const int most = which == kDayOfWeek ? 6 : rule.most;
  std::string_view body = part;
  int step = 1;
  const auto slash = part.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view text = part.substr(slash + 1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (error != std::errc() || end != text.data() + text.size() || step < 1) {
      return bad(which, part, "has no valid step");
    }
    body = part.substr(0, slash);
  }
  int first = rule.least, last = most;
  if (body != "*" && body != "?") {
    const auto dash = body.find('-', 1);
    ARMATURE_TRY(first, number(which, body.substr(0, dash)));
    if (dash != std::string_view::npos) {
      ARMATURE_TRY(last, number(which, body.substr(dash + 1)));
    } else {
      last = slash == std::string_view::npos ? first : std::max(most, first);
    }
  }
  std::uint64_t out = 0;
  const int span = rule.most == 7 ? 7 : most - rule.least + 1;
  const int end = last >= first ? last : last + span;
  for (int value = first; value <= end; value += step) {
    out |= bit(which, value > rule.most ? value - span : value);
  }
  return out;
}

// "L" and "L5" (the last Friday), "5#2" (the second Friday).
Result<bool> special_day(Cron::Fields& fields, Which which, std::string_view part) {
  if (which == kDayOfMonth && equal_ci(part, "L")) {
    fields.last_day = true;
    return true;
  }
  if (which != kDayOfWeek) return false;
  const auto hash = part.find('#');
  if (hash != std::string_view::npos) {
    ARMATURE_TRY(const int weekday, number(which, part.substr(0, hash)));
    const std::string_view nth = part.substr(hash + 1);
    if (nth.size() != 1 || nth[0] < '1' || nth[0] > '5') {
      return bad(which, part, "must end in #1 to #5");
    }
    fields.nth_weekdays.emplace_back(weekday % 7, nth[0] - '0');
    return true;
  }
  if (part.size() > 1 && (part.front() == 'L' || part.front() == 'l')) {
    ARMATURE_TRY(const int weekday, number(which, part.substr(1)));
    fields.last_weekdays |= bit(which, weekday);
    return true;
  }
  if (part.size() > 1 && (part.back() == 'L' || part.back() == 'l')) {
    ARMATURE_TRY(const int weekday, number(which, part.substr(0, part.size() - 1)));
    fields.last_weekdays |= bit(which, weekday);
    return true;
  }
  if (equal_ci(part, "L")) {
    fields.weekdays |= bit(which, 6);
    return true;
  }
  return false;
}

Result<std::uint64_t> field(Cron::Fields& fields, Which which, std::string_view text) {
  std::uint64_t out = 0;
  for (const std::string& part : split(text, ',')) {
    if (part.empty()) return bad(which, text, "has an empty part");
    ARMATURE_TRY(const bool special, special_day(fields, which, part));
    if (special) continue;
    ARMATURE_TRY(const std::uint64_t bits, range(which, part));
    out |= bits;
  }
  return out;
}

bool is_star(std::string_view text) { return text == "*" || text == "?" || text == "*/1"; }

bool has(std::uint64_t bits, unsigned value) { return (bits >> value & 1) != 0; }

}  // namespace

std::span<const CronPreset> cron_presets() { return kPresets; }

Result<Cron> Cron::parse(std::string_view text) {
  std::string_view body = trim(text);
  for (const auto& [name, fields] : cron_presets()) {
    if (body == name) body = fields;
  }
  std::vector<std::string> parts;
  for (const std::string& word : split(body, ' ')) {
    if (!trim(word).empty()) parts.emplace_back(trim(word));
  }
  if (parts.size() != 5) {
    return fail(Code::kInvalid, "cron: '" + std::string(text) + "' has " +
                                    std::to_string(parts.size()) +
                                    " fields; write minute, hour, day, month and weekday");
  }
  Fields out;
  ARMATURE_TRY(out.minutes, field(out, kMinute, parts[0]));
  ARMATURE_TRY(out.hours, field(out, kHour, parts[1]));
  ARMATURE_TRY(out.month_days, field(out, kDayOfMonth, parts[2]));
  ARMATURE_TRY(out.months, field(out, kMonth, parts[3]));
  ARMATURE_TRY(const std::uint64_t weekdays, field(out, kDayOfWeek, parts[4]));
  out.weekdays |= weekdays;
  out.any_month_day = is_star(parts[2]);
  out.any_weekday = is_star(parts[4]);
  out.every_hour = std::popcount(out.hours) == 24;
  return Cron(std::make_shared<const Fields>(std::move(out)));
}

bool Cron::Fields::matches(std::chrono::year_month_day date) const {
  const auto month = static_cast<unsigned>(date.month());
  if (!has(months, month)) return false;
  if (any_month_day && any_weekday) return true;
  const auto day = static_cast<unsigned>(date.day());
  const std::chrono::year_month_day_last end{date.year(),
                                             std::chrono::month_day_last{date.month()}};
  const auto last = static_cast<unsigned>(end.day());
  const unsigned weekday = std::chrono::weekday{std::chrono::sys_days{date}}.c_encoding();

  const bool month_day = has(month_days, day) || (last_day && day == last);
  bool week_day = has(weekdays, weekday) || (has(last_weekdays, weekday) && day + 7 > last);
  for (const auto& [which, nth] : nth_weekdays) {
    week_day |=
        static_cast<unsigned>(which) == weekday && (day - 1) / 7 == static_cast<unsigned>(nth) - 1;
  }
  if (any_month_day) return week_day;
  if (any_weekday) return month_day;
  return month_day || week_day;
}

std::optional<LocalTime> Cron::Fields::next(LocalTime after) const {
  LocalTime at = floor<std::chrono::minutes>(after) + std::chrono::minutes(1);
  const auto limit = floor<days>(after) + days(36'525);
  for (auto day = floor<days>(at); day < limit; day += days(1)) {
    if (!matches(std::chrono::year_month_day{day})) continue;
    const auto start = day == floor<days>(at) ? at - day : seconds(0);
    for (auto hour = start.count() / 3600; hour < 24; ++hour) {
      if (!has(hours, static_cast<unsigned>(hour))) continue;
      auto minute = hour == start.count() / 3600 ? start.count() / 60 % 60 : 0;
      for (; minute < 60; ++minute) {
        if (has(minutes, static_cast<unsigned>(minute))) {
          return day + std::chrono::hours(hour) + std::chrono::minutes(minute);
        }
      }
    }
  }
  return std::nullopt;
}

}  // namespace armature::dag
