#include "identity/token_keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "base/testing.h"
#include "http/testing.h"

namespace armature::identity {
namespace {

using http::testing::must;

class TokenKeysTest : public ::testing::Test {
 protected:
  std::unique_ptr<TokenKeys> open() { return must(TokenKeys::open(file, clock)); }

  armature::testing::TempDir folder;
  armature::testing::FakeClock clock;
  const std::filesystem::path file = folder.path() / "keys.json";
};

TEST_F(TokenKeysTest, AreKeptInAFileThatOthersCannotRead) {
  const std::string id = open()->current()->key_id;
  struct stat facts {};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0600u);
  EXPECT_EQ(open()->current()->key_id, id);
}

TEST_F(TokenKeysTest, TheNextKeyIsPublishedBeforeItsTurnAndTheLastOneAfter) {
  const auto keys = open();
  const std::string first = keys->current()->key_id;
  ASSERT_EQ(keys->key_set().size(), 2u);
  const std::string second = text_at(keys->key_set()[1], "kid");
  EXPECT_NE(second, first);
  clock.advance(std::chrono::hours(24 * 42));
  EXPECT_EQ(keys->current()->key_id, second);
  EXPECT_EQ(keys->key_set().size(), 3u);
  EXPECT_TRUE(keys->find(first)) << "its tokens still hold";
  EXPECT_EQ(open()->current()->key_id, second) << "the turn was written";
  clock.advance(std::chrono::hours(25));
  EXPECT_FALSE(keys->find(first));
  EXPECT_EQ(keys->key_set().size(), 2u);
  clock.set(from_micros(1'600'000'000'000'000));
  EXPECT_EQ(keys->current()->key_id, second) << "a clock set back turns nothing";
}

TEST_F(TokenKeysTest, AFileThatHoldsNoKeysIsNotOverwritten) {
  for (const char* text : {"", "{}", R"({"keys":[{"private_key":"x"},{"private_key":"y"}]})"}) {
    std::ofstream(file, std::ios::trunc) << text;
    const auto opened = TokenKeys::open(file, clock);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kInvalid);
    std::string kept;
    std::ifstream in(file);
    std::getline(in, kept);
    EXPECT_EQ(kept, text);
  }
}

}  // namespace
}  // namespace armature::identity
