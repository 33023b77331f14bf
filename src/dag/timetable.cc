#include "dag/timetable.h"

#include <array>

#include "base/time.h"
#include "dag/cron_fields.h"

namespace armature::dag {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// A local time as Airflow (pendulum) reads it: a skipped one is moved on by the gap, a repeated one
// is its second instant. Clocks go back by an hour, by half an hour on Lord Howe Island; two hours
// once happened.
Result<Instant> instant_of(LocalTime local, std::string_view zone) {
  ARMATURE_TRY(const ZonedInstant zoned, from_local(local, zone));
  if (zoned.kind == LocalKind::kSkipped) {
    ARMATURE_TRY(const LocalTime before, to_local(zoned.at - std::chrono::seconds(1), zone));
    return zoned.at + std::chrono::duration_cast<Micros>(local - before - std::chrono::seconds(1));
  }
  if (zoned.kind == LocalKind::kUnique) return zoned.at;
  for (const auto shift : {minutes(60), minutes(30), minutes(120)}) {
    ARMATURE_TRY(const LocalTime again, to_local(zoned.at + shift, zone));
    if (again == local) return zoned.at + shift;
  }
  return zoned.at;
}

// Wall-clock schedules: the first candidate whose instant lies after `after`.
Result<std::optional<Instant>> next_by_wall(const Cron::Fields& fields, Instant after,
                                            std::string_view zone) {
  ARMATURE_TRY(LocalTime local, to_local(after, zone));
  while (const auto candidate = fields.next(local)) {
    ARMATURE_TRY(const Instant at, instant_of(*candidate, zone));
    if (at > after) return std::optional<Instant>(at);
    local = *candidate;
  }
  return std::optional<Instant>();
}

// Schedules of every hour go on by absolute time: a skipped hour is not there, a repeated one is
// there twice.
Result<std::optional<Instant>> next_by_time(const Cron::Fields& fields, Instant after,
                                            std::string_view zone) {
  ARMATURE_TRY(const LocalTime local, to_local(after, zone));
  const auto candidate = fields.next(local);
  if (!candidate) return std::optional<Instant>();
  const auto whole = std::chrono::floor<std::chrono::seconds>(after);  // as local times are
  return std::optional<Instant>(whole + (*candidate - local));
}

// Due instants of a schedule, each strictly after the one before.
struct Ticks {
  const Schedule& schedule;
  std::optional<Cron> cron;
  Instant anchor;  // of {every}: due at anchor + k * every

  static Result<Ticks> of(const DagDef& dag, std::optional<Instant> last, Instant now) {
    Ticks out{dag.schedule, std::nullopt, dag.start_date.value_or(last.value_or(now))};
    if (dag.schedule.kind == Schedule::Kind::kCron) {
      ARMATURE_TRY(out.cron, Cron::parse(dag.schedule.cron));
    } else if (dag.schedule.every <= Micros{0}) {
      return fail(Code::kInvalid, "schedule.every must be longer than nothing");
    }
    return out;
  }
  Result<std::optional<Instant>> after(Instant at) const {
    if (cron) return cron->next(at, schedule.timezone);
    if (at < anchor) return std::optional<Instant>(anchor);
    return std::optional<Instant>(anchor + ((at - anchor) / schedule.every + 1) * schedule.every);
  }
  // The last due instant at or before `at`, looked for in windows that widen to 12 years.
  Result<std::optional<Instant>> at_or_before(Instant at) const {
    if (!cron) {
      if (at < anchor) return std::optional<Instant>();
      return std::optional<Instant>(anchor + (at - anchor) / schedule.every * schedule.every);
    }
    for (const int window : {1, 24, 24 * 31, 24 * 366, 24 * 366 * 12}) {
      std::optional<Instant> found;
      Instant from = at - hours(window);
      while (true) {
        ARMATURE_TRY(const auto next, after(from));
        if (!next || *next > at) break;
        found = from = *next;
      }
      if (found) return found;
    }
    return std::optional<Instant>();
  }
};

Result<std::optional<Instant>> first_tick(const DagDef& dag, const Ticks& ticks, Instant now) {
  const Micros least{1};  // "strictly after" turned into "at or after"
  if (dag.catchup && dag.start_date) return ticks.after(*dag.start_date - least);
  if (dag.first_run_latest) {
    ARMATURE_TRY(const auto latest, ticks.at_or_before(now));
    if (latest && (!dag.start_date || *latest >= *dag.start_date)) return latest;
  }
  if (dag.start_date && *dag.start_date > now) return ticks.after(*dag.start_date - least);
  return ticks.after(now);
}

Result<std::optional<Instant>> next_tick(const DagDef& dag, std::optional<Instant> last,
                                         Instant now) {
  ARMATURE_TRY(const Ticks ticks, Ticks::of(dag, last, now));
  if (!last) return first_tick(dag, ticks, now);
  ARMATURE_TRY(auto following, ticks.after(*last));
  if (dag.catchup || !following) return following;
  if (*following <= now) {  // of all that were missed, the latest
    ARMATURE_TRY(following, ticks.at_or_before(now));
  }
  if (!dag.start_date || !following || *following >= *dag.start_date) return following;
  return ticks.after(*dag.start_date - Micros{1});
}

}  // namespace

Result<std::optional<Instant>> Cron::next(Instant after, std::string_view zone) const {
  return fields_->every_hour ? next_by_time(*fields_, after, zone)
                             : next_by_wall(*fields_, after, zone);
}

Result<std::optional<Due>> next_due(const DagDef& dag, std::optional<Instant> last_logical_date,
                                    Instant now) {
  std::optional<Instant> tick;
  switch (dag.schedule.kind) {
    case Schedule::Kind::kNone:
      return std::optional<Due>();
    case Schedule::Kind::kOnce:
      if (!last_logical_date) tick = dag.start_date.value_or(now);
      break;
    case Schedule::Kind::kCron:
    case Schedule::Kind::kEvery: {
      ARMATURE_TRY(tick, next_tick(dag, last_logical_date, now));
      break;
    }
  }
  if (!tick || (dag.end_date && *tick > *dag.end_date)) return std::optional<Due>();
  return std::optional<Due>(Due{*tick, *tick, *tick, *tick});
}

Result<std::vector<Due>> next_dues(const DagDef& dag, std::optional<Instant> last_logical_date,
                                   Instant now, std::size_t count) {
  std::vector<Due> out;
  while (out.size() < count) {
    ARMATURE_TRY(const auto next, next_due(dag, last_logical_date, now));
    if (!next) break;
    out.push_back(*next);
    last_logical_date = next->logical_date;
    now = std::max(now, next->run_after);
  }
  return out;
}

}  // namespace armature::dag
