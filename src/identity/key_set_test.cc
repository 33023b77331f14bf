#include "identity/key_set.h"

#include <gtest/gtest.h>

#include <vector>

#include "http/testing.h"
#include "identity/claims_challenge.h"
#include "identity/jwt.h"

namespace armature::identity {
namespace {

using http::testing::must;

TEST(KeySet, AConfigurationMustNameItsIssuerLetterByLetter) {
  const struct {
    const char* text;
    const char* uri;  // or nothing
  } kTable[] = {
      {R"({"issuer":"https://i/x","jwks_uri":"https://keys/k"})",      "https://keys/k"     },
      {R"({"issuer":"https://i/x","jwks_uri":"http://127.0.0.1:1/"})", "http://127.0.0.1:1/"},
      {R"({"issuer":"https://i/x/","jwks_uri":"https://keys/k"})",     nullptr              },
      {R"({"issuer":"https://I/x","jwks_uri":"https://keys/k"})",      nullptr              },
      {R"({"issuer":"https://i/x","jwks_uri":"http://keys/k"})",       nullptr              },
      {R"({"issuer":"https://i/x","jwks_uri":"file:///etc/x"})",       nullptr              },
      {R"({"issuer":"https://i/x"})",                                  nullptr              },
      {"<html>",                                                       nullptr              },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.text);
    const auto uri = read_jwks_uri(row.text, "https://i/x");
    ASSERT_EQ(uri.has_value(), row.uri != nullptr);
    if (row.uri) {
      EXPECT_EQ(*uri, row.uri);
    }
  }
  EXPECT_EQ(configuration_url("https://i/x/"), "https://i/x/.well-known/openid-configuration");
}

std::string set_of(JsonArray keys) {
  JsonObject out;
  out["keys"] = std::move(keys);
  return dump(out);
}

TEST(KeySet, TakesRsaKeysAndNoMoreThanAHundred) {
  const RsaKey key = must(make_rsa_key());
  JsonArray keys;
  keys.push_back(*parse_json(R"({"kty":"EC","kid":"curve"})"));
  keys.push_back(jwk_of(key));
  const auto some = must(read_key_set(set_of(keys)));
  ASSERT_EQ(some.size(), 1u);
  EXPECT_EQ(some.begin()->first, key.key_id);
  EXPECT_EQ(some.begin()->second, key.public_pem);
  JsonArray many(100, keys[0]);
  many.push_back(jwk_of(key));
  EXPECT_TRUE(must(read_key_set(set_of(many))).empty());
  EXPECT_FALSE(read_key_set("{}"));
  EXPECT_FALSE(read_key_set("["));
}

TEST(ClaimsChallenge, IsReadWhateverItsForm) {
  const std::string answer =
      R"({"access_token":{"nbf":{"essential":true,"value":"17"},"xms_cc":{"values":["CP1"]}}})";
  const std::string code =
      "eyJhY2Nlc3NfdG9rZW4iOnsibmJmIjp7ImVzc2VudGlhbCI6dHJ1ZSwidmFsdWUiOiIxNyJ9fX0";
  const std::string error = "error=\"insufficient_claims\"";
  const std::string claims = "claims=\"" + code + "\"";
  const std::string padded = "claims=\"" + code + "=\"";
  const std::string uri = "authorization_uri=\"https://login.microsoftonline.com/common\"";
  const std::vector<std::string> kUnderstood = {
      "Bearer realm=\"\", " + uri + ", " + error + ", " + padded,
      "Bearer " + error + "," + claims,
      "bearer error=insufficient_claims, claims=" + code,
      "Bearer realm=\"a, claims=\\\"x\\\"\", " + error + ", " + claims,
  };
  const std::vector<std::string> kOthers = {
      "Bearer error=\"invalid_token\", " + claims,
      "Bearer " + error,
      "Bearer " + error + ", claims=\"{}\"",
      "Bearer " + error + ", claims=\"aGVsbG8=\"",
      "Bearer " + error + ", claims=\"W10=\"",
      "Basic " + error + ", " + claims,
      "Bearer " + error + ", claims=\"",
      "Bearer " + error + ", x=\"" + std::string(9000, 'x') + "\", " + claims,
  };
  const auto read = [](const std::string& header) {
    http::Headers headers;
    headers.set("WWW-Authenticate", header);
    return claims_challenge(headers);
  };
  for (const std::string& header : kUnderstood) EXPECT_EQ(read(header), answer) << header;
  for (const std::string& header : kOthers) EXPECT_EQ(read(header), "") << header;
  EXPECT_EQ(claims_challenge({}), "");
}

}  // namespace
}  // namespace armature::identity
