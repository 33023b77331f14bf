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
  operation.repeat = arm::Repeat::kIdempotent;
  return operation;
}

RequestKey key_of(const Attempt& attempt, const arm::Operation& operation, std::string_view body,
                  const http::Headers& headers = {}) {
  auto key = gateway::key_of(attempt, operation, headers, body);
  EXPECT_TRUE(key);
  return *key;
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
    auto opened = OperationLog::open(*database, clock, random, Secret("the key of this test"));
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
  std::optional<Entry> find(RequestKey key) { return (*log->place(key)).entry; }
  testing::FakeClock clock;
  SystemRandom random;
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
  EXPECT_FALSE(find(key));
  sent(key);
  log.reset();
  database.reopen();
  open();
  const auto found = find(key);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->state, "sent");
  EXPECT_TRUE(found->in_flight());
  EXPECT_EQ(found->first_sent, clock.now());
}

TEST_F(OperationLogTest, ARunningOperationIsWatchedUntilItEnds) {
  const auto key = key_of(attempt_of("t"), put_of("/Res"), "{}");
  sent(key);
  ended(key, {"answered", 201, true, "/op/1?s=x", arm::PollKind::kAsyncOperation, {}, ""});
  log.reset();
  database.reopen();
  open();
  const TaskKey task = attempt_of("t").key;
  EXPECT_EQ(log->watches(task, "/OP/1?s=y"), arm::PollKind::kAsyncOperation);
  EXPECT_EQ(log->watches(task, "/res?api-version=1"), arm::PollKind::kResource);
  EXPECT_EQ(log->watches(attempt_of("u").key, "/op/1"), std::nullopt);
  EXPECT_TRUE(find(key)->in_flight());
  EXPECT_EQ(find(key)->poll_target, "/op/1?s=x");

  ASSERT_TRUE(
      wait_for([&](OperationLog::Done done) { log->finish(task, "/op/1?s=z", std::move(done)); }));
  EXPECT_EQ(log->watches(task, "/res"), std::nullopt);
  EXPECT_FALSE(find(key)->in_flight());
}

arm::Operation action_of(const std::string& target) {
  arm::Operation operation = put_of(target);
  operation.method = "POST";
  operation.repeat = arm::Repeat::kNever;
  return operation;
}

// The n-th same action of an attempt is the n-th of the attempt before; the client's own repeat is
// the one it repeats.
TEST_F(OperationLogTest, ActionsAreCountedByAttemptAndKnownByTheClientsId) {
  const auto begin = [&](int try_number, const char* id) {
    RequestKey key = key_of(attempt_of("t", try_number), action_of("/vm/restart"), "",
                            {
                                {"x-ms-client-request-id", id}
    });
    const Place place = *log->place(key);
    return std::pair(key, place);
  };
  auto [first, at_first] = begin(1, "one");
  EXPECT_FALSE(at_first.entry);
  sent(first);
  ended(first,
        {"answered", 200, false, "", arm::PollKind::kResource, {}, R"({"body":"secret-1"})"});
  auto [again, at_again] = begin(1, "one");
  EXPECT_EQ(again.text, first.text);
  EXPECT_TRUE(at_again.same_request);
  EXPECT_EQ(at_again.entry->answer, R"({"body":"secret-1"})");
  auto [second, at_second] = begin(1, "two");
  EXPECT_NE(second.text, first.text);
  EXPECT_FALSE(at_second.entry);
  sent(second);
  ended(second, {"answered", 202, false, "", arm::PollKind::kResource, {}, ""});

  auto [retried, at_retried] = begin(2, "three");
  EXPECT_EQ(retried.text, first.text);
  EXPECT_TRUE(at_retried.entry->succeeded());
  EXPECT_FALSE(at_retried.same_request);
  ASSERT_TRUE(
      wait_for([&](OperationLog::Done done) { log->mark_taken_over(retried, std::move(done)); }));
  auto [next, at_next] = begin(2, "four");
  EXPECT_EQ(next.text, second.text);
  EXPECT_EQ(at_next.entry->status, 202);

  clock.advance(std::chrono::minutes(6));  // no client repeats for so long: a new action
  EXPECT_EQ(begin(2, "three").first.text, second.text);
}

TEST_F(OperationLogTest, AnActionInDoubtHoldsBackItsLike) {
  RequestKey first = key_of(attempt_of("t"), action_of("/vm/restart"), "");
  ASSERT_TRUE(log->place(first));
  sent(first);
  RequestKey next = key_of(attempt_of("t"), action_of("/vm/restart"), "");
  EXPECT_TRUE((*log->place(next)).in_doubt);
  EXPECT_NE(next.text, first.text);
  RequestKey other = key_of(attempt_of("t"), action_of("/vm/start"), "");
  EXPECT_FALSE((*log->place(other)).in_doubt);
  ASSERT_TRUE(wait_for(
      [&](OperationLog::Done done) { log->forget(attempt_of("t").key, std::move(done)); }));
  EXPECT_FALSE((*log->place(next)).in_doubt);
}

TEST_F(OperationLogTest, AnIdempotencyKeyNamesTheRequest) {
  const http::Headers headers = {
      {"Idempotency-Key", "k"}
  };
  const auto key = key_of(attempt_of("t"), action_of("/vm/restart"), "{}", headers);
  sent(key);
  RequestKey same = key_of(attempt_of("t", 2), action_of("/vm/restart"), "{}", headers);
  EXPECT_TRUE((*log->place(same)).same_request);
  RequestKey other = key_of(attempt_of("t", 2), action_of("/vm/restart"), "{ }", headers);
  EXPECT_TRUE((*log->place(other)).other_request);
  EXPECT_FALSE(gateway::key_of(attempt_of("t"), put_of("/a"),
                               {
                                   {"Idempotency-Key", std::string(256, 'k')}
  },
                               ""));
}

TEST_F(OperationLogTest, KeptAnswersAreSealed) {
  RequestKey key = key_of(attempt_of("t"), action_of("/acc/regenerateKey"), "",
                          {
                              {"x-ms-client-request-id", "one"}
  });
  sent(key);
  ended(key, {"answered", 200, false, "", arm::PollKind::kResource, {}, "planted-secret-answer"});
  std::string stored;
  ASSERT_TRUE(database->read([&](storage::Connection& connection) -> Status {
    auto row = connection.prepare("SELECT answer FROM gateway_operation");
    if (row.step()) stored = row.text(0);
    return row.status();
  }));
  EXPECT_FALSE(stored.empty());
  EXPECT_EQ(stored.find("planted"), std::string::npos);
  auto other = OperationLog::open(*database, clock, random, Secret("another key"));
  ASSERT_TRUE(other);
  const auto found = (*(*other)->place(key)).entry;
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->succeeded());
  EXPECT_EQ(found->answer, "");
}

TEST_F(OperationLogTest, OldRowsGoAtTheNextStart) {
  const auto key = key_of(attempt_of("t"), put_of("/a"), "{}");
  sent(key);
  log.reset();
  clock.advance(std::chrono::hours(24 * 31));
  open();
  EXPECT_FALSE(find(key));
}

}  // namespace
}  // namespace armature::gateway
