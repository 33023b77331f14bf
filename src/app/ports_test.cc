#include "app/ports.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace armature::app {
namespace {

class TokensAndGrantsTest : public ::testing::Test {
 protected:
  Attempt attempt(int number) const {
    return {
        {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse("t"), -1},
        number, number
    };
  }
  Result<Secret> begin(int number) {
    return access.begin(
        attempt(number), "deployer",
        {
            {"Reader", "/subscriptions/11111111-1111-4111-8111-111111111111", {}, "a.yaml:1"}
    },
        std::chrono::hours(1));
  }

  testing::FakeClock clock;
  testing::FakeRandom random;
  Redactor redactor;
  identity::AttemptTokens tokens{Secret("0123456789abcdef0123456789abcdef"), clock, random};
  identity::AttemptCredentials credentials{Secret("another key of 32 bytes, or more"), clock,
                                           random};
  access::GrantStore grants{{access::Ceiling{"deployer", {}}}};
  std::vector<TaskKey> forgotten;
  TokensAndGrants access{tokens,
                         credentials,
                         grants,
                         {{"deployer", {"tenant-1", "client-1"}}},
                         clock,
                         redactor,
                         [this](const TaskKey& task) { forgotten.push_back(task); }};
};

TEST_F(TokensAndGrantsTest, AnAttemptThatOutlivesItsTokenGetsAnother) {
  const auto first = begin(1);
  ASSERT_TRUE(first);
  clock.advance(std::chrono::minutes(44));
  EXPECT_EQ(access.token_of(attempt(1))->reveal(), first->reveal());
  for (int hours = 0; hours < 5; ++hours) {
    clock.advance(std::chrono::minutes(59));
    const auto next = access.token_of(attempt(1));
    ASSERT_TRUE(next);
    EXPECT_TRUE(tokens.verify(next->reveal())) << "good when it is given";
    clock.advance(std::chrono::minutes(14));
    EXPECT_TRUE(tokens.verify(next->reveal())) << "and for a quarter of its life at least";
  }
  EXPECT_FALSE(tokens.verify(first->reveal()));
}

TEST_F(TokensAndGrantsTest, AnEndedOrOlderAttemptGetsNone) {
  ASSERT_TRUE(begin(1));
  ASSERT_TRUE(begin(2));
  EXPECT_EQ(access.token_of(attempt(1)).error().code, Code::kUnauthenticated);
  access.end(attempt(1));
  EXPECT_TRUE(access.token_of(attempt(2))) << "the end of an older one is not its end";
  access.end(attempt(2));
  EXPECT_EQ(access.token_of(attempt(2)).error().code, Code::kUnauthenticated);
}

TEST_F(TokensAndGrantsTest, AnAttemptWithoutGrantsGetsNone) {
  EXPECT_EQ(access.token_of(attempt(1)).error().code, Code::kUnauthenticated);
}

TEST_F(TokensAndGrantsTest, AClearedTaskIsPassedOn) {
  access.cleared(attempt(1).key);
  EXPECT_EQ(forgotten, std::vector<TaskKey>{attempt(1).key});
}

TEST_F(TokensAndGrantsTest, ACredentialStandsForItsAttemptWhileThatLives) {
  ASSERT_TRUE(begin(1));
  const std::string credential = access.credential_of(attempt(1))->reveal();
  clock.advance(std::chrono::hours(30));  // tokens of an hour each
  const auto token = access.token_for(credential);
  ASSERT_TRUE(token) << token.error().message;
  EXPECT_EQ(token->attempt, attempt(1));
  EXPECT_EQ(token->client_id, "client-1");
  EXPECT_EQ(token->expires,
            std::chrono::floor<std::chrono::seconds>(clock.now() + std::chrono::hours(1)));
  EXPECT_TRUE(tokens.verify(token->token.reveal()));
  EXPECT_EQ(access.token_for(token->token.reveal())->attempt, attempt(1)) << "by a token of it";

  ASSERT_TRUE(begin(2));
  EXPECT_FALSE(access.token_for(credential)) << "a newer attempt has begun";
  EXPECT_FALSE(access.token_for(token->token.reveal()));
  const std::string second = access.credential_of(attempt(2))->reveal();
  EXPECT_TRUE(access.token_for(second));
  access.end(attempt(2));
  EXPECT_EQ(access.token_for(second).error().code, Code::kUnauthenticated);
  EXPECT_FALSE(access.token_for("guess"));
}

}  // namespace
}  // namespace armature::app
