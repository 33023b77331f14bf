#include "gateway/operation_log.h"

#include <gtest/gtest.h>

#include <future>

#include "base/testing.h"
#include "storage/testing.h"

namespace armature::gateway {
namespace {

Attempt attempt_of(const char* task, int try_number = 1) {
  return {
      {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse(task), -1},
      try_number, try_number
  };
}

arm::Operation put_of(const std::string& target) {
  arm::Operation operation;
  operation.method = "PUT";
  operation.target = target;
  operation.query = "api-version=1";
  return operation;
}

Status wait_for(const std::function<void(OperationLog::Done)>& start) {
  std::promise<Status> promise;
  start([&](Status status) { promise.set_value(std::move(status)); });
  return promise.get_future().get();
}

class OperationLogTest : public ::testing::Test {
 protected:
  OperationLogTest() { open(); }
  void open() {
    auto opened = OperationLog::open(*database, clock);
    ASSERT_TRUE(opened) << opened.error().message;
    log = std::move(*opened);
  }
  void sent(const RequestKey& key) {
    ASSERT_TRUE(wait_for(
        [&](OperationLog::Done done) { log->mark_sent(key, "id", clock.now(), std::move(done)); }));
  }
  void ended(const RequestKey& key, const Entry& end) {
    ASSERT_TRUE(
        wait_for([&](OperationLog::Done done) { log->mark_ended(key, end, std::move(done)); }));
  }
  testing::FakeClock clock;
  testing::TempDatabase database;
  std::unique_ptr<OperationLog> log;
};

TEST(RequestKey, IsTheSameForARetryAndForNoOtherRequest) {
  const auto key = [](const char* task, int try_number, const char* target, const char* body) {
    return key_of(attempt_of(task, try_number), put_of(target), body).text;
  };
  EXPECT_EQ(key("t", 1, "/A", "{}"), key("t", 2, "/a", "{}"));
  EXPECT_NE(key("t", 1, "/a", "{}"), key("u", 1, "/a", "{}"));
  EXPECT_NE(key("t", 1, "/a", "{}"), key("t", 1, "/b", "{}"));
  EXPECT_NE(key("t", 1, "/a", "{}"), key("t", 1, "/a", "{ }"));
}

TEST_F(OperationLogTest, ASendWithoutAnAnswerIsInFlightAlsoAfterARestart) {
  const auto key = key_of(attempt_of("t"), put_of("/a"), "{}");
  EXPECT_FALSE(*log->find(key));
  sent(key);
  log.reset();
  database.reopen();
  open();
  const auto found = *log->find(key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, "sent");
  EXPECT_TRUE(found->in_flight());
  EXPECT_EQ(found->first_sent, clock.now());
}

TEST_F(OperationLogTest, ARunningOperationIsWatchedUntilItEnds) {
  const auto key = key_of(attempt_of("t"), put_of("/Res"), "{}");
  sent(key);
  ended(key, {"answered", 201, true, "/op/1?s=x", arm::PollKind::kAsyncOperation, {}});
  log.reset();
  database.reopen();
  open();
  const TaskKey task = attempt_of("t").key;
  EXPECT_EQ(log->watches(task, "/OP/1?s=y"), arm::PollKind::kAsyncOperation);
  EXPECT_EQ(log->watches(task, "/res?api-version=1"), arm::PollKind::kResource);
  EXPECT_EQ(log->watches(attempt_of("u").key, "/op/1"), std::nullopt);
  EXPECT_TRUE((*log->find(key))->in_flight());
  EXPECT_EQ((*log->find(key))->poll_target, "/op/1?s=x");

  ASSERT_TRUE(
      wait_for([&](OperationLog::Done done) { log->finish(task, "/op/1?s=z", std::move(done)); }));
  EXPECT_EQ(log->watches(task, "/res"), std::nullopt);
  EXPECT_FALSE((*log->find(key))->in_flight());
}

TEST_F(OperationLogTest, APollPathBelongsToTheTaskItWasGivenTo) {
  const TaskKey task = attempt_of("t").key;
  ASSERT_TRUE(wait_for(
      [&](OperationLog::Done done) { log->hand_out(task, {"/Sub/op/1?s=x"}, std::move(done)); }));
  EXPECT_TRUE(*log->was_handed_out(task, "/sub/OP/1?s=other"));
  EXPECT_FALSE(*log->was_handed_out(task, "/sub/op/2"));
  EXPECT_FALSE(*log->was_handed_out(attempt_of("u").key, "/sub/op/1"));
}

TEST_F(OperationLogTest, OnlyOneSenderAtATimePerKey) {
  const auto key = key_of(attempt_of("t"), put_of("/a"), "{}");
  EXPECT_TRUE(log->enter(key));
  EXPECT_FALSE(log->enter(key));
  log->leave(key);
  EXPECT_TRUE(log->enter(key));
}

TEST_F(OperationLogTest, OldRowsGoAtTheNextStart) {
  const auto key = key_of(attempt_of("t"), put_of("/a"), "{}");
  sent(key);
  log.reset();
  clock.advance(std::chrono::hours(24 * 31));
  open();
  EXPECT_FALSE(*log->find(key));
}

}  // namespace
}  // namespace armature::gateway
