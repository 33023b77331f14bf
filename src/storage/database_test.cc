#include "storage/database.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "storage/testing.h"

namespace armature::storage {
namespace {

using testing::TempDatabase;

constexpr Migration kTables[] = {
    {1, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"},
    {2,
     "CREATE TABLE part (item INTEGER NOT NULL REFERENCES item(id) DEFERRABLE INITIALLY DEFERRED);"
     "CREATE INDEX part_item ON part(item);"                                    },
};

Status add(Connection& db, std::string_view name) {
  return db.prepare("INSERT INTO item (name) VALUES (?)").bind(name).run();
}

// Every name in the order of its insertion, joined by blanks.
std::string names(const Database& database) {
  std::string out;
  EXPECT_TRUE(database.read([&](Connection& db) -> Status {
    Statement rows = db.prepare("SELECT name FROM item ORDER BY id");
    while (rows.step()) out += (out.empty() ? "" : " ") + rows.text(0);
    return rows.status();
  }));
  return out;
}

// Holds the writer until released, so that what is submitted meanwhile shares one batch.
class Gate {
 public:
  explicit Gate(Database& database) {
    database.write_async(
        [this](Connection&) -> Status {
          entered_.set_value();
          opened_.get_future().wait();
          return Ok{};
        },
        [](const Status&) {});
    entered_.get_future().wait();
  }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> entered_, opened_;
};

class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(db_->migrate("items", kTables)); }
  // Submits and tells what became of it when `flush` returns.
  void submit(std::function<Status(Connection&)> work) {
    const std::size_t index = outcomes_.size();
    outcomes_.emplace_back();
    db_->write_async(std::move(work), [this, index](const Status& status) {
      outcomes_[index] = status ? "ok" : std::string(to_string(status.error().code));
    });
  }
  std::vector<std::string> flush(Gate& gate) {
    gate.open();
    EXPECT_TRUE(db_->write([](Connection&) -> Status { return Ok{}; }));
    return std::exchange(outcomes_, {});
  }
  TempDatabase db_;
  std::vector<std::string> outcomes_;
};

using Outcomes = std::vector<std::string>;

TEST_F(DatabaseTest, WritesRunInTheOrderOfSubmission) {
  Gate gate(*db_);
  std::string expected;
  for (int i = 0; i < 50; ++i) {
    expected += (i ? " " : "") + std::to_string(i);
    submit([i](Connection& db) { return add(db, std::to_string(i)); });
  }
  EXPECT_EQ(flush(gate), Outcomes(50, "ok"));
  EXPECT_EQ(names(*db_), expected);
}

TEST_F(DatabaseTest, OneBadWriteUndoesItselfAlone) {
  Gate gate(*db_);
  submit([](Connection& db) { return add(db, "a"); });
  submit([](Connection& db) -> Status {
    ARMATURE_CHECK(add(db, "half"));
    return fail(Code::kDenied, "second thoughts");
  });
  submit([](Connection& db) -> Status {
    ARMATURE_CHECK(add(db, "thrown"));
    throw std::runtime_error("bang");
  });
  submit([](Connection& db) -> Status {
    ARMATURE_CHECK(add(db, "thrown too"));
    throw 7;
  });
  submit([](Connection& db) { return add(db, "a"); });
  submit([](Connection& db) { return db.execute("no such thing"); });
  submit([](Connection& db) {
    return db.prepare("INSERT INTO part (item) VALUES (?)").bind(404).run();
  });
  submit([](Connection& db) { return add(db, "z"); });
  EXPECT_EQ(flush(gate), (Outcomes{"ok", "denied", "internal", "internal", "conflict", "internal",
                                   "conflict", "ok"}));
  EXPECT_EQ(names(*db_), "a z");
}

TEST_F(DatabaseTest, AWriteThatEndsTheTransactionFailsAndTheNextOnesGoOn) {
  Gate gate(*db_);
  submit([](Connection& db) { return add(db, "lost"); });
  submit([](Connection& db) { return db.execute("ROLLBACK"); });
  submit([](Connection& db) { return add(db, "kept"); });
  EXPECT_EQ(flush(gate), (Outcomes{"internal", "internal", "ok"}));
  EXPECT_EQ(names(*db_), "kept");
}

TEST_F(DatabaseTest, AFullDiskFailsEveryWriteThatWasNotCommitted) {
  ASSERT_TRUE(db_->write([](Connection& db) { return add(db, "before"); }));
  ASSERT_TRUE(db_->write([](Connection& db) { return db.execute("PRAGMA max_page_count = 1"); }));
  const auto big = db_->write([](Connection& db) { return add(db, std::string(1 << 20, 'x')); });
  ASSERT_FALSE(big);
  EXPECT_EQ(big.error().code, Code::kUnavailable);
  ASSERT_TRUE(
      db_->write([](Connection& db) { return db.execute("PRAGMA max_page_count = 100000"); }));
  ASSERT_TRUE(db_->write([](Connection& db) { return add(db, "after"); }));
  EXPECT_EQ(names(*db_), "before after");
}

// The pages wait in memory until COMMIT writes them, so a file that may not grow fails there.
class NoGrowth {
 public:
  explicit NoGrowth(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limited = before_;
    limited.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limited);
  }
  ~NoGrowth() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(DatabaseTest, AFailedCommitIsTheErrorOfAllThatSharedIt) {
  ASSERT_TRUE(db_->write([](Connection& db) { return add(db, "before"); }));
  {
    Gate gate(*db_);
    submit([](Connection& db) { return add(db, std::string(600'000, 'x')); });
    submit([](Connection& db) { return add(db, "shared"); });
    submit([](Connection&) -> Status { return fail(Code::kDenied, "its own error"); });
    const NoGrowth no_growth(400'000);
    gate.open();
    EXPECT_FALSE(db_->write([](Connection& db) { return add(db, std::string(600'000, 'y')); }));
  }
  EXPECT_EQ(outcomes_, (Outcomes{"unavailable", "unavailable", "denied"}));
  EXPECT_TRUE(db_->write([](Connection& db) { return add(db, "after"); }));
  EXPECT_EQ(names(*db_), "before after");
}

TEST_F(DatabaseTest, ErrorsDoNotTellValues) {
  ASSERT_TRUE(db_->write([](Connection& db) { return add(db, "planted-value"); }));
  const auto again = db_->write([](Connection& db) { return add(db, "planted-value"); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_EQ(again.error().message, "UNIQUE constraint failed: item.name");
}

TEST_F(DatabaseTest, ManyProducersLoseNothing) {
  constexpr int kThreads = 8;
  constexpr int kEach = 100;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const std::string name = std::to_string(t) + "/" + std::to_string(i);
        EXPECT_TRUE(db_->write([&](Connection& db) { return add(db, name); }));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto count = db_->read_value<std::int64_t>([](Connection& db) -> Result<std::int64_t> {
    Statement query = db.prepare("SELECT count(*) FROM item");
    query.step();
    return query.integer(0);
  });
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, kThreads * kEach);
}

TEST_F(DatabaseTest, AReadSeesOneSnapshot) {
  ASSERT_TRUE(db_->write([](Connection& db) { return add(db, "old"); }));
  ASSERT_TRUE(db_->read([&](Connection& db) -> Status {
    const auto count = [&] {
      Statement query = db.prepare("SELECT count(*) FROM item");
      query.step();
      return query.integer(0);
    };
    EXPECT_EQ(count(), 1);
    std::thread other(
        [&] { EXPECT_TRUE(db_->write([](Connection& writer) { return add(writer, "new"); })); });
    other.join();  // the writer does not wait for this read
    EXPECT_EQ(count(), 1);
    return Ok{};
  }));
  EXPECT_EQ(names(*db_), "old new");
}

TEST_F(DatabaseTest, AReaderCannotWrite) {
  const auto status = db_->read([](Connection& db) { return add(db, "sneaked in"); });
  ASSERT_FALSE(status);
  EXPECT_EQ(names(*db_), "");
}

TEST_F(DatabaseTest, MoreReadersThanConnectionsTakeTurns) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) EXPECT_EQ(names(*db_), "");
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(DatabaseTest, CallsFromInsideACallAreRefusedInsteadOfHanging) {
  const auto nothing = [](Connection&) -> Status { return Ok{}; };
  const auto inner = [&](Connection&) -> Status {
    EXPECT_EQ(db_->write(nothing).error().code, Code::kInternal);
    EXPECT_EQ(db_->read(nothing).error().code, Code::kInternal);
    return Ok{};
  };
  EXPECT_TRUE(db_->write(inner));
  EXPECT_TRUE(db_->read(inner));
  std::promise<Code> in_callback;
  db_->write_async(nothing,
                   [&](const Status&) { in_callback.set_value(db_->write(nothing).error().code); });
  EXPECT_EQ(in_callback.get_future().get(), Code::kInternal);
}

TEST_F(DatabaseTest, ACallbackMaySubmitMore) {
  std::promise<void> end;
  db_->write_async([](Connection& db) { return add(db, "first"); },
                   [&](const Status&) {
                     db_->write_async([](Connection& db) { return add(db, "second"); },
                                      [&](const Status&) { end.set_value(); });
                   });
  end.get_future().wait();
  EXPECT_EQ(names(*db_), "first second");
}

TEST_F(DatabaseTest, ClosingRunsWhatWasSubmitted) {
  {
    Gate gate(*db_);
    for (int i = 0; i < 20; ++i) {
      submit([i](Connection& db) { return add(db, std::to_string(i)); });
    }
    gate.open();
    db_.close();
  }
  EXPECT_EQ(outcomes_, Outcomes(20, "ok"));
  EXPECT_FALSE(std::filesystem::exists(db_.path().string() + "-wal"));
  db_.reopen();
  EXPECT_EQ(names(*db_).substr(0, 5), "0 1 2");
}

TEST_F(DatabaseTest, MigratesUpOnceAndRefusesANewerFile) {
  constexpr Migration kThree[] = {
      kTables[0], kTables[1], {3, "ALTER TABLE item ADD COLUMN colour TEXT"}
  };
  EXPECT_TRUE(db_->migrate("items", kTables));
  db_.reopen();
  EXPECT_TRUE(db_->migrate("items", kThree));
  EXPECT_TRUE(db_->migrate("others", {}));
  db_.reopen();
  const auto older = db_->migrate("items", kTables);
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, Code::kConflict);
  EXPECT_EQ(older.error().message,
            "tables of items are at version 3, this program knows up to 2: run the newer program");
}

TEST_F(DatabaseTest, AStepThatFailsLeavesTheStepsBeforeIt) {
  constexpr Migration kBroken[] = {
      {1, "CREATE TABLE one (x)"                      },
      {2, "CREATE TABLE two (x); CREATE TABLE one (x)"}
  };
  const auto broken = db_->migrate("broken", kBroken);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().message.find("version 2"), std::string::npos);
  constexpr Migration kMended[] = {
      {1, "CREATE TABLE one (x)"},
      {2, "CREATE TABLE two (x)"}
  };
  EXPECT_TRUE(db_->migrate("broken", kMended));
}

TEST_F(DatabaseTest, VersionsHaveNoGaps) {
  constexpr Migration kGap[] = {
      {2, "SELECT 1"}
  };
  EXPECT_EQ(db_->migrate("gap", kGap).error().code, Code::kInternal);
}

TEST_F(DatabaseTest, ASecondServerIsRefused) {
  const auto second = Database::open({db_.path(), 1, true});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_EQ(second.error().message, "another server holds " + db_.path().string() + " (process " +
                                        std::to_string(::getpid()) + ")");
  const pid_t child = ::fork();
  if (child == 0) {
    const auto third = Database::open({db_.path(), 1, true});
    ::_exit(!third && third.error().code == Code::kUnavailable ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  db_.close();
  EXPECT_TRUE(Database::open({db_.path(), 1, true}));
}

TEST(DatabaseOpen, TheFilesAreTheOwnersOnly) {
  const testing::TempDir folder;
  const auto path = folder.path() / "a.db";
  const auto mode = [](const std::string& file) {
    struct stat info {};
    EXPECT_EQ(::stat(file.c_str(), &info), 0) << file;
    return info.st_mode & 0777;
  };
  for (int round = 0; round < 2; ++round) {
    auto opened = Database::open({path, 1, true});
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_TRUE((*opened)->migrate("items", kTables));
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      EXPECT_EQ(mode(path.string() + suffix), 0600u) << suffix;
    }
    opened->reset();
    ASSERT_EQ(::chmod(path.c_str(), 0644), 0);  // the second round mends it
  }
}

TEST(DatabaseOpen, SaysWhatCannotBeOpened) {
  const testing::TempDir folder;
  const auto missing = Database::open({folder.path() / "no" / "a.db", 1, true});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kUnavailable);
  EXPECT_NE(missing.error().message.find("no/a.db"), std::string::npos);
  const auto junk = folder.path() / "junk.db";
  std::FILE* file = std::fopen(junk.c_str(), "w");
  for (int i = 0; i < 100; ++i) std::fputs("this is no database at all\n", file);
  std::fclose(file);
  const auto opened = Database::open({junk, 1, true});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace armature::storage
