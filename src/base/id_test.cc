#include "base/id.h"

#include <gtest/gtest.h>

#include <unordered_set>

#include "base/attempt.h"

namespace armature {
namespace {

TEST(Id, TakesWhatAirflowTakesAndNothingDangerous) {
  for (const char* text : {"a", "etl.daily-1", "manual__2026-01-01T00:00:00+00:00", "group.task",
                           "...", "~", "user@host"}) {
    const auto id = RunId::parse(text);
    ASSERT_TRUE(id) << text;
    EXPECT_EQ(id->str(), text);
  }
  EXPECT_TRUE(DagId::parse(std::string(250, 'x')));
  for (const std::string& text :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a b"),
        std::string("a\n"), std::string("a\0b", 3), std::string("\xc3\xa4"), std::string("a%2f"),
        std::string("a\\b"), std::string(251, 'x')}) {
    const auto id = DagId::parse(text);
    ASSERT_FALSE(id) << text;
    EXPECT_EQ(id.error().code, Code::kInvalid);
    EXPECT_NE(id.error().message.find("not a dag id"), std::string::npos);
  }
}

TEST(Id, ComparesAndHashes) {
  const TaskId a = *TaskId::parse("a");
  const TaskId b = *TaskId::parse("b");
  EXPECT_LT(a, b);
  EXPECT_EQ(std::unordered_set<TaskId>({a, b, a}).size(), 2u);
}

TEST(Attempt, NamesItsTask) {
  TaskKey key{*DagId::parse("etl"), *RunId::parse("r1"), *TaskId::parse("load")};
  EXPECT_EQ(to_string(key), "etl/r1/load");
  key.map_index = 3;
  EXPECT_EQ(to_string(key), "etl/r1/load[3]");
}

Result<int> half(int n) {
  if (n % 2 != 0) return fail(Code::kInvalid, "odd");
  return n / 2;
}
Result<int> quarter(int n) {
  ARMATURE_TRY(const int once, half(n));
  ARMATURE_TRY(const int twice, half(once));
  return twice;
}
Status is_even(int n) {
  ARMATURE_CHECK(half(n));
  return Ok{};
}

TEST(Result, PassesErrorsOn) {
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).error().message, "odd");
  EXPECT_TRUE(is_even(2));
  EXPECT_EQ(is_even(1).error().code, Code::kInvalid);
  EXPECT_EQ(quarter(1).error().message, Error(quarter(1).error()).message);
  EXPECT_EQ(fail(Code::kInternal, "x").in("b").in("a").message, "a: b: x");
  const Result<int> failed = fail(Code::kDenied, "no");
  EXPECT_THROW((void)*failed, std::bad_variant_access);  // wrong use fails closed
  EXPECT_EQ(to_string(Code::kUnauthenticated), "unauthenticated");
}

}  // namespace
}  // namespace armature
