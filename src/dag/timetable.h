#pragma once
// Timetables: when a DAG's next run is due, exact to Airflow's cron semantics in the DAG's zone.
// Pure.
//
//   A run's logical date is the start of its data interval for cron data intervals; Armature uses
//   Airflow 3's default for cron strings (CronTriggerTimetable: the interval has no length and the
//   logical date is the trigger time). `catchup: false` gives the latest of the instants that
//   were missed since the last run, or the next one. The first run is `first_run`'s to decide.
//   DST       a skipped local time runs once, later by the gap; a repeated one runs once, at its
//             second instant. With every hour in the hour field time simply goes on
//   Days      with both day fields restricted either may match, as in cron
//   Source    facts on Airflow §1.6; crontab(5)
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dag/dag.h"

namespace armature::dag {

// The names that stand for five fields: {"@daily", "0 0 * * *"}.
using CronPreset = std::pair<std::string_view, std::string_view>;
std::span<const CronPreset> cron_presets();

class Cron {
 public:
  // Five fields, names (MON, JAN), ranges, steps, lists, L and # in day fields; presets (@daily …).
  static Result<Cron> parse(std::string_view text);
  // The first due instant strictly after `after`, in the zone. Nothing within 100 years: none.
  Result<std::optional<Instant>> next(Instant after, std::string_view zone) const;

  struct Fields;

 private:
  explicit Cron(std::shared_ptr<const Fields> fields) : fields_(std::move(fields)) {}
  std::shared_ptr<const Fields> fields_;
};

// A due run: Airflow's run_after, logical date and data interval.
struct Due {
  Instant run_after;
  Instant logical_date;
  Instant interval_start, interval_end;
};
// The next due run after the last scheduled one (nothing yet: absent), by start and end date,
// catchup and first_run. Nothing: never again.
Result<std::optional<Due>> next_due(const DagDef& dag, std::optional<Instant> last_logical_date,
                                    Instant now);
// The next `count` of them, of a schedule that nobody holds up: each follows the one before.
Result<std::vector<Due>> next_dues(const DagDef& dag, std::optional<Instant> last_logical_date,
                                   Instant now, std::size_t count);

}  // namespace armature::dag
