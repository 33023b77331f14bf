#include "gateway/kill_switch.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "http/testing.h"
#include "storage/testing.h"

namespace armature::gateway {
namespace {

using http::testing::must;

const std::string kGuid = "11111111-1111-1111-1111-111111111abc";

Lane lane() {
  Lane out;
  out.dag = "etl";
  out.identity = "deployer";
  out.subscription = kGuid;
  return out;
}

TEST(KillSwitch, ReadsIds) {
  for (const char* text : {"all", "dag:etl", "identity:deployer", "dag:all"}) {
    EXPECT_EQ(must(parse_stop_id(text)), text);
  }
  EXPECT_EQ(must(parse_stop_id("subscription:11111111-1111-1111-1111-111111111ABC")),
            "subscription:" + kGuid);
  const std::vector<std::string> wrong = {"",
                                          "ALL",
                                          "all:x",
                                          "dag",
                                          "dag:",
                                          "task:t",
                                          "subscription:s1",
                                          "dag:a b",
                                          "identity:\n",
                                          "dag:" + std::string(300, 'x')};
  for (const std::string& text : wrong) {
    EXPECT_FALSE(parse_stop_id(text)) << text;
  }
}

TEST(KillSwitch, CoversByTheTable) {
  const auto stop = [](const char* id) { return Stop{id, {}, {}}; };
  const std::string subscription = "subscription:" + kGuid;
  const struct {
    std::vector<Stop> stops;
    const char* covering;  // null: none
  } kTable[] = {
      {{},                                                          nullptr             },
      {{stop("all")},                                               "all"               },
      {{stop("dag:etl")},                                           "dag:etl"           },
      {{stop("dag:et"), stop("dag:etl2"), stop("dag:ETL")},         nullptr             },
      {{stop("identity:deployer")},                                 "identity:deployer" },
      {{stop("identity:reader"), stop("dag:deployer")},             nullptr             },
      {{stop(subscription.c_str())},                                subscription.c_str()},
      {{stop("dag:etl"), stop("identity:deployer"), stop("all")},   "all"               },
      {{stop("subscription:22222222-2222-2222-2222-222222222222")}, nullptr             },
  };
  for (const auto& row : kTable) {
    const Stop* found = covering(row.stops, lane());
    ASSERT_EQ(found != nullptr, row.covering != nullptr);
    if (found) {
      EXPECT_EQ(found->id, row.covering);
    }
  }
  Lane tenant = lane();
  tenant.subscription.clear();
  EXPECT_EQ(covering({stop(subscription.c_str())}, tenant), nullptr);
}

TEST(KillSwitch, HoldsAfterARestartAndIsOnTheRecord) {
  armature::testing::TempDatabase database;
  armature::testing::FakeClock clock;
  const auto audit = must(access::AuditLog::open(*database, clock));
  auto stops = must(KillSwitch::open(*database, *audit, clock));
  EXPECT_FALSE(stops->stopping(lane()));
  must(stops->stop("dag:etl", "it deletes what it should not"));
  ASSERT_TRUE(stops->stopping(lane()));
  stops = must(KillSwitch::open(*database, *audit, clock));
  ASSERT_TRUE(stops->stopping(lane())) << "after a restart";
  EXPECT_EQ(stops->stopping(lane())->reason, "it deletes what it should not");
  EXPECT_EQ(stops->stopping(lane())->since, clock.now());
  must(stops->stop("dag:etl", "another reason"));
  EXPECT_EQ(stops->list().size(), 1u);

  EXPECT_EQ(stops->resume("dag:other").error().code, Code::kNotFound);
  must(stops->resume("dag:etl"));
  EXPECT_FALSE(stops->stopping(lane()));
  EXPECT_FALSE(must(KillSwitch::open(*database, *audit, clock))->stopping(lane()));

  const auto records = must(audit->list({}));
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].kind, "switch");
  EXPECT_EQ(records[0].decision, "stop");
  EXPECT_EQ(records[0].dag_id, "etl");
  EXPECT_EQ(records[0].reason, "it deletes what it should not");
  EXPECT_EQ(records[2].decision, "resume");
  EXPECT_EQ(records[2].rule, "dag:etl");
}

TEST(KillSwitch, RefusesAReasonWithoutEnd) {
  armature::testing::TempDatabase database;
  armature::testing::FakeClock clock;
  const auto audit = must(access::AuditLog::open(*database, clock));
  const auto stops = must(KillSwitch::open(*database, *audit, clock));
  EXPECT_FALSE(stops->stop("all", std::string(2'000, 'x')));
  EXPECT_TRUE(stops->list().empty());
}

}  // namespace
}  // namespace armature::gateway
