#include "access/audit.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "access/audit_content.h"
#include "storage/testing.h"

namespace armature::access {
namespace {

using armature::testing::FakeClock;
using armature::testing::TempDatabase;

AuditRecord record_of(const char* task, const char* decision = "allow") {
  AuditRecord record;
  record.kind = "decision";
  record.request_id = "q";
  record.dag_id = "etl";
  record.run_id = "r1";
  record.task_id = task;
  record.decision = decision;
  record.action = "A.B/c/write";
  record.scope = "/subscriptions/s";
  record.detail = JsonObject{
      {"z", 1                           },
      {"a", JsonArray{"x", nullptr, 1.5}}
  };
  return record;
}

Status written(AuditLog& log, AuditRecord record) {
  std::latch done(1);
  Status out = Ok{};
  log.record_durably(std::move(record), [&](Status status) {
    out = std::move(status);
    done.count_down();
  });
  done.wait();
  return out;
}

struct Audit : ::testing::Test {
  FakeClock clock;
  TempDatabase database;
  std::unique_ptr<AuditLog> log = open();

  std::unique_ptr<AuditLog> open() {
    auto opened = AuditLog::open(*database, clock);
    EXPECT_TRUE(opened) << opened.error().message;
    return *std::move(opened);
  }
  void tamper(const std::string& sql) {
    ASSERT_TRUE(
        database->write([&](storage::Connection& connection) { return connection.execute(sql); }));
  }
  AuditVerdict verdict() {
    auto out = log->verify();
    EXPECT_TRUE(out);
    return *out;
  }
};

TEST_F(Audit, ChainsWhatItRecords) {
  EXPECT_TRUE(verdict().holds) << "an empty chain holds";
  ASSERT_TRUE(written(*log, record_of("a")));
  clock.advance(Micros(1'234'567));
  ASSERT_TRUE(written(*log, record_of("b", "deny")));
  const auto records = log->list({});
  ASSERT_TRUE(records) << records.error().message;
  ASSERT_EQ(records->size(), 2u);
  const AuditRecord &first = (*records)[0], &second = (*records)[1];
  EXPECT_EQ(first.sequence, 1);
  EXPECT_EQ(second.sequence, 2);
  EXPECT_EQ(second.previous_hash, first.hash);
  EXPECT_EQ(second.at, clock.now());
  EXPECT_EQ(second.detail, record_of("b").detail);
  EXPECT_EQ(hash_of(first), first.hash) << "what is read back has the hash that was written";
  EXPECT_EQ(hash_of(second), second.hash);
  const AuditVerdict now = verdict();
  EXPECT_TRUE(now.holds) << now.why;
  EXPECT_EQ(now.records, 2);
  EXPECT_EQ(now.head, second.hash);
}

TEST(AuditContent, IsTheCanonicalJsonOfTheRecord) {
  AuditRecord plain = record_of("a");
  plain.workload = "app (repo of https://issuer)";
  AuditRecord odd = record_of("quote \" back\\slash \x01 tab\t \xC3\xA9");
  odd.detail = "a\nb";
  odd.rule = std::string("\x7f/\0", 3);
  for (const AuditRecord& record : {AuditRecord(), plain, odd}) {
    AuditRecord numbered = record;
    numbered.sequence = 7;
    EXPECT_EQ(content_text(record, 7), canonical(Json(content_of(numbered))));
  }
}

TEST_F(Audit, WhatIsRecordedSoonIsListedAtOnceAndInOrder) {
  for (const char* task : {"a", "b"}) log->record(record_of(task));
  const auto records = log->list({});
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].task_id + (*records)[1].task_id, "ab");
}

TEST_F(Audit, WhatCouldNotBeWrittenGoesWithTheNextWrite) {
  tamper("ALTER TABLE audit RENAME TO hidden");
  log->record(record_of("early"));
  EXPECT_FALSE(written(*log, record_of("refused")));
  tamper("ALTER TABLE hidden RENAME TO audit");
  ASSERT_TRUE(written(*log, record_of("late")));
  const auto records = log->list({});
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].task_id, "early");
  EXPECT_EQ((*records)[1].task_id, "late");
  EXPECT_TRUE(verdict().holds);
}

TEST_F(Audit, GoesOnAfterARestart) {
  ASSERT_TRUE(written(*log, record_of("a")));
  log.reset();
  database.reopen();
  log = open();
  ASSERT_TRUE(written(*log, record_of("b")));
  EXPECT_TRUE(verdict().holds);
  EXPECT_EQ(verdict().records, 2);
}

TEST_F(Audit, FiltersWhatItLists) {
  for (const char* task : {"a", "b", "a", "c"}) ASSERT_TRUE(written(*log, record_of(task)));
  ASSERT_TRUE(written(*log, record_of("a", "deny")));
  AuditQuery query;
  query.task_id = "a";
  EXPECT_EQ(log->list(query)->size(), 3u);
  query.decision = "deny";
  EXPECT_EQ(log->list(query)->size(), 1u);
  query = {};
  query.after_sequence = 3;
  EXPECT_EQ(log->list(query)->front().sequence, 4);
  query = {};
  query.newest_first = true;
  query.limit = 2;
  const auto newest = log->list(query);
  ASSERT_EQ(newest->size(), 2u);
  EXPECT_EQ(newest->front().sequence, 5);
  query = {};
  query.dag_id = "' OR 1=1 --";
  EXPECT_TRUE(log->list(query)->empty());
}

TEST_F(Audit, NamesTheRecordThatWasTamperedWith) {
  const struct {
    const char* name;
    const char* sql;
    std::int64_t broken_at;
  } kTable[] = {
      {"content",       "UPDATE audit SET content = replace(content, 'A.B', 'X.Y') WHERE sequence = 3",
       3                                                                                                 },
      {"query column",  "UPDATE audit SET task_id = 'other' WHERE sequence = 2",                        2},
      {"time column",   "UPDATE audit SET at = at + 1 WHERE sequence = 2",                              2},
      {"hash",          "UPDATE audit SET hash = 'ff' WHERE sequence = 4",                              4},
      {"deleted",       "DELETE FROM audit WHERE sequence = 3",                                         3},
      {"first deleted", "DELETE FROM audit WHERE sequence = 1",                                         1},
      {"all but last",  "DELETE FROM audit WHERE sequence < 5",                                         1},
      {"swapped",
       "UPDATE audit SET sequence = 90 WHERE sequence = 2;"
       "UPDATE audit SET sequence = 2 WHERE sequence = 3;"
       "UPDATE audit SET sequence = 3 WHERE sequence = 90",                                             2},
  };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(written(*log, record_of("a")));
  tamper("CREATE TABLE kept AS SELECT * FROM audit");
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    tamper(row.sql);
    const AuditVerdict broken = verdict();
    EXPECT_FALSE(broken.holds);
    EXPECT_EQ(broken.broken_at, row.broken_at);
    EXPECT_FALSE(broken.why.empty());
    tamper("DELETE FROM audit; INSERT INTO audit SELECT * FROM kept");
    ASSERT_TRUE(verdict().holds);
  }
  // Rewritten with a hash that fits: the next record no longer follows it.
  const auto records = *log->list({});
  AuditRecord forged = records[1];
  forged.decision = "deny";
  tamper(
      "UPDATE audit SET decision = 'deny', content = replace(content, '\"allow\"', '\"deny\"'),"
      " hash = '" +
      hash_of(forged) + "' WHERE sequence = 2");
  EXPECT_EQ(verdict().broken_at, 3);
}

TEST_F(Audit, LetsTheOldestGoAndSaysSo) {
  for (int i = 0; i < 2500; ++i) log->record(record_of("a"));
  const std::string head = verdict().head;
  EXPECT_EQ(*log->forget({}), 0) << "all is kept unless told";
  EXPECT_EQ(*log->forget({.records = 2480}), 0) << "a hundredth more may stay";
  EXPECT_EQ(*log->forget({.records = 400}), 2100);
  const AuditVerdict after = verdict();
  EXPECT_TRUE(after.holds) << after.why;
  EXPECT_EQ(after.records, 401) << "with the record of the going";
  EXPECT_EQ(after.first, 2101);
  EXPECT_EQ(after.last, 2501);
  AuditQuery newest;
  newest.newest_first = true;
  const AuditRecord note = log->list(newest)->front();
  EXPECT_EQ(note.kind, "retention");
  EXPECT_EQ(note.previous_hash, head);
  EXPECT_EQ(int_at(note.detail, "first"), 1);
  EXPECT_EQ(int_at(note.detail, "through"), 2100);

  tamper("DELETE FROM audit WHERE sequence = 2101");
  EXPECT_FALSE(verdict().holds) << "one more than was said";
  EXPECT_EQ(verdict().broken_at, 1);
}

TEST_F(Audit, LetsWhatIsOldGo) {
  for (const char* task : {"a", "b", "c"}) {
    ASSERT_TRUE(written(*log, record_of(task)));
    clock.advance(std::chrono::hours(24));
  }
  EXPECT_EQ(*log->forget({.age = std::chrono::hours(72)}), 0);
  EXPECT_EQ(*log->forget({.age = std::chrono::hours(47)}), 2);
  EXPECT_EQ(log->list({})->front().task_id, "c");
  clock.advance(std::chrono::hours(1000));
  EXPECT_EQ(*log->forget({.age = std::chrono::hours(47)}), 1);
  EXPECT_EQ(*log->forget({.age = std::chrono::hours(47)}), 1) << "the record of the first going";
  EXPECT_EQ(*log->forget({.age = std::chrono::hours(47)}), 0) << "the newest stays";
  EXPECT_TRUE(verdict().holds) << verdict().why;
}

TEST_F(Audit, HoldsWhileTheyAreGoing) {
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(written(*log, record_of("a")));
  tamper("CREATE TABLE kept AS SELECT * FROM audit");
  ASSERT_EQ(*log->forget({.records = 2}), 4);
  tamper("INSERT INTO audit SELECT * FROM kept WHERE sequence IN (3, 4)");
  EXPECT_TRUE(verdict().holds) << "as a crash in the middle leaves it: " << verdict().why;
  tamper("DELETE FROM audit WHERE sequence = 4");
  EXPECT_EQ(verdict().broken_at, 4);
  tamper("DELETE FROM audit WHERE sequence = 3");
  EXPECT_TRUE(verdict().holds);
}

TEST_F(Audit, ACutTailShowsOnlyAgainstAnEarlierVerdict) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(written(*log, record_of("a")));
  const AuditVerdict earlier = verdict();
  tamper("DELETE FROM audit WHERE sequence = 3");
  const AuditVerdict later = verdict();
  EXPECT_TRUE(later.holds) << "the chain alone cannot tell";
  EXPECT_LT(later.records, earlier.records);
  EXPECT_NE(later.head, earlier.head);
}

TEST_F(Audit, StaysOneChainUnderManyWriters) {
  constexpr int kThreads = 6, kEach = 40;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t] {
        for (int i = 0; i < kEach; ++i) {
          if (i % 4 == 0) {
            log->record(record_of("soon"));
          } else {
            EXPECT_TRUE(written(*log, record_of(t % 2 ? "odd" : "even")));
          }
        }
      });
    }
  }
  ASSERT_TRUE(written(*log, record_of("last")));  // order of the writer: all are in now
  const AuditVerdict out = verdict();
  EXPECT_TRUE(out.holds) << out.why << " at " << out.broken_at;
  EXPECT_EQ(out.records, kThreads * kEach + 1);
}

}  // namespace
}  // namespace armature::access
