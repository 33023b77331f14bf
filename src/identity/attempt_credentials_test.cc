#include "identity/attempt_credentials.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "identity/attempt_tokens.h"

namespace armature::identity {
namespace {

const Attempt kAttempt{
    {*DagId::parse("etl"), *RunId::parse("run1"), *TaskId::parse("load"), 3},
    2, 7
};

class AttemptCredentialsTest : public ::testing::Test {
 protected:
  testing::FakeClock clock;
  testing::FakeRandom random;
  const Secret key{"0123456789abcdef0123456789abcdef"};
  AttemptCredentials credentials{key, clock, random};
};

TEST_F(AttemptCredentialsTest, NamesItsAttemptForAsLongAsTheProcessLives) {
  const auto credential = credentials.issue(kAttempt);
  ASSERT_TRUE(credential);
  clock.advance(std::chrono::hours(24 * 100));
  const auto read = credentials.read(credential->reveal());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, kAttempt);
}

TEST_F(AttemptCredentialsTest, IsNoTokenAndATokenIsNoCredential) {
  AttemptTokens tokens{key, clock, random};  // the same key: the audience alone tells them apart
  const auto token = tokens.issue(kAttempt, std::chrono::hours(1));
  const auto credential = credentials.issue(kAttempt);
  ASSERT_TRUE(token && credential);
  EXPECT_FALSE(credentials.read(token->reveal()));
  EXPECT_FALSE(tokens.verify(credential->reveal()));
}

TEST_F(AttemptCredentialsTest, RefusesWhatItDidNotMake) {
  const AttemptCredentials other{Secret("another key of 32 bytes, or more"), clock, random};
  EXPECT_FALSE(credentials.read(other.issue(kAttempt)->reveal()));
  std::string changed = credentials.issue(kAttempt)->reveal();
  changed[changed.size() / 2] ^= 1;
  EXPECT_FALSE(credentials.read(changed));
  for (const std::string& text : {std::string(), std::string("x"), std::string(1u << 20, 'a')}) {
    EXPECT_EQ(credentials.read(text).error().code, Code::kUnauthenticated);
  }
}

TEST_F(AttemptCredentialsTest, IsMaskedInLogsByItsShape) {
  const Redactor redactor;
  const std::string line = "HTTPS_PROXY=http://attempt:" + credentials.issue(kAttempt)->reveal();
  EXPECT_EQ(redactor.clean(line).find("eyJ"), std::string::npos);
}

}  // namespace
}  // namespace armature::identity
