#include "http/certificates.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/testing.h"

namespace armature::http {
namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0);
  return info.st_mode & 0777u;
}

struct Certificates : ::testing::Test {
  armature::testing::TempDir directory;
  armature::testing::FakeClock clock;
  SystemRandom random;
  std::filesystem::path home = directory.path() / "tls";
  Result<Authority> load() { return load_or_make_authority(home, "Armature test", clock, random); }
};

TEST_F(Certificates, AuthorityStaysOverRestarts) {
  const auto first = load();
  ASSERT_TRUE(first) << first.error().message;
  const auto second = load();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(first->certificate_pem, second->certificate_pem);
  EXPECT_EQ(first->key_pem.reveal(), second->key_pem.reveal());
  EXPECT_EQ(mode_of(home / "ca.pem"), 0644u);
  EXPECT_EQ(mode_of(home / "ca.key"), 0600u);
}

TEST_F(Certificates, DamagedAuthorityIsNeverOverwritten) {
  ASSERT_TRUE(load());
  ASSERT_TRUE(write_file(home / "ca.key", "not a key", 0600));
  const auto again = load();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kInvalid);
  EXPECT_EQ(*read_file(home / "ca.key"), "not a key");
}

TEST_F(Certificates, HalfAnAuthorityIsRefused) {
  ASSERT_TRUE(load());
  std::filesystem::remove(home / "ca.key");
  const auto again = load();
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kInvalid);
  EXPECT_FALSE(std::filesystem::exists(home / "ca.key"));
}

TEST_F(Certificates, AnotherKeyIsNoticed) {
  ASSERT_TRUE(load());
  const auto other = load_or_make_authority(directory.path() / "other", "x", clock, random);
  ASSERT_TRUE(other);
  ASSERT_TRUE(write_file(home / "ca.key", other->key_pem.reveal(), 0600));
  EXPECT_FALSE(load());
}

TEST_F(Certificates, LeafRefusesNamesThatAreNone) {
  const auto authority = load();
  ASSERT_TRUE(authority);
  const auto hour = std::chrono::hours(1);
  EXPECT_TRUE(
      issue(*authority, {"localhost", "127.0.0.1", "::1", "*.vault.local"}, hour, clock, random));
  for (const char* name : {"", "a,DNS:b", "a b", "a/b", "@section"}) {
    EXPECT_FALSE(issue(*authority, {name}, hour, clock, random)) << name;
  }
  EXPECT_FALSE(issue(*authority, {}, hour, clock, random));
}

}  // namespace
}  // namespace armature::http
