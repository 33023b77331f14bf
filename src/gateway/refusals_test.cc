#include "gateway/refusals.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "http/testing.h"
#include "storage/testing.h"

namespace armature::gateway {
namespace {

access::AuditRecord refusal(const char* reason) {
  access::AuditRecord record;
  record.kind = "token";
  record.reason = reason;
  return record;
}

std::int64_t stands_for(const access::AuditRecord& record) {
  return record.detail.is_null() ? 1 : int_at(record.detail, "refusals");
}

class RefusalsTest : public ::testing::Test {
 protected:
  armature::testing::TempDatabase database;
  armature::testing::FakeClock clock;
  std::unique_ptr<access::AuditLog> audit =
      http::testing::must(access::AuditLog::open(*database, clock));
  Refusals refusals{*audit, clock};
};

TEST_F(RefusalsTest, AFloodLeavesFewRecordsThatAddUp) {
  const Ticks now{std::chrono::hours(1)};
  std::int64_t kept = 0, told = 0;
  for (int i = 1; i <= 1'000'000; ++i) {
    const auto record = refusals.keep(refusal("invalid_token"), now);
    EXPECT_TRUE(record || i > 10) << i;
    if (!record) continue;
    ++kept;
    told += stands_for(*record);
  }
  EXPECT_LE(kept, 27);
  EXPECT_GE(told, 500'000);
  const auto next = refusals.keep(refusal("invalid_token"), now + std::chrono::minutes(1));
  ASSERT_TRUE(next);
  EXPECT_EQ(told + stands_for(*next), 1'000'001) << "what was not told is told with the next";
}

TEST_F(RefusalsTest, EachReasonIsCountedByItself) {
  const Ticks now{std::chrono::hours(1)};
  for (int i = 0; i < 1'000; ++i) (void)refusals.keep(refusal("invalid_token"), now);
  const auto other = refusals.keep(refusal("no_token"), now);
  ASSERT_TRUE(other);
  EXPECT_TRUE(other->detail.is_null());
}

TEST_F(RefusalsTest, AQuietGatewayKeepsEach) {
  for (int minute = 0; minute < 100; ++minute) {
    const auto record =
        refusals.keep(refusal("no_token"), Ticks{std::chrono::minutes(100 + minute)});
    ASSERT_TRUE(record);
    EXPECT_TRUE(record->detail.is_null());
  }
}

TEST_F(RefusalsTest, WhatNamesAnAttemptIsKeptWhole) {
  for (int i = 0; i < 50; ++i) {
    access::AuditRecord record = refusal("wrong_shape");
    record.dag_id = i < 15 ? "etl" : "";
    refusals.record(std::move(record));
  }
  http::testing::must(database->write([](storage::Connection&) -> Status { return Ok{}; }));
  const auto records = http::testing::must(audit->list({}));
  EXPECT_EQ(records.size(), 15u + 11u) << "of 35 ten, and the twentieth";
  EXPECT_EQ(int_at(records.back().detail, "refusals"), 10);
}

}  // namespace
}  // namespace armature::gateway
