#include "storage/statement.h"

#include <gtest/gtest.h>

#include "storage/testing.h"

namespace armature::storage {
namespace {

class StatementTest : public ::testing::Test {
 protected:
  void in_write(const std::function<void(Connection&)>& work) {
    EXPECT_TRUE(db_->write([&](Connection& db) -> Status {
      work(db);
      return Ok{};
    }));
  }
  testing::TempDatabase db_;
};

TEST_F(StatementTest, GivesBackWhatWasBound) {
  in_write([](Connection& db) {
    ASSERT_TRUE(db.execute("CREATE TABLE t (i, s, e, b, n, o)"));
    const std::string blob("\0\xff\0x", 4);
    ASSERT_TRUE(db.prepare("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)")
                    .bind(std::int64_t{-9'000'000'000})
                    .bind("naïve'; DROP TABLE t; --")
                    .bind(std::string_view())
                    .bind_blob(blob)
                    .bind_null()
                    .bind(std::optional<std::int64_t>())
                    .run());
    EXPECT_EQ(db.changes(), 1);
    Statement row = db.prepare("SELECT * FROM t");
    ASSERT_TRUE(row.step());
    EXPECT_EQ(row.integer(0), -9'000'000'000);
    EXPECT_EQ(row.text(1), "naïve'; DROP TABLE t; --");
    EXPECT_EQ(row.text(2), "");
    EXPECT_FALSE(row.is_null(2));
    EXPECT_EQ(row.text(3), blob);
    EXPECT_TRUE(row.is_null(4));
    EXPECT_TRUE(row.is_null(5));
    EXPECT_FALSE(row.step());
    EXPECT_TRUE(row.status());
  });
}

TEST_F(StatementTest, MayBeBoundAnewAfterRun) {
  in_write([](Connection& db) {
    ASSERT_TRUE(db.execute("CREATE TABLE t (i INTEGER PRIMARY KEY)"));
    Statement insert = db.prepare("INSERT INTO t VALUES (?)");
    for (int i = 1; i <= 3; ++i) EXPECT_TRUE(insert.bind(i * 10).run());
    EXPECT_EQ(db.last_insert_id(), 30);
    EXPECT_FALSE(insert.bind(10).run());
    EXPECT_EQ(insert.status().error().code, Code::kConflict);
    EXPECT_FALSE(insert.bind(40).run());  // the first error sticks
    EXPECT_TRUE(db.prepare("INSERT INTO t VALUES (?)").bind(40).run());
  });
}

TEST_F(StatementTest, TheSameTextMayBeUsedTwiceAtOnce) {
  in_write([](Connection& db) {
    constexpr std::string_view kSql = "SELECT value FROM json_each(?)";
    Statement outer = db.prepare(kSql);
    outer.bind("[1,2,3]");
    int sum = 0;
    while (outer.step()) {
      Statement inner = db.prepare(kSql);
      inner.bind("[10,20]");
      while (inner.step()) sum += static_cast<int>(outer.integer(0) * inner.integer(0));
    }
    EXPECT_EQ(sum, 180);
  });
}

TEST_F(StatementTest, SaysWhatIsWrongWithTheText) {
  const struct {
    const char* name;
    const char* sql;
    int values;
  } kTable[] = {
      {"no such table",   "SELECT * FROM nowhere", 0},
      {"nonsense",        "SELEC 1",               0},
      {"two statements",  "SELECT 1; SELECT 2",    0},
      {"nothing",         " -- nothing",           0},
      {"too few values",  "SELECT ?, ?",           1},
      {"too many values", "SELECT ?",              2},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    in_write([&](Connection& db) {
      Statement statement = db.prepare(row.sql);
      for (int i = 0; i < row.values; ++i) statement.bind(i);
      EXPECT_FALSE(statement.step());
      ASSERT_FALSE(statement.status());
      EXPECT_EQ(statement.status().error().code, Code::kInternal);
      EXPECT_EQ(statement.integer(0), 0);
      EXPECT_EQ(statement.text(0), "");
      EXPECT_TRUE(statement.is_null(0));
    });
  }
}

TEST_F(StatementTest, ReturningGivesRows) {
  in_write([](Connection& db) {
    ASSERT_TRUE(db.execute("CREATE TABLE t (i, taken); INSERT INTO t VALUES (1, 0), (2, 0)"));
    Statement claim = db.prepare("UPDATE t SET taken = 1 WHERE taken = 0 RETURNING i");
    int rows = 0;
    while (claim.step()) ++rows;
    EXPECT_EQ(rows, 2);
    EXPECT_EQ(db.changes(), 2);
    EXPECT_FALSE(claim.step());
  });
}

}  // namespace
}  // namespace armature::storage
