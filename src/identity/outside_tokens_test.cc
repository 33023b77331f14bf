#include "identity/outside_tokens.h"

#include <gtest/gtest.h>

#include <future>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/testing.h"
#include "http/testing.h"
#include "identity/testing.h"

namespace armature::identity {
namespace {

using http::testing::FakeUpstream;
using http::testing::must;

const RsaKey& key_number(int which) {
  static const RsaKey kKeys[] = {must(make_rsa_key()), must(make_rsa_key())};
  return kKeys[which];
}

TEST(Patterns, AStarStandsForAnyRun) {
  const struct {
    const char* text;
    const char* pattern;
    bool matches;
  } kTable[] = {
      {"repo:a/b:ref:main",  "repo:a/b:ref:main", true },
      {"repo:a/b:ref:main",  "repo:a/b:*",        true },
      {"repo:a/b:ref:main",  "repo:*:ref:main",   true },
      {"repo:a/b:ref:main",  "*",                 true },
      {"",                   "*",                 true },
      {"",                   "",                  true },
      {"aab",                "*ab",               true },
      {"abab",               "*ab",               true },
      {"abc",                "*ab",               false},
      {"repo:a/bc:ref:main", "repo:a/b:*",        false},
      {"Repo:a/b:x",         "repo:a/b:*",        false},
      {"x",                  "",                  false},
      {"",                   "x",                 false},
      {"a?b",                "a?b",               true },
      {"acb",                "a?b",               false},
      {"a.b",                "a.b",               true },
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(matches_pattern(row.text, row.pattern), row.matches)
        << row.text << " by " << row.pattern;
  }
}

TEST(Trusts, TheFirstWhoseClaimsAllMatch) {
  const std::vector<Trust> trusts = {
      {"none",       "https://i", "api://a", {}                                          },
      {"production",
       "https://i",               "api://a",
       {{"sub", "repo:a/b:*"}, {"environment", "production"}}                            },
      {"admins",     "https://i", "api://a", {{"groups", "admins"}}                      },
      {"verified",   "https://i", "api://a", {{"email_verified", "true"}, {"level", "3"}}},
      {"other",      "https://j", "api://a", {{"sub", "*"}}                              },
  };
  const struct {
    const char* claims;
    const char* name;
  } kTable[] = {
      {R"({"iss":"https://i","aud":"api://a","sub":"repo:a/b:x","environment":"production"})",
       "production"                                                                                            },
      {R"({"iss":"https://i","aud":["x","api://a"],"sub":"repo:a/b:x","environment":"production"})",
       "production"                                                                                            },
      {R"({"iss":"https://i","aud":"api://a","sub":"repo:a/b:x","environment":"test"})",             ""        },
      {R"({"iss":"https://i","aud":"api://a","sub":"repo:a/b:x"})",                                  ""        },
      {R"({"iss":"https://i","aud":"api://b","sub":"repo:a/b:x","environment":"production"})",       ""        },
      {R"({"iss":"https://I","aud":"api://a","sub":"repo:a/b:x","environment":"production"})",       ""        },
      {R"({"iss":"https://i","aud":"api://a","groups":["users","admins"]})",                         "admins"  },
      {R"({"iss":"https://i","aud":"api://a","groups":{"admins":1}})",                               ""        },
      {R"({"iss":"https://i","aud":"api://a","groups":[["admins"]]})",                               ""        },
      {R"({"iss":"https://i","aud":"api://a","email_verified":true,"level":3})",                     "verified"},
      {R"({"iss":"https://i","aud":"api://a","email_verified":"true","level":null})",                ""        },
      {R"({"iss":"https://j","aud":"api://a","sub":""})",                                            "other"   },
      {R"({"aud":"api://a","sub":"x"})",                                                             ""        },
      {R"({"iss":["https://j"],"aud":"api://a","sub":"x"})",                                         ""        },
  };
  for (const auto& row : kTable) {
    const Trust* found = find_trust(trusts, must(parse_json(row.claims)).as_object());
    EXPECT_EQ(found ? found->name : "", row.name) << row.claims;
  }
}

class OutsideTokensTest : public ::testing::Test {
 protected:
  void SetUp() override {
    upstream_.otherwise([this](const http::Request& request) { return serve(request); });
    tokens_ = std::make_unique<OutsideTokens>(
        net_.client, clock_,
        std::vector<Trust>{
            {"ci", issuer(), "api://armature", {{"sub", "repo:a/b:*"}}}
    });
  }
  std::string issuer() const { return upstream_.url("", "localhost"); }
  std::optional<http::Response> serve(const http::Request& request) {
    if (down_) return http::json_response(503, "{}");
    JsonObject out;
    if (request.target == "/.well-known/openid-configuration") {
      out["issuer"] = issuer();
      out["jwks_uri"] = issuer() + "/keys";
    } else {
      JsonArray keys;
      for (int i = 0; i < published_; ++i) keys.push_back(jwk_of(key_number(i)));
      out["keys"] = std::move(keys);
    }
    return http::json_response(200, dump(out));
  }
  JsonObject claims() const {
    const auto now = std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch();
    JsonObject out;
    out["iss"] = issuer();
    out["aud"] = "api://armature";
    out["sub"] = "repo:a/b:ref:main";
    out["exp"] = (now + std::chrono::hours(1)).count();
    return out;
  }
  std::string signed_by(int key, const JsonObject& what) {
    return must(sign_rs256(what, key_number(key))).reveal();
  }
  static http::Task<void> fulfil(OutsideTokens* tokens, std::string token,
                                 std::shared_ptr<std::promise<Result<Principal>>> promise) {
    Result<Principal> who = co_await tokens->verify(std::move(token));
    promise->set_value(std::move(who));
  }
  std::future<Result<Principal>> start(const std::string& token) {
    auto promise = std::make_shared<std::promise<Result<Principal>>>();
    auto future = promise->get_future();
    http::spawn(net_.runtime,
                [this, token, promise] { return fulfil(tokens_.get(), token, promise); });
    return future;
  }
  Result<Principal> verify(const std::string& token) { return start(token).get(); }
  std::size_t asked() const { return upstream_.requests().size(); }

  armature::testing::FakeClock clock_;
  http::testing::RuntimeAndClient net_;
  FakeUpstream upstream_{net_.runtime};
  std::unique_ptr<OutsideTokens> tokens_;
  std::atomic<int> published_ = 1;
  std::atomic<bool> down_ = false;
};

TEST_F(OutsideTokensTest, ATrustedTokenNamesItsWorkload) {
  const std::string token = signed_by(0, claims());
  EXPECT_TRUE(tokens_->may_be_ours(token));
  for (int i = 0; i < 3; ++i) {
    const auto who = verify(token);
    ASSERT_TRUE(who) << who.error().message;
    ASSERT_TRUE(who->workload);
    EXPECT_EQ(who->workload->name, "ci");
    EXPECT_EQ(who->workload->issuer, issuer());
    EXPECT_EQ(who->workload->subject, "repo:a/b:ref:main");
    EXPECT_EQ(who->attempt.key.dag.str(), "workload:ci");
  }
  EXPECT_EQ(asked(), 2u) << "configuration and keys, once";
  clock_.advance(std::chrono::minutes(62));
  EXPECT_EQ(verify(token).error().message, "token has expired") << "remembered is not for ever";
}

TEST_F(OutsideTokensTest, OtherTrustsCountAtOnceAlsoForWhatHeldBefore) {
  const std::string token = signed_by(0, claims());
  EXPECT_FALSE(tokens_->known(token));
  ASSERT_TRUE(verify(token));
  EXPECT_TRUE(tokens_->known(token));
  EXPECT_FALSE(tokens_->known(token + "A"));
  tokens_->trust({
      {"release", issuer(), "api://armature", {{"sub", "repo:a/b:*"}}}
  });
  EXPECT_FALSE(tokens_->known(token));
  const auto renamed = verify(token);
  ASSERT_TRUE(renamed && renamed->workload);
  EXPECT_EQ(renamed->workload->name, "release");
  tokens_->trust({
      {"release", issuer(), "api://armature", {{"sub", "repo:a/c:*"}}}
  });
  EXPECT_FALSE(verify(token));
  tokens_->trust({});
  EXPECT_FALSE(tokens_->may_be_ours(token));
}

TEST(Principals, AWorkloadIsNamedToEntraAsOneWhoeverVouchesForIt) {
  const Attempt attempt = must(workload_attempt("ci"));
  EXPECT_EQ(federated_subject({
                attempt, Workload{"ci", "https://i", "s"}
  }),
            "workload:ci");
  EXPECT_EQ(federated_subject({attempt, std::nullopt}), "workload:ci");
}

TEST_F(OutsideTokensTest, WhatIsNotTrustedIsRefused) {
  const auto with = [&](const char* name, Json value) {
    JsonObject out = claims();
    out[name] = std::move(value);
    return out;
  };
  JsonObject no_end = claims();
  no_end.erase("exp");
  const std::string good = signed_by(0, claims());
  const std::pair<std::string, const char*> kTable[] = {
      {signed_by(0,                                 with("sub", "repo:a/c:ref:main")),            "no workload is trusted with these claims"},
      {signed_by(0,                                           with("aud",                                           "api://other")),                       "no workload is trusted with these claims"},
      {signed_by(0, with("exp",           1'600'000'000)),           "token has expired"},
      {signed_by(0,                            with("nbf",         1'900'000'000)),                               "token is not valid yet"},
      {signed_by(0,      no_end),"token has no exp"},
      {good.substr(0,                                 good.size() - 8) + "AAAAAAAA",                               "token has a wrong signature"                                                    },
  };
  for (const auto& [token, words] : kTable) {
    const auto who = verify(token);
    ASSERT_FALSE(who);
    EXPECT_EQ(who.error().code, Code::kUnauthenticated);
    EXPECT_NE(who.error().message.find(words), std::string::npos) << who.error().message;
  }
  // Signed by the public key as if it were a shared secret, or by nobody.
  for (const char* header : {R"({"alg":"none","kid":")", R"({"alg":"HS256","kid":")"}) {
    const std::string head = to_base64url(header + key_number(0).key_id + "\"}");
    const std::string body = to_base64url(dump(claims()));
    const std::string mac = hmac_sha256(key_number(0).public_pem, head + "." + body);
    EXPECT_FALSE(verify(head + "." + body + "." + to_base64url(mac)));
  }
}

TEST_F(OutsideTokensTest, AStrangersIssuerIsNeverAsked) {
  JsonObject other = claims();
  other["iss"] = upstream_.url("", "127.0.0.1");
  const std::string token = signed_by(0, other);
  EXPECT_FALSE(tokens_->may_be_ours(token));
  EXPECT_EQ(verify(token).error().message, "the token's issuer is not trusted");
  EXPECT_FALSE(verify("not a token"));
  EXPECT_EQ(asked(), 0u);
}

TEST_F(OutsideTokensTest, UnknownKeysAreNoFlood) {
  EXPECT_TRUE(verify(signed_by(0, claims())));
  for (int i = 0; i < 20; ++i) {
    JsonObject header;
    header["kid"] = "made-up-" + std::to_string(i);
    const auto token = must(sign(header, claims(), key_number(1), RsaAlgorithm::kRs256));
    EXPECT_EQ(verify(token.reveal()).error().message, "the issuer has no such key");
  }
  EXPECT_EQ(asked(), 2u);
  published_ = 2;  // the issuer turns its keys
  EXPECT_FALSE(verify(signed_by(1, claims())));
  clock_.advance(std::chrono::seconds(30));
  EXPECT_TRUE(verify(signed_by(1, claims())));
  EXPECT_EQ(asked(), 4u);
}

TEST_F(OutsideTokensTest, KnownKeysHoldWhileTheIssuerIsAway) {
  EXPECT_TRUE(verify(signed_by(0, claims())));
  down_ = true;
  clock_.advance(std::chrono::hours(2));
  EXPECT_TRUE(verify(signed_by(0, claims())));
  clock_.advance(std::chrono::hours(23));
  const auto who = verify(signed_by(0, claims()));
  ASSERT_FALSE(who);
  EXPECT_EQ(who.error().code, Code::kUnavailable);
  EXPECT_EQ(asked(), 4u);
  EXPECT_FALSE(verify(signed_by(0, claims())));
  EXPECT_EQ(asked(), 4u) << "a failure is remembered too";
}

TEST_F(OutsideTokensTest, CallersThatMeetShareOneRequest) {
  std::vector<std::future<Result<Principal>>> waiting;
  for (int i = 0; i < 20; ++i) {
    JsonObject own = claims();
    own["jti"] = i;
    waiting.push_back(start(signed_by(0, own)));
  }
  for (auto& one : waiting) EXPECT_TRUE(one.get());
  EXPECT_EQ(asked(), 2u);
}

}  // namespace
}  // namespace armature::identity
