#include "base/time.h"

#include <date/date.h>
#include <date/tz.h>
#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <sstream>

#include "base/bytes.h"

namespace armature {
namespace {

using std::chrono::floor;
using std::chrono::seconds;

struct Civil {
  int year, hour, minute, second;
  unsigned month, day;
  std::int64_t micros;
};

Civil civil(Instant at) {
  const auto day = floor<date::days>(at);
  const date::year_month_day ymd{date::sys_days{date::days{day.time_since_epoch().count()}}};
  const auto left = at - day;
  const auto total = floor<seconds>(left).count();
  return {static_cast<int>(ymd.year()),       static_cast<int>(total / 3600),
          static_cast<int>(total / 60 % 60),  static_cast<int>(total % 60),
          static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
          (left - seconds(total)).count()};
}

// Reads exactly `width` digits and moves on; -1 when they are not there.
int digits(std::string_view& text, std::size_t width) {
  if (text.size() < width) return -1;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + width, value);
  if (error != std::errc() || end != text.data() + width || text[0] == '-') return -1;
  text.remove_prefix(width);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

Result<const date::time_zone*> zone_of(std::string_view name) {
  try {
    return date::locate_zone(std::string(name));
  } catch (const std::runtime_error&) {
    std::vector<std::string> names;
    try {
      for (const auto& zone : date::get_tzdb().zones) names.push_back(zone.name());
    } catch (const std::runtime_error&) {
      return fail(Code::kUnavailable, "no time zone database: install the tzdata package");
    }
    const std::string near = nearest(name, names);
    return fail(Code::kInvalid, fmt::format("unknown time zone '{}'{}", name,
                                            near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
}

// The sum of "12.5h"-like parts. `scale` maps the unit letter to seconds; "ms" is known where "s"
// is and letters are small.
Result<double> sum_of_parts(std::string_view text, std::string_view units,
                            std::initializer_list<double> scale) {
  double total = 0;
  if (text.empty()) return fail(Code::kInvalid, "empty");
  while (!text.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value < 0) return fail(Code::kInvalid, "no number");
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (units.find('s') != std::string_view::npos && text.starts_with("ms")) {
      total += value / 1000;
      text.remove_prefix(2);
      continue;
    }
    const auto unit = text.empty() ? std::string_view::npos : units.find(text.front());
    if (unit == std::string_view::npos) return fail(Code::kInvalid, "no unit");
    total += value * scale.begin()[unit];
    text.remove_prefix(1);
  }
  return total;
}

}  // namespace

std::string to_rfc3339(Instant at) {
  const Civil c = civil(at);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", c.year, c.month, c.day,
                                c.hour, c.minute, c.second);
  if (c.micros != 0) out += fmt::format(".{:06}", c.micros);
  return out + "Z";
}

std::string to_airflow_iso(Instant at) {
  std::string out = to_rfc3339(at);
  out.pop_back();
  return out + "+00:00";
}

Result<Instant> from_rfc3339(std::string_view text) {
  const std::string whole(text);
  const auto bad = [&] {
    return fail(Code::kInvalid, "'" + whole + "' is not a time: write 2026-11-24T08:30:00Z");
  };
  text = trim(text);
  const int year = digits(text, 4);
  if (year < 0 || !take(text, "-")) return bad();
  const int month = digits(text, 2);
  if (month < 0 || !take(text, "-")) return bad();
  const int day = digits(text, 2);
  const date::year_month_day ymd{date::year{year}, date::month{static_cast<unsigned>(month)},
                                 date::day{static_cast<unsigned>(day)}};
  if (day < 0 || !ymd.ok()) return bad();
  const Instant midnight{std::chrono::duration_cast<Micros>(
      date::days{date::sys_days{ymd}.time_since_epoch().count()})};
  if (text.empty()) return midnight;
  if (!take(text, "Tt ")) return bad();
  const int hour = digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ":")) return bad();
  const int minute = digits(text, 2);
  if (minute < 0 || minute > 59) return bad();
  int second = 0;
  std::int64_t micros = 0;
  if (take(text, ":")) {
    second = digits(text, 2);
    if (second < 0 || second > 60) return bad();
    if (take(text, ".,")) {
      std::int64_t scale = 100'000;
      if (text.empty() || std::isdigit(static_cast<unsigned char>(text.front())) == 0) return bad();
      while (!text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0) {
        micros += (text.front() - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
      }
    }
  }
  seconds offset{0};
  if (!text.empty() && !take(text, "Zz")) {
    const bool west = text.front() == '-';
    if (!take(text, "+-")) return bad();
    const int hours = digits(text, 2);
    take(text, ":");
    const int minutes = digits(text, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return bad();
    offset = seconds((hours * 3600 + minutes * 60) * (west ? -1 : 1));
  }
  if (!text.empty()) return bad();
  return midnight + seconds(hour * 3600 + minute * 60 + second) + Micros(micros) - offset;
}

Result<Micros> parse_duration(std::string_view text) {
  const auto bad = [&] {
    return fail(Code::kInvalid,
                fmt::format("'{}' is not a duration: write 30s, 5m, 1h30m, 2d or PT5M", text));
  };
  std::string_view rest = trim(text);
  double plain = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), plain);
  double total = 0;
  if (error == std::errc() && end == rest.data() + rest.size()) {
    total = plain;
  } else if (rest.starts_with('P') || rest.starts_with('p')) {
    const std::string upper = to_upper(rest.substr(1));
    const auto t = upper.find('T');
    const std::string days = upper.substr(0, t);
    if (!days.empty()) {
      const auto value = sum_of_parts(days, "WD", {604800, 86400});
      if (!value) return bad();
      total += *value;
    }
    if (t != std::string::npos) {
      const auto value = sum_of_parts(std::string_view(upper).substr(t + 1), "HMS", {3600, 60, 1});
      if (!value) return bad();
      total += *value;
    } else if (days.empty()) {
      return bad();
    }
  } else {
    const auto value = sum_of_parts(rest, "wdhms", {604800, 86400, 3600, 60, 1});
    if (!value) return bad();
    total = *value;
  }
  if (!(total >= 0) || total > 1e11) return bad();
  return Micros(std::llround(total * 1e6));
}

std::string format_duration(Micros length) {
  const std::int64_t millis = length.count() / 1000;
  if (millis < 1000) return fmt::format("{}ms", millis);
  const std::int64_t total = millis / 1000;
  if (total < 60)
    return millis % 1000 ? fmt::format("{:.1f}s", static_cast<double>(millis) / 1000)
                         : fmt::format("{}s", total);
  std::string out;
  if (total >= 86400) out += fmt::format("{}d", total / 86400);
  if (total / 3600 % 24) out += fmt::format("{}h", total / 3600 % 24);
  if (total / 60 % 60) out += fmt::format("{}m", total / 60 % 60);
  if (total % 60) out += fmt::format("{}s", total % 60);
  return out;
}

Status check_time_zone(std::string_view name) {
  ARMATURE_TRY([[maybe_unused]] const auto* zone, zone_of(name));
  return Ok{};
}

Result<LocalTime> to_local(Instant at, std::string_view zone_name) {
  ARMATURE_TRY(const auto* zone, zone_of(zone_name));
  return LocalTime{zone->to_local(floor<seconds>(at)).time_since_epoch()};
}

Result<ZonedInstant> from_local(LocalTime local, std::string_view zone_name) {
  ARMATURE_TRY(const auto* zone, zone_of(zone_name));
  const date::local_seconds civil_time{local.time_since_epoch()};
  const date::local_info info = zone->get_info(civil_time);
  if (info.result == date::local_info::nonexistent) {
    return ZonedInstant{Instant{info.first.end.time_since_epoch()}, LocalKind::kSkipped};
  }
  const Instant at{civil_time.time_since_epoch() - info.first.offset};
  return ZonedInstant{
      at, info.result == date::local_info::ambiguous ? LocalKind::kRepeated : LocalKind::kUnique};
}

}  // namespace armature
