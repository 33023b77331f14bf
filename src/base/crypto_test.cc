#include "base/crypto.h"

#include <gtest/gtest.h>

#include <set>

#include "base/bytes.h"
#include "base/random.h"
#include "base/secret.h"
#include "base/testing.h"

namespace armature {
namespace {

TEST(Crypto, Sha256OfFips180) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abc").size(), 32u);
}

TEST(Crypto, HmacOfRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(hmac_sha256({}, {})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Crypto, ComparesInConstantTime) {
  EXPECT_TRUE(equal_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_FALSE(equal_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_constant_time("abc", "ab"));
}

TEST(Crypto, NameBasedUuids) {
  // RFC 9562 appendix A.4: the DNS name space.
  EXPECT_EQ(uuid_v5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.example.com"),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  // guid('foo', 'bar', 'baz') as Azure computes it.
  EXPECT_EQ(arm_guid("foo-bar-baz"), "2ed86837-7c7c-5eaa-9864-dd077fd19b0d");
  EXPECT_NE(arm_guid("foo-bar"), arm_guid("foo-bar-baz"));
}

TEST(Random, DrawsWhatItPromises) {
  SystemRandom system;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string uuid = system.uuid();
    EXPECT_TRUE(is_uuid(uuid));
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    EXPECT_TRUE(seen.insert(uuid).second);
    const double unit = system.unit();
    EXPECT_GE(unit, 0.0);
    EXPECT_LT(unit, 1.0);
  }
  EXPECT_EQ(system.bytes(0), "");
  EXPECT_EQ(system.bytes(33).size(), 33u);
  testing::FakeRandom a(7), b(7), c(8);
  EXPECT_EQ(a.bytes(16), b.bytes(16));
  EXPECT_NE(a.bytes(16), c.bytes(16));
}

TEST(Secret, MovesAndCopies) {
  for (const std::string& text : {std::string("short"), std::string(100, 'x')}) {
    Secret first(text);
    Secret copy = first;
    EXPECT_EQ(copy.reveal(), text);
    Secret moved = std::move(first);
    EXPECT_EQ(moved.reveal(), text);
    EXPECT_TRUE(first.empty());  // NOLINT: what a moved-from secret holds is the contract
    EXPECT_EQ(std::string(first.reveal().data(), 5), std::string(5, '\0'));
    copy = std::move(moved);
    EXPECT_EQ(copy.reveal(), text);
    Secret& self = copy;
    copy = self;
    EXPECT_EQ(copy.reveal(), text);
  }
}

}  // namespace
}  // namespace armature
