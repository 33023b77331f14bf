#include "identity/attempt_tokens.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/testing.h"
#include "identity/jwt.h"

namespace armature::identity {
namespace {

const Secret kKey("0123456789abcdef0123456789abcdef");
constexpr Micros kHour = std::chrono::hours(1);

Attempt attempt(std::int64_t fence, int try_number = 1, std::string_view task = "deploy",
                int map_index = -1) {
  return {
      {*DagId::parse("etl"), *RunId::parse("manual__2026-01-01T00:00:00+00:00"),
       *TaskId::parse(task), map_index},
      try_number,
      fence
  };
}

class AttemptTokensTest : public ::testing::Test {
 protected:
  std::string issue(const Attempt& to) {
    const auto token = tokens_.issue(to, kHour);
    EXPECT_TRUE(token) << token.error().message;
    return token ? token->reveal() : "";
  }
  std::string why(std::string_view token) {
    const auto result = tokens_.verify(token);
    if (result) return "";
    EXPECT_EQ(result.error().code, Code::kUnauthenticated);
    return result.error().message;
  }
  testing::FakeClock clock_;
  testing::FakeRandom random_;
  AttemptTokens tokens_{kKey, clock_, random_};
};

TEST_F(AttemptTokensTest, NameTheAttempt) {
  const Attempt mapped = attempt(7, 3, "load", 12);
  const auto back = tokens_.verify(issue(mapped));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, mapped);
}

TEST_F(AttemptTokensTest, ATokenThatHeldIsStillJudgedByTimeAndFence) {
  const std::string token = issue(attempt(1));
  EXPECT_EQ(why(token), "");
  EXPECT_EQ(why(token), "") << "remembered";
  std::string forged = token;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  EXPECT_NE(why(forged), "");
  clock_.advance(kHour);
  const std::string expired = why(token);
  EXPECT_NE(expired, "");
  EXPECT_EQ(why(token), expired);
  const std::string next = issue(attempt(2, 2));
  EXPECT_EQ(why(next), "");
  tokens_.revoke(attempt(2, 2));
  EXPECT_EQ(why(next), "the attempt has ended");
}

TEST_F(AttemptTokensTest, HoldTheClaimsOfTheContract) {
  const auto jwt = verify_hs256(issue(attempt(7, 3, "load", 12)), kKey, {}, clock_.now());
  ASSERT_TRUE(jwt);
  const JsonObject& claims = jwt->claims;
  EXPECT_EQ(text_at(claims, "sub"), "etl/manual__2026-01-01T00:00:00+00:00/load[12]");
  EXPECT_EQ(text_at(claims, "dag"), "etl");
  EXPECT_EQ(text_at(claims, "task"), "load");
  EXPECT_EQ(int_at(claims, "map_index"), 12);
  EXPECT_EQ(int_at(claims, "try"), 3);
  EXPECT_EQ(int_at(claims, "fence"), 7);
  EXPECT_EQ(int_at(claims, "exp") - int_at(claims, "iat"), 3600);
  EXPECT_EQ(text_at(claims, "jti").size(), 36u);
}

TEST_F(AttemptTokensTest, TheTokenOfAttempt1IsRefusedOnceAttempt2WasIssued) {
  const std::string first = issue(attempt(1, 1));
  EXPECT_EQ(why(first), "");
  const std::string second = issue(attempt(2, 2));
  EXPECT_EQ(why(first), "a newer attempt of the task has begun");
  EXPECT_EQ(why(second), "");
  tokens_.revoke(attempt(1, 1));  // late news of the first attempt's end
  EXPECT_EQ(why(second), "");
  const auto again = tokens_.issue(attempt(1, 1), kHour);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kConflict);
  EXPECT_EQ(why(second), "");
}

TEST_F(AttemptTokensTest, TheEndOfAnAttemptRevokes) {
  const std::string token = issue(attempt(1));
  const std::string renewed = issue(attempt(1));
  EXPECT_NE(token, renewed);
  EXPECT_EQ(why(token), "");
  tokens_.revoke(attempt(1));
  EXPECT_EQ(why(token), "the attempt has ended");
  EXPECT_EQ(why(renewed), "the attempt has ended");
  EXPECT_EQ(tokens_.issue(attempt(1), kHour).error().code, Code::kConflict);
  EXPECT_EQ(why(issue(attempt(2, 2))), "");
}

TEST_F(AttemptTokensTest, TasksDoNotTouchEachOther) {
  const std::string a = issue(attempt(1, 1, "a"));
  const std::string b0 = issue(attempt(5, 1, "b", 0));
  const std::string b1 = issue(attempt(6, 1, "b", 1));
  tokens_.revoke(attempt(5, 1, "b", 0));
  EXPECT_EQ(why(a), "");
  EXPECT_NE(why(b0), "");
  EXPECT_EQ(why(b1), "");
}

TEST_F(AttemptTokensTest, TimesAreChecked) {
  const std::string token = issue(attempt(1));
  clock_.advance(kHour - std::chrono::seconds(1));
  EXPECT_EQ(why(token), "");
  clock_.advance(std::chrono::seconds(1));
  EXPECT_EQ(why(token), "token has expired");
  clock_.advance(-kHour - std::chrono::seconds(60));
  EXPECT_EQ(why(token), "");  // the clock was set back a little
  clock_.advance(-std::chrono::seconds(2));
  EXPECT_EQ(why(token), "token is not valid yet");
  EXPECT_EQ(tokens_.issue(attempt(2), Micros{0}).error().code, Code::kInvalid);
}

TEST_F(AttemptTokensTest, StrangersAreRefused) {
  // Another server with the same key: its tasks were not started here.
  AttemptTokens twin(kKey, clock_, random_);
  EXPECT_EQ(why(twin.issue(attempt(1), kHour)->reveal()),
            "token is of a task that this server did not start");
  AttemptTokens other(Secret("another key of thirty-two bytes!"), clock_, random_);
  issue(attempt(1));
  EXPECT_EQ(why(other.issue(attempt(1), kHour)->reveal()), "token has a wrong signature");
  EXPECT_EQ(why(""), "not a token of three parts");
}

TEST_F(AttemptTokensTest, TheRightKeyAloneIsNotEnough) {
  const std::string good = issue(attempt(1));
  const JsonObject claims = verify_hs256(good, kKey, {}, clock_.now())->claims;
  const struct {
    const char* claim;
    Json value;
    const char* refusal;
  } kTable[] = {
      {"iss",       "armature",                     ""                                                 },
      {"iss",       "somebody",                     "token is from another issuer"                     },
      {"aud",       "https://management.azure.com", "token is for another audience"                    },
      {"dag",       "other",                        "token is of a task that this server did not start"},
      {"dag",       "../etl",                       "token names no attempt"                           },
      {"task",      7,                              "token names no attempt"                           },
      {"fence",     "1",                            "token names no attempt"                           },
      {"fence",     2,                              "a newer attempt of the task has begun"            },
      {"map_index", 0,                              "token is of a task that this server did not start"},
      {"map_index", 4294967295,                     "token names no attempt"                           },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(std::string(row.claim) + " " + dump(row.value));
    JsonObject changed = claims;
    changed[row.claim] = row.value;
    EXPECT_EQ(why(sign_hs256(changed, kKey)->reveal()), row.refusal);
  }
}

TEST_F(AttemptTokensTest, AnUnfitKeyIssuesNothingAndRevokesNothing) {
  AttemptTokens unfit(Secret("short"), clock_, random_);
  EXPECT_EQ(unfit.issue(attempt(1), kHour).error().code, Code::kInternal);
}

TEST_F(AttemptTokensTest, ForgettingOldTasksKeepsTheLiveOnes) {
  const std::string live = issue(attempt(1, 1, "live"));
  clock_.advance(-std::chrono::minutes(50));
  for (int i = 0; i < 1'500; ++i) {
    ASSERT_TRUE(tokens_.issue(attempt(1, 1, "many", i), std::chrono::minutes(1)));
    if (i == 1'000) clock_.advance(std::chrono::minutes(50));
  }
  EXPECT_EQ(why(live), "");
  EXPECT_EQ(why(issue(attempt(2, 2, "many", 3))), "");
}

TEST_F(AttemptTokensTest, ManyThreads) {
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1; i <= 50; ++i) {
        const Attempt mine = attempt(i, i, "t" + std::to_string(t));
        const auto token = tokens_.issue(mine, kHour);
        if (!token || !tokens_.verify(token->reveal())) ++refused;
        tokens_.revoke(mine);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refused, 0);
}

}  // namespace
}  // namespace armature::identity
