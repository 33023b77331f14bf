#include "identity/certificate.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "identity/testing.h"

namespace armature::identity {
namespace {

const Instant kBegins = from_micros(1'700'000'000'000'000);
const Instant kEnds = kBegins + std::chrono::hours(24);

TEST(Certificate, IsReadFromPemAndFromDer) {
  const RsaKey key = *make_rsa_key();
  const auto pem = read_certificate(testing::self_signed(key, kBegins, kEnds, "robot"));
  ASSERT_TRUE(pem) << pem.error().message;
  EXPECT_EQ(pem->public_pem, key.public_pem);
  EXPECT_EQ(pem->sha1.size(), 20u);
  EXPECT_EQ(pem->sha256.size(), 32u);
  EXPECT_EQ(pem->subject, "CN=robot");
  EXPECT_EQ(pem->begins, kBegins);
  EXPECT_EQ(pem->ends, kEnds);
  const auto der = read_certificate(pem->der);
  ASSERT_TRUE(der);
  EXPECT_EQ(der->sha256, pem->sha256);
}

TEST(Certificate, AnythingElseIsRefused) {
  for (const std::string text :
       {"", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}) {
    EXPECT_FALSE(read_certificate(text)) << text;
  }
  EXPECT_FALSE(read_certificate(std::string(1 << 20, 'A')));
  EXPECT_FALSE(read_certificate(make_rsa_key()->public_pem));
}

TEST(Jwk, GivesBackTheKeyItWasMadeOf) {
  const RsaKey key = *make_rsa_key();
  const auto pem = public_pem_of(jwk_of(key));
  ASSERT_TRUE(pem);
  EXPECT_EQ(*pem, key.public_pem);
  const JsonObject bad[] = {
      {             },
      {  {"kty", "EC"},  {"n", "AQAB"}, {"e", "AQAB"}},
      { {"kty", "RSA"}, {"n", "AQAB"}, {"e", "AQAB"}},
      { {"kty", "RSA"}, {"n", "%"}, {"e", "AQAB"}},
      { {"kty", "RSA"}, {"n", std::string(100'000, 'A')}, {"e", "AQAB"}},
  };
  for (const auto& one : bad) EXPECT_FALSE(public_pem_of(Json(one)));
}

TEST(Jwt, Ps256AndRs256AreNotTakenForEachOther) {
  const RsaKey key = *make_rsa_key();
  const JsonObject claims{
      {"sub", "me"}
  };
  for (const auto algorithm : {RsaAlgorithm::kRs256, RsaAlgorithm::kPs256}) {
    const auto other =
        algorithm == RsaAlgorithm::kRs256 ? RsaAlgorithm::kPs256 : RsaAlgorithm::kRs256;
    const auto token = sign({}, claims, key, algorithm);
    ASSERT_TRUE(token);
    const auto good = verify_signature(token->reveal(), key.public_pem, algorithm);
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(good->claims, claims);
    EXPECT_FALSE(verify_signature(token->reveal(), key.public_pem, other));
    std::string spoilt = token->reveal();
    spoilt[spoilt.rfind('.') + 5] ^= 1;
    EXPECT_FALSE(verify_signature(spoilt, key.public_pem, algorithm));
  }
}

TEST(Jwt, AKeyThatWasKeptSignsAsBefore) {
  const RsaKey key = *make_rsa_key();
  const auto again = load_rsa_key(key.private_pem);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->key_id, key.key_id);
  EXPECT_FALSE(load_rsa_key(Secret("no key")));
}

}  // namespace
}  // namespace armature::identity
