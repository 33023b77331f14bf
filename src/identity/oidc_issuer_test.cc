#include "identity/oidc_issuer.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "http/testing.h"
#include "identity/key_set.h"

namespace armature::identity {
namespace {

using http::testing::must;

class OidcIssuerTest : public ::testing::Test {
 protected:
  void SetUp() override { issuer->set_url("https://armature.example/oidc"); }
  std::optional<http::Response> get(const std::string& target, const char* method = "GET") {
    http::Request request;
    request.method = method;
    request.target = target;
    return issuer->answer(request);
  }
  Principal attempt() {
    return {
        {{*DagId::parse("etl"), *RunId::parse("manual__1"), *TaskId::parse("load"), 3}, 2, 7},
        std::nullopt
    };
  }
  // As Entra does: by the published documents alone.
  Result<Jwt> verify(const Secret& assertion) {
    const auto uri = must(read_jwks_uri(get("/.well-known/openid-configuration")->body,
                                        "https://armature.example/oidc"));
    EXPECT_EQ(uri, "https://armature.example/oidc/.well-known/jwks.json");
    const auto keys = must(read_key_set(get("/oidc/.well-known/jwks.json")->body));
    const auto untrusted = must(read_untrusted(assertion.reveal()));
    const auto key = keys.find(text_at(untrusted.header, "kid"));
    if (key == keys.end()) return fail(Code::kNotFound, "no such key");
    return verify_rs256(assertion.reveal(), key->second,
                        {"https://armature.example/oidc", "api://x", std::chrono::seconds(0)},
                        clock.now());
  }

  armature::testing::FakeClock clock;
  armature::testing::FakeRandom random;
  std::unique_ptr<OidcIssuer> issuer = must(OidcIssuer::open({}, clock, random));
};

TEST_F(OidcIssuerTest, AnAssertionIsVerifiedByThePublishedDocuments) {
  const Secret assertion = must(issuer->assertion(attempt(), "api://x"));
  const Jwt jwt = must(verify(assertion));
  const JsonObject expected{
      {"sub",       "dag:etl"  },
      {"dag",       "etl"      },
      {"run",       "manual__1"},
      {"task",      "load"     },
      {"map_index", 3          },
      {"try",       2          }
  };
  for (const auto& [name, value] : expected) EXPECT_EQ(jwt.claims.at(name), value) << name;
  EXPECT_EQ(int_at(jwt.claims, "exp") - int_at(jwt.claims, "iat"), 600);
  const Secret another = must(issuer->assertion(attempt(), "api://x"));
  EXPECT_NE(text_at(must(verify(another)).claims, "jti"), text_at(jwt.claims, "jti"));
  clock.advance(std::chrono::minutes(10));
  EXPECT_FALSE(verify(assertion));
}

TEST_F(OidcIssuerTest, AKeyIsPublishedBeforeItSigns) {
  const auto early = must(read_key_set(get("/.well-known/jwks.json")->body));
  clock.advance(std::chrono::hours(24 * 43));
  const Secret assertion = must(issuer->assertion(attempt(), "api://x"));
  EXPECT_TRUE(early.contains(text_at(must(read_untrusted(assertion.reveal())).header, "kid")));
  EXPECT_TRUE(verify(assertion));
}

TEST_F(OidcIssuerTest, AWorkloadIsNamedAsOne) {
  Principal who{
      must(workload_attempt("ci")), Workload{"ci", "https://i", "repo:a/b"}
  };
  const Jwt jwt = must(verify(must(issuer->assertion(who, "api://x"))));
  EXPECT_EQ(text_at(jwt.claims, "sub"), "workload:ci");
  EXPECT_FALSE(jwt.claims.contains("run"));
}

TEST_F(OidcIssuerTest, OnlyTheTwoDocumentsAreAnswered) {
  EXPECT_TRUE(get("/oidc/.well-known/openid-configuration"));
  EXPECT_TRUE(get("/.well-known/openid-configuration?x=1", "HEAD"));
  EXPECT_FALSE(get("/.well-known/openid-configuration", "POST"));
  EXPECT_FALSE(get("/.well-known/"));
  EXPECT_FALSE(get("/oidcx/.well-known/jwks.json"));
  EXPECT_FALSE(get("/subscriptions/s"));
  const std::string body = get("/.well-known/jwks.json")->body;
  EXPECT_EQ(body.find("\"d\""), std::string::npos) << "a private number";
}

TEST(WorkloadAttempt, HasANameThatNoDagCanHave) {
  EXPECT_EQ(must(workload_attempt("ci")).key.dag.str(), "workload:ci");
  EXPECT_FALSE(workload_attempt("a b"));
  EXPECT_FALSE(workload_attempt("a/b"));
}

}  // namespace
}  // namespace armature::identity
