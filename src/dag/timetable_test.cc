#include "dag/timetable.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "dag/testing.h"

namespace armature::dag {
namespace {

Instant at(std::string_view text) {
  const auto out = from_rfc3339(text);
  EXPECT_TRUE(out) << text;
  return out ? *out : Instant{};
}

std::string next_text(const Cron& cron, Instant after, std::string_view zone) {
  const auto next = cron.next(after, zone);
  if (!next) return next.error().message;
  return *next ? to_rfc3339(**next) : "never";
}

TEST(Cron, FollowsTheTable) {
  const struct {
    const char *cron, *zone, *after, *next;
  } kTable[] = {
      {"* * * * *",       "UTC",                 "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"},
      {"* * * * *",       "UTC",                 "2026-01-01T00:00:59Z", "2026-01-01T00:01:00Z"},
      {"*/15 * * * *",    "UTC",                 "2026-01-01T00:46:00Z", "2026-01-01T01:00:00Z"},
      {"7/20 * * * *",    "UTC",                 "2026-01-01T00:08:00Z", "2026-01-01T00:27:00Z"},
      {"0 6-18/6 * * *",  "UTC",                 "2026-01-01T12:00:00Z", "2026-01-01T18:00:00Z"},
      {"0 22-2 * * *",    "UTC",                 "2026-01-01T23:30:00Z", "2026-01-02T00:00:00Z"},
      {"30 4 1,15 * *",   "UTC",                 "2026-01-02T00:00:00Z", "2026-01-15T04:30:00Z"},
      {"0 0 * * MON-FRI", "UTC",                 "2026-01-02T00:00:00Z", "2026-01-05T00:00:00Z"},
      {"0 0 * * fri-mon", "UTC",                 "2026-01-05T00:00:00Z", "2026-01-09T00:00:00Z"},
      {"0 0 * * 7",       "UTC",                 "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
      {"0 0 * * 5-7",     "UTC",                 "2026-01-04T00:00:00Z", "2026-01-09T00:00:00Z"},
      {"0 0 1 JAN,jul *", "UTC",                 "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"},
      {"0 0 13 * 5",      "UTC",                 "2026-01-10T00:00:00Z", "2026-01-13T00:00:00Z"},
      {"0 0 13 * 5",      "UTC",                 "2026-01-13T00:00:00Z", "2026-01-16T00:00:00Z"},
      {"0 0 L * *",       "UTC",                 "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z"},
      {"0 0 L 2 *",       "UTC",                 "2027-03-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"0 0 * * L5",      "UTC",                 "2026-01-01T00:00:00Z", "2026-01-30T00:00:00Z"},
      {"0 0 * * 5L",      "UTC",                 "2026-01-01T00:00:00Z", "2026-01-30T00:00:00Z"},
      {"0 0 * * 5#2",     "UTC",                 "2026-01-01T00:00:00Z", "2026-01-09T00:00:00Z"},
      {"0 0 * * mon#5",   "UTC",                 "2026-01-01T00:00:00Z", "2026-03-30T00:00:00Z"},
      {"0 0 29 2 *",      "UTC",                 "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
      {"0 0 30 2 *",      "UTC",                 "2026-01-01T00:00:00Z", "never"               },
      {"@hourly",         "UTC",                 "2026-01-01T00:30:00Z", "2026-01-01T01:00:00Z"},
      {"@daily",          "UTC",                 "2026-12-31T00:00:00Z", "2027-01-01T00:00:00Z"},
      {"@weekly",         "UTC",                 "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"},
      {"@monthly",        "UTC",                 "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"},
      {"@quarterly",      "UTC",                 "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"},
      {"@yearly",         "UTC",                 "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"},
      {"0 9 * * *",       "Europe/Amsterdam",    "2026-01-01T09:00:00Z", "2026-01-02T08:00:00Z"},
      {"0 9 * * *",       "Asia/Kolkata",        "2026-01-01T00:00:00Z", "2026-01-01T03:30:00Z"},
 // 29 March 2026: 02:00 becomes 03:00, which is 01:00 UTC.
      {"30 2 * * *",      "Europe/Amsterdam",    "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"},
      {"30 2 * * *",      "Europe/Amsterdam",    "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"},
      {"0 2,3 * * *",     "Europe/Amsterdam",    "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"},
      {"*/20 2 * * *",    "Europe/Amsterdam",    "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"},
      {"30 * * * *",      "Europe/Amsterdam",    "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"},
 // 25 October 2026: 03:00 becomes 02:00; 02:30 is 00:30 UTC and again 01:30 UTC.
      {"30 2 * * *",      "Europe/Amsterdam",    "2026-10-24T12:00:00Z", "2026-10-25T01:30:00Z"},
      {"30 2 * * *",      "Europe/Amsterdam",    "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
      {"30 2 * * *",      "Europe/Amsterdam",    "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"},
      {"30 * * * *",      "Europe/Amsterdam",    "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
      {"*/30 * * * *",    "Europe/Amsterdam",    "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"},
      {"0 * * * *",       "Australia/Lord_Howe", "2026-04-04T14:00:00Z", "2026-04-04T15:00:00Z"},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(std::string(row.cron) + " " + row.zone + " " + row.after);
    const auto cron = Cron::parse(row.cron);
    ASSERT_TRUE(cron) << cron.error().message;
    EXPECT_EQ(next_text(*cron, at(row.after), row.zone), row.next);
  }
}

TEST(Cron, EveryHourOfADayThatHasTwentyFive) {
  const auto cron = Cron::parse("0 * * * *");
  int runs = 0;
  Instant now = at("2026-10-24T21:59:00Z");
  while (true) {
    now = **cron->next(now, "Europe/Amsterdam");
    if (now >= at("2026-10-25T23:00:00Z")) break;
    ++runs;
  }
  EXPECT_EQ(runs, 25);
}

TEST(Cron, RefusesWhatItDoesNotKnow) {
  for (const char* text :
       {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *",
        "* * * * 8", "*/0 * * * *", "1- * * * *", "a * * * *", ", * * * *", "* * * * 5#6",
        "* * * * #1", "-1 * * * *", "@reboot", "/5 * * * *", "* * L5 * *"}) {
    const auto cron = Cron::parse(text);
    EXPECT_FALSE(cron) << text;
    if (!cron) {
      EXPECT_EQ(cron.error().code, Code::kInvalid);
    }
  }
  EXPECT_EQ(Cron::parse("61 * * * *").error().message,
            "cron: '61' in the minute field is not in 0-59");
  EXPECT_FALSE(Cron::parse("@daily")->next(Instant{}, "Europe/Amsterdm"));
}

DagDef scheduled(const char* cron) {
  DagDef out = testing::make_dag("d", {
                                          {"a", {}}
  });
  out.schedule.kind = Schedule::Kind::kCron;
  out.schedule.cron = cron;
  return out;
}

std::string due_text(const DagDef& dag, std::optional<Instant> last, const char* now) {
  const auto due = next_due(dag, last, at(now));
  if (!due) return due.error().message;
  return *due ? to_rfc3339((*due)->run_after) : "never";
}

TEST(NextDue, WithoutCatchupTheLatestOfWhatWasMissed) {
  DagDef dag = scheduled("0 0 * * *");
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-05-01T10:00:00Z"), "2026-05-02T00:00:00Z");
  EXPECT_EQ(due_text(dag, at("2026-04-01T00:00:00Z"), "2026-05-01T10:00:00Z"),
            "2026-05-01T00:00:00Z");
  dag.start_date = at("2026-06-01T00:00:00Z");
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-05-01T10:00:00Z"), "2026-06-01T00:00:00Z");
  dag.end_date = at("2026-06-01T00:00:00Z");
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-05-01T10:00:00Z"), "2026-06-01T00:00:00Z");
  EXPECT_EQ(due_text(dag, at("2026-06-01T00:00:00Z"), "2026-06-01T00:00:00Z"), "never");
}

TEST(NextDue, FirstRunLatestTakesTheLastPastTick) {
  DagDef dag = scheduled("0 0 1 * *");
  dag.first_run_latest = true;
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-05-20T10:00:00Z"), "2026-05-01T00:00:00Z");
  dag.start_date = at("2026-05-10T00:00:00Z");
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-05-20T10:00:00Z"), "2026-06-01T00:00:00Z");
}

TEST(NextDue, CatchupGoesTickByTick) {
  DagDef dag = scheduled("0 0 * * *");
  dag.catchup = true;
  dag.start_date = at("2026-01-01T00:00:00Z");
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-05-01T10:00:00Z"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(due_text(dag, at("2026-01-01T00:00:00Z"), "2026-05-01T10:00:00Z"),
            "2026-01-02T00:00:00Z");
}

TEST(NextDue, EveryKeepsItsAnchor) {
  DagDef dag = testing::make_dag("d", {
                                          {"a", {}}
  });
  dag.schedule.kind = Schedule::Kind::kEvery;
  dag.schedule.every = std::chrono::minutes(30);
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-01-01T00:10:00Z"), "2026-01-01T00:40:00Z");
  EXPECT_EQ(due_text(dag, at("2026-01-01T00:40:00Z"), "2026-01-01T02:00:00Z"),
            "2026-01-01T01:40:00Z");
  dag.start_date = at("2026-01-01T00:00:00Z");
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-01-01T00:10:00Z"), "2026-01-01T00:30:00Z");
  dag.first_run_latest = true;
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-01-01T00:10:00Z"), "2026-01-01T00:00:00Z");
}

TEST(NextDues, EachFollowsTheOneBefore) {
  const auto texts = [](const DagDef& dag, std::optional<Instant> last, std::size_t count) {
    std::vector<std::string> out;
    const auto all = next_dues(dag, last, at("2026-03-28T10:00:00Z"), count);
    EXPECT_TRUE(all);
    if (!all) return out;
    for (const Due& due : *all) out.push_back(to_rfc3339(due.run_after));
    return out;
  };
  using Texts = std::vector<std::string>;
  DagDef dag = scheduled("30 2 * * *");
  dag.schedule.timezone = "Europe/Amsterdam";  // on 29 March 02:30 is skipped
  EXPECT_EQ(texts(dag, std::nullopt, 3),
            (Texts{"2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"}));
  EXPECT_EQ(texts(dag, at("2026-03-29T01:30:00Z"), 1), (Texts{"2026-03-30T00:30:00Z"}));
  dag.end_date = at("2026-03-30T00:00:00Z");
  EXPECT_EQ(texts(dag, std::nullopt, 3), (Texts{"2026-03-29T01:30:00Z"}));
  dag.end_date.reset();
  dag.catchup = true;
  dag.start_date = at("2026-03-27T00:00:00Z");
  EXPECT_EQ(texts(dag, std::nullopt, 2), (Texts{"2026-03-27T01:30:00Z", "2026-03-28T01:30:00Z"}));
  dag.schedule = {};
  EXPECT_TRUE(texts(dag, std::nullopt, 3).empty());
}

TEST(NextDue, OnceIsOnce) {
  DagDef dag = testing::make_dag("d", {
                                          {"a", {}}
  });
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-01-01T00:10:00Z"), "never");
  dag.schedule.kind = Schedule::Kind::kOnce;
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-01-01T00:10:00Z"), "2026-01-01T00:10:00Z");
  dag.start_date = at("2025-01-01T00:00:00Z");
  EXPECT_EQ(due_text(dag, std::nullopt, "2026-01-01T00:10:00Z"), "2025-01-01T00:00:00Z");
  EXPECT_EQ(due_text(dag, at("2025-01-01T00:00:00Z"), "2026-01-01T00:10:00Z"), "never");
}

}  // namespace
}  // namespace armature::dag
