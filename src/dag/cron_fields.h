#pragma once
// What a cron text says, as sets of bits. Private to the timetable files.
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "dag/timetable.h"

namespace armature::dag {

struct Cron::Fields {
  std::uint64_t minutes = 0, hours = 0, month_days = 0, months = 0, weekdays = 0;
  std::uint64_t last_weekdays = 0;                  // L5: the month's last Friday
  std::vector<std::pair<int, int>> nth_weekdays;    // 5#2: the second Friday
  bool last_day = false;                            // L
  bool any_month_day = false, any_weekday = false;  // "*": the other day field alone decides
  bool every_hour = false;

  bool matches(std::chrono::year_month_day date) const;
  // The first civil time strictly after `after` that matches, within 100 years.
  std::optional<LocalTime> next(LocalTime after) const;
};

}  // namespace armature::dag
