#pragma once
// Text forms of instants, durations as DAG files write them, and IANA time zones.
//
//   Zones     from the system's zone files (package tzdata), through Howard Hinnant's date library:
//             g++ 12 has no zone database
//   Local     LocalTime is a civil time without zone, counted in seconds from 1970-01-01T00:00:00
//   Errors    kInvalid for malformed text and for an unknown zone, with the nearest zone's name
//   Threads   every call may be made from any thread
#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace armature {

std::string to_rfc3339(Instant at);      // 2026-11-24T08:30:00.123456Z, micros only when not 0
std::string to_airflow_iso(Instant at);  // 2026-11-24T08:30:00+00:00, as Airflow's run ids
// Also a bare date (midnight UTC) and a time without an offset (UTC, as Airflow reads it).
Result<Instant> from_rfc3339(std::string_view text);

// "30s", "5m", "1h30m", "2d", ISO 8601 "PT5M", or a plain number of seconds (fractions allowed).
Result<Micros> parse_duration(std::string_view text);
std::string format_duration(Micros length);  // 1h30m, 45s, 250ms

using LocalTime = std::chrono::sys_seconds;  // civil, not UTC: only time_zone functions mix them

Status check_time_zone(std::string_view name);
Result<LocalTime> to_local(Instant at, std::string_view zone);
enum class LocalKind { kUnique, kSkipped, kRepeated };
struct ZonedInstant {
  Instant at;  // skipped: the first valid instant after the gap; repeated: the earlier one
  LocalKind kind = LocalKind::kUnique;
};
Result<ZonedInstant> from_local(LocalTime local, std::string_view zone);

}  // namespace armature
