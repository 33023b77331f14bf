#include "identity/jwt.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/crypto.h"

namespace armature::identity {
namespace {

const Secret kKey("0123456789abcdef0123456789abcdef");
const Instant kNow = from_micros(1'700'000'000'000'000);

JsonObject claims() {
  JsonObject out;
  out["iss"] = "me";
  out["aud"] = "you";
  out["exp"] = 1'700'003'600;
  return out;
}

// Signed with kKey, whatever the texts are.
std::string raw(std::string_view header, std::string_view body) {
  const std::string input = to_base64url(header) + "." + to_base64url(body);
  return input + "." + to_base64url(hmac_sha256(kKey.reveal(), input));
}

std::string why(const Result<Jwt>& result) {
  if (result) return "";
  EXPECT_EQ(result.error().code, Code::kUnauthenticated);
  return result.error().message;
}

std::string check(std::string_view token, const JwtRules& rules = {}) {
  return why(verify_hs256(token, kKey, rules, kNow));
}

const RsaKey& rsa_key() {
  static const RsaKey key = *make_rsa_key();
  return key;
}

TEST(Jwt, Hs256RoundTrip) {
  const auto token = sign_hs256(claims(), kKey);
  ASSERT_TRUE(token);
  const auto jwt = verify_hs256(token->reveal(), kKey, {"me", "you"}, kNow);
  ASSERT_TRUE(jwt) << jwt.error().message;
  EXPECT_EQ(jwt->claims, claims());
  EXPECT_EQ(text_at(jwt->header, "alg"), "HS256");
}

// RFC 7515 appendix A.1: another implementation's token.
TEST(Jwt, Hs256KnownToken) {
  const auto key = from_base64url(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  ASSERT_TRUE(key);
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_TRUE(verify_hs256(token, Secret(*key), {"joe", ""}, from_micros(1'300'819'000'000'000)));
}

TEST(Jwt, ClaimsFollowTheTable) {
  const JwtRules rules{"me", "you"};
  const struct {
    const char* name;
    const char* body;
    const char* refusal;  // empty: accepted
  } kTable[] = {
      {"good",                     R"({"iss":"me","aud":"you","exp":1700000001})",                      ""                               },
      {"one of several audiences", R"({"iss":"me","aud":["x","you"],"exp":1700000001})",                ""                               },
      {"fractions",                R"({"iss":"me","aud":"you","exp":1700000000.5,"nbf":1699999999.5})", ""                               },
      {"within leeway",            R"({"iss":"me","aud":"you","exp":1699999941,"nbf":1700000060})",     ""                               },
      {"expired",                  R"({"iss":"me","aud":"you","exp":1699999940})",                      "token has expired"              },
      {"not yet",                  R"({"iss":"me","aud":"you","exp":1700009999,"nbf":1700000061})",
       "token is not valid yet"                                                                                                          },
      {"no end",                   R"({"iss":"me","aud":"you"})",                                       "token has no exp"               },
      {"end is text",              R"({"iss":"me","aud":"you","exp":"1700000001"})",                    "token's exp is no number"       },
      {"nbf is null",              R"({"iss":"me","aud":"you","exp":1700000001,"nbf":null})",
       "token's nbf is no number"                                                                                                        },
      {"end beyond reason",        R"({"iss":"me","aud":"you","exp":1e300})",
       "token's exp is out of range"                                                                                                     },
      {"other issuer",             R"({"iss":"Me","aud":"you","exp":1700000001})",
       "token is from another issuer"                                                                                                    },
      {"no issuer",                R"({"aud":"you","exp":1700000001})",                                 "token is from another issuer"   },
      {"issuer is a list",         R"({"iss":["me"],"aud":"you","exp":1700000001})",
       "token is from another issuer"                                                                                                    },
      {"other audience",           R"({"iss":"me","aud":"them","exp":1700000001})",
       "token is for another audience"                                                                                                   },
      {"prefix of the audience",   R"({"iss":"me","aud":"yo","exp":1700000001})",
       "token is for another audience"                                                                                                   },
      {"no audience",              R"({"iss":"me","exp":1700000001})",                                  "token is for another audience"  },
      {"empty list",               R"({"iss":"me","aud":[],"exp":1700000001})",                         "token is for another audience"  },
      {"body is a list",           R"([1])",                                                            "token body is not a JSON object"},
      {"body is not JSON",         R"({)",                                                              "token body is not a JSON object"},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(check(raw(R"({"alg":"HS256"})", row.body), rules), row.refusal);
  }
}

TEST(Jwt, HeadersFollowTheTable) {
  const struct {
    const char* name;
    const char* header;
    const char* refusal;
  } kTable[] = {
      {"good",               R"({"alg":"HS256","kid":"any"})",                ""                                 },
      {"none",               R"({"alg":"none"})",                             "token is not signed with HS256"   },
      {"None",               R"({"alg":"None"})",                             "token is not signed with HS256"   },
      {"lower case",         R"({"alg":"hs256"})",                            "token is not signed with HS256"   },
      {"RS256",              R"({"alg":"RS256"})",                            "token is not signed with HS256"   },
      {"HS512",              R"({"alg":"HS512"})",                            "token is not signed with HS256"   },
      {"a list",             R"({"alg":["HS256"]})",                          "token is not signed with HS256"   },
      {"missing",            R"({})",                                         "token is not signed with HS256"   },
      {"not an object",      R"("HS256")",                                    "token header is not a JSON object"},
      {"critical extension", R"({"alg":"HS256","crit":["b64"],"b64":false})",
       "token asks for an extension that is not known here"                                                      },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(check(raw(row.header, R"({"exp":1700000001})")), row.refusal);
  }
}

TEST(Jwt, MalformedTokensAreRefused) {
  const std::string good = raw(R"({"alg":"HS256"})", R"({"exp":1700000001})");
  const auto last = good.rfind('.');
  ASSERT_EQ(check(good), "");
  const std::string deep = raw(std::string(40, '[') + std::string(40, ']'), "{}");
  const std::string nul(1, '\0');
  const std::string endless(20'000, 'a');
  const struct {
    const char* name;
    std::string token;
    const char* refusal;
  } kTable[] = {
      {"empty",                        "",                                "not a token of three parts"  },
      {"one part",                     "abc",                             "not a token of three parts"  },
      {"two parts",                    good.substr(0,                     last),                          "not a token of three parts"},
      {"four parts",                              good + ".AA",                                                    "not a token of three parts"                                        },
      {"five parts, as if encrypted",                              "a.b.c.d.e",                                   "not a token of three parts"},
      {"dots alone",                              "..",                                                    "token header is not a JSON object"                                                                },
      {"no signature",                              good.substr(0,                                                  last + 1),"token has a wrong signature"},
      {"half a signature", good.substr(0,                                  last + 17),                                                                          "token has a wrong signature"},
      {"padding",                    good + "=","token is not base64url"},
      {"a blank before", " " + good,                    "token is not base64url"                                                                                                      },
      {"a newline after",                    good + "\n",          "token is not base64url"},
      {"a NUL inside",good + nul,"token is not base64url"                                                                                            },
      {"the other alphabet",                     "a+b/." + good,                               "not a token of three parts"},
      {"too long",endless,"token is too long"                                },
      {"header too deep",                            deep,                                                                        "token header is not a JSON object"                                                                     },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(check(row.token), row.refusal);
  }
}

TEST(Jwt, AnyChangedCharacterIsRefused) {
  const std::string good = raw(R"({"alg":"HS256"})", R"({"exp":1700000001})");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(check(changed), "") << i;
  }
}

TEST(Jwt, RefusalsNeverHoldTheToken) {
  const std::string good = raw(R"({"alg":"HS256"})", R"({"exp":1,"planted":"planted-value"})");
  const std::string message = check(good);
  EXPECT_EQ(message.find(good.substr(0, 12)), std::string::npos);
  EXPECT_EQ(message.find("planted"), std::string::npos);
}

TEST(Jwt, ShortKeysSignAndVerifyNothing) {
  for (const char* key : {"", "short"}) {
    const auto token = sign_hs256(claims(), Secret(key));
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, Code::kInternal);
    const std::string input =
        to_base64url(R"({"alg":"HS256"})") + "." + to_base64url(R"({"exp":1700000001})");
    const std::string forged = input + "." + to_base64url(hmac_sha256(key, input));
    EXPECT_EQ(why(verify_hs256(forged, Secret(key), {}, kNow)), "token has a wrong signature");
  }
}

TEST(Jwt, Rs256RoundTripAndItsRefusals) {
  const auto token = sign_rs256(claims(), rsa_key());
  ASSERT_TRUE(token) << token.error().message;
  const std::string& text = token->reveal();
  const std::string& pem = rsa_key().public_pem;
  const auto jwt = verify_rs256(text, pem, {"me", "you"}, kNow);
  ASSERT_TRUE(jwt) << jwt.error().message;
  EXPECT_EQ(text_at(jwt->header, "kid"), rsa_key().key_id);
  EXPECT_EQ(why(verify_rs256(text, pem, {"me", "them"}, kNow)), "token is for another audience");
  EXPECT_EQ(why(verify_rs256(text, pem, {}, kNow + std::chrono::hours(2))), "token has expired");
  EXPECT_EQ(why(verify_rs256(text.substr(0, text.rfind('.') + 1), pem, {}, kNow)),
            "token has a wrong signature");
  const auto other = make_rsa_key();
  ASSERT_TRUE(other);
  EXPECT_NE(other->key_id, rsa_key().key_id);
  EXPECT_EQ(why(verify_rs256(text, other->public_pem, {}, kNow)), "token has a wrong signature");
}

// The classic: the public key, which everybody has, used as the shared key.
TEST(Jwt, AlgorithmsAreNotConfused) {
  const std::string& pem = rsa_key().public_pem;
  const auto forged = sign_hs256(claims(), Secret(pem));
  ASSERT_TRUE(forged);
  EXPECT_EQ(why(verify_rs256(forged->reveal(), pem, {}, kNow)), "token is not signed with RS256");
  const auto honest = sign_rs256(claims(), rsa_key());
  ASSERT_TRUE(honest);
  EXPECT_EQ(why(verify_hs256(honest->reveal(), Secret(pem), {}, kNow)),
            "token is not signed with HS256");
}

TEST(Jwt, UnfitRsaKeysAreOurFault) {
  const auto token = sign_rs256(claims(), rsa_key());
  ASSERT_TRUE(token);
  // A key on curve P-256.
  const std::string curve =
      "-----BEGIN PUBLIC KEY-----\n"
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n"
      "6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n"
      "-----END PUBLIC KEY-----\n";
  for (const std::string& pem : {std::string(), std::string("junk"), curve}) {
    const auto jwt = verify_rs256(token->reveal(), pem, {}, kNow);
    ASSERT_FALSE(jwt);
    EXPECT_EQ(jwt.error().code, Code::kInternal);
  }
  EXPECT_FALSE(sign_rs256(claims(), RsaKey{Secret("junk"), "", ""}));
}

TEST(Jwt, JwkNamesTheKey) {
  const Json jwk = jwk_of(rsa_key());
  EXPECT_EQ(text_at(jwk, "kty"), "RSA");
  EXPECT_EQ(text_at(jwk, "e"), "AQAB");
  EXPECT_EQ(text_at(jwk, "kid"), rsa_key().key_id);
  const auto n = from_base64url(text_at(jwk, "n"));
  ASSERT_TRUE(n);
  EXPECT_EQ(n->size(), 256u);
  EXPECT_EQ(find(jwk, "d"), nullptr);
  EXPECT_EQ(from_base64url(rsa_key().key_id)->size(), 32u);
}

}  // namespace
}  // namespace armature::identity
