#include "identity/upstream_tokens.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/bytes.h"
#include "base/files.h"
#include "base/testing.h"
#include "http/testing.h"
#include "identity/testing.h"

namespace armature::identity {
namespace {

using http::testing::FakeUpstream;
using http::testing::RuntimeAndClient;
using testing::ask_token;

constexpr const char* kArm = "https://management.azure.com";
constexpr const char* kPlanted = "planted~secret+with/odd=signs&more";

http::Response token_answer(const std::string& token, int lifetime = 3600) {
  JsonObject body;
  body["token_type"] = "Bearer";
  body["expires_in"] = lifetime;
  body["access_token"] = token;
  return http::json_response(200, dump(body));
}

http::Response refusal(int status, const std::string& error, const std::string& description) {
  JsonObject body;
  body["error"] = error;
  body["error_description"] = description;
  return http::json_response(status, dump(body));
}

class UpstreamTokensTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(write_file(secret_file_, std::string(kPlanted) + "\n")); }
  UpstreamIdentity identity(const std::string& name, std::string authority = "") {
    if (authority.empty()) authority = upstream_.url("/");
    return {name, "tenant-id", "client-id", std::move(authority), SecretFile{secret_file_}};
  }
  Result<Secret> ask(const std::string& name = "deployer", const std::string& resource = kArm) {
    return ask_token(net_.runtime, tokens_, {name, resource}).get();
  }
  std::string token(const std::string& name = "deployer", const std::string& resource = kArm) {
    const auto result = ask(name, resource);
    return result ? result->reveal() : result.error().message;
  }
  // As when a resource answered 401 to its token.
  void refuse(const std::string& name) {
    for (const char* token : {"first-token", "second-token", "a-token"}) {
      tokens_.refused({name, kArm}, Secret(token), {});
    }
  }
  std::size_t asked() const { return upstream_.requests().size(); }
  std::map<std::string, std::string> last_form() const {
    const auto form = http::parse_form(upstream_.requests().back().body);
    return form ? std::map<std::string, std::string>(form->begin(), form->end())
                : std::map<std::string, std::string>();
  }

  armature::testing::TempDir folder_;
  std::filesystem::path secret_file_ = folder_.path() / "secret";
  armature::testing::FakeClock clock_;
  armature::testing::FakeRandom random_;
  Redactor redactor_;
  RuntimeAndClient net_;
  FakeUpstream upstream_{net_.runtime};
  UpstreamTokens tokens_{
      net_.runtime, net_.client, clock_,
      random_,      redactor_,   {identity("deployer"), identity("reader")}
  };
};

TEST_F(UpstreamTokensTest, AsksByClientCredentials) {
  upstream_.next(token_answer("token-number-one"));
  EXPECT_EQ(token(), "token-number-one");
  const http::Request request = upstream_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, "/tenant-id/oauth2/v2.0/token");
  EXPECT_EQ(request.headers.get("Content-Type"), "application/x-www-form-urlencoded");
  const std::map<std::string, std::string> expected = {
      {"grant_type",    "client_credentials"                   },
      {"client_id",     "client-id"                            },
      {"client_secret", kPlanted                               },
      {"scope",         "https://management.azure.com/.default"}
  };
  EXPECT_EQ(last_form(), expected);
  EXPECT_EQ(redactor_.clean(std::string("a token-number-one b ") + kPlanted), "a *** b ***");
}

// Ahead is half of a short life, five minutes of a long one, and up to a fifth more by lot.
TEST_F(UpstreamTokensTest, KeepsATokenUntilItIsTimeToRefresh) {
  const struct {
    int lifetime, ahead;  // seconds
  } kTable[] = {
      {3600,   300},
      {86'400, 300},
      {600,    300},
      {60,     30 },
      {20,     10 }
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.lifetime);
    refuse("deployer");
    upstream_.next(token_answer("first-token", row.lifetime));
    upstream_.next(token_answer("second-token", row.lifetime));
    EXPECT_EQ(token(), "first-token");
    clock_.advance(std::chrono::milliseconds(row.lifetime * 1000 - row.ahead * 1200));
    EXPECT_EQ(token(), "first-token");
    clock_.advance(std::chrono::milliseconds(row.ahead * 200));
    EXPECT_EQ(token(), "second-token");
  }
}

TEST_F(UpstreamTokensTest, ManyTokensDoNotComeDueAtOnce) {
  std::set<Micros> moments;
  for (int i = 0; i < 8; ++i) {
    refuse("deployer");
    upstream_.otherwise([](const http::Request&) { return token_answer("a-token", 600); });
    const std::size_t before = asked();
    EXPECT_EQ(token(), "a-token");
    Micros passed{0};
    while (asked() == before + 1) {
      clock_.advance(std::chrono::seconds(1));
      passed += std::chrono::seconds(1);
      EXPECT_EQ(token(), "a-token");
    }
    EXPECT_GE(passed, std::chrono::seconds(240));
    EXPECT_LE(passed, std::chrono::seconds(300));
    moments.insert(passed);
  }
  EXPECT_GT(moments.size(), 3u);
}

TEST_F(UpstreamTokensTest, EachIdentityAndResourceHasItsOwn) {
  upstream_.next(token_answer("deployer-arm"));
  upstream_.next(token_answer("reader-arm"));
  upstream_.next(token_answer("deployer-vault"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(token("deployer"), "deployer-arm");
    EXPECT_EQ(token("reader"), "reader-arm");
    EXPECT_EQ(token("deployer", "https://vault.azure.net"), "deployer-vault");
  }
  EXPECT_EQ(asked(), 3u);
  EXPECT_EQ(last_form()["scope"], "https://vault.azure.net/.default");
}

TEST_F(UpstreamTokensTest, ARefusedTokenIsDroppedAndTheSecretReadAnew) {
  upstream_.next(token_answer("first-token"));
  upstream_.next(token_answer("second-token"));
  EXPECT_EQ(token(), "first-token");
  ASSERT_TRUE(write_file(secret_file_, "  rotated-secret\r\n"));
  tokens_.refused({"reader", kArm}, Secret("first-token"), {});
  tokens_.refused({"deployer", kArm}, Secret("an-older-token"), {});
  EXPECT_EQ(token(), "first-token");
  tokens_.refused({"deployer", kArm}, Secret("first-token"), {});
  EXPECT_EQ(token(), "second-token");
  EXPECT_EQ(last_form()["client_secret"], "rotated-secret");
}

TEST_F(UpstreamTokensTest, AClaimsChallengeIsAnsweredOnce) {
  upstream_.next(token_answer("first-token"));
  upstream_.next(token_answer("second-token"));
  upstream_.next(token_answer("third-token"));
  EXPECT_EQ(token(), "first-token");
  const std::string claims = R"({"access_token":{"nbf":{"essential":true,"value":"17"}}})";
  tokens_.refused(
      {
          "deployer", kArm
  },
      Secret("first-token"),
      {{"WWW-Authenticate",
        R"(Bearer realm="", error="insufficient_claims", claims=")" + to_base64(claims) + "\""}});
  EXPECT_EQ(token(), "second-token");
  EXPECT_EQ(last_form()["claims"], R"({"access_token":{"nbf":{"essential":true,"value":"17"},)"
                                   R"("xms_cc":{"values":["CP1"]}}})");
  tokens_.refused({"deployer", kArm}, Secret("second-token"), {});
  EXPECT_EQ(token(), "third-token");
  EXPECT_EQ(last_form().count("claims"), 0u);
}

TEST_F(UpstreamTokensTest, ARefusalIsNotAskedForAgainAtOnce) {
  upstream_.otherwise(
      [](const http::Request&) { return refusal(401, "invalid_client", "AADSTS7000215: wrong"); });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask().error().code, Code::kUnauthenticated);
  EXPECT_EQ(asked(), 1u);
  clock_.advance(std::chrono::seconds(10));
  upstream_.next(token_answer("at-last"));
  EXPECT_EQ(token(), "at-last");
}

TEST_F(UpstreamTokensTest, RefusalsFollowTheTable) {
  const std::string kWrong = std::string("AADSTS7000215: Invalid client secret provided: ") +
                             kPlanted + ".\r\nTrace ID: 1\r\nTimestamp: 2";
  const struct {
    const char* name;
    http::Response answer;
    Code code;
    const char* words;
  } kTable[] = {
      {"wrong secret",                       refusal(401,             "invalid_client",                       kWrong),                                           Code::kUnauthenticated,
       "HTTP 401: AADSTS7000215: Invalid client secret provided: ***."},
      {"unknown application",                                    refusal(400,                                       "unauthorized_client",                               "AADSTS700016: not found"),
       Code::kUnauthenticated, "HTTP 400: AADSTS700016: not found"},
      {"error alone", refusal(400,                        "invalid_scope",                                                  ""),                                                                                        Code::kUnauthenticated,
       "HTTP 400: invalid_scope"},
      {"throttled",              refusal(429,                                     "throttled",                                                                           "AADSTS90055: slow down"),                                                                                                                  Code::kUnavailable,
       "HTTP 429: AADSTS90055: slow down"},
      {"passing",           refusal(400,                "temporarily_unavailable",                                                                    "AADSTS90033: again"),                                                                                                                     Code::kUnavailable,
       "HTTP 400: AADSTS90033: again"},
      {"a proxy's page",           {503, {}, "<html>"},Code::kUnavailable,"HTTP 503"                                                                                                                          },
      {"a stranger",       {404, {}, "<html>"},               Code::kUnavailable,                                                                                             "HTTP 404"                   },
      {"a redirect",
       {302, {{"Location", "https://evil.example"}}, ""},
       Code::kUnavailable,
       "HTTP 302"},
      {"not JSON",                           {200, {}, "hello"},                                                  Code::kUnavailable,                                                                               "not JSON"                                                                                                      },
      {"no token",                                    http::json_response(200,                                                  R"({"expires_in":3600})"),                              Code::kUnavailable,
       "no usable token"                                                                                                                                                              },
      {"a token that would split a header",                                    token_answer("abc\r\nX: y"),                         Code::kUnavailable,
       "no usable token"       },
      {"no lifetime",                        http::json_response(200, R"({"access_token":"abcdefgh"})"),
       Code::kUnavailable,                                                                                                                                       "no usable token"                                            },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    upstream_.next(row.answer);
    clock_.advance(std::chrono::seconds(10));  // past the last refusal
    const auto result = ask();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, row.code) << result.error().message;
    EXPECT_NE(result.error().message.find(row.words), std::string::npos) << result.error().message;
    EXPECT_NE(result.error().message.find("identity deployer"), std::string::npos);
    EXPECT_EQ(result.error().message.find("planted"), std::string::npos);
    EXPECT_EQ(result.error().message.find("Trace"), std::string::npos);
  }
}

TEST_F(UpstreamTokensTest, Version1WritesNumbersAsText) {
  upstream_.next(http::json_response(200, R"({"access_token":"v1-token","expires_in":"3599"})"));
  EXPECT_EQ(token(), "v1-token");
  EXPECT_EQ(token(), "v1-token");
  EXPECT_EQ(asked(), 1u);
}

TEST_F(UpstreamTokensTest, AnUnreachableAuthorityIsUnavailable) {
  upstream_.next([](const http::Request&) { return std::nullopt; });
  EXPECT_EQ(ask().error().code, Code::kUnavailable);
}

TEST_F(UpstreamTokensTest, ATokenThatStillHoldsOutlivesAFailedRefresh) {
  upstream_.next(token_answer("first-token", 3600));
  EXPECT_EQ(token(), "first-token");
  upstream_.otherwise([](const http::Request&) { return http::json_response(503, "{}"); });
  clock_.advance(std::chrono::minutes(56));
  EXPECT_EQ(token(), "first-token");
  EXPECT_EQ(asked(), 2u);
  EXPECT_EQ(token(), "first-token");  // the authority is left alone for a while
  EXPECT_EQ(asked(), 2u);
  clock_.advance(std::chrono::minutes(4));
  EXPECT_EQ(ask().error().code, Code::kUnavailable);
}

TEST_F(UpstreamTokensTest, ARefusedRefreshIsNotPaperedOver) {
  upstream_.next(token_answer("first-token", 3600));
  EXPECT_EQ(token(), "first-token");
  upstream_.next(refusal(401, "invalid_client", "AADSTS7000222: expired"));
  clock_.advance(std::chrono::minutes(56));
  EXPECT_EQ(ask().error().code, Code::kUnauthenticated);
}

TEST_F(UpstreamTokensTest, SaysWhatIsNotConfigured) {
  const auto unknown = ask("deploier");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, Code::kNotFound);
  EXPECT_EQ(unknown.error().message, "no identity is named 'deploier'; known: deployer, reader");
  EXPECT_EQ(tokens_.names(), (std::vector<std::string>{"deployer", "reader"}));
  for (const bool empty : {true, false}) {
    if (empty) {
      ASSERT_TRUE(write_file(secret_file_, " \n"));
    } else {
      std::filesystem::remove(secret_file_);
    }
    const auto result = ask();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kUnavailable);
    EXPECT_NE(result.error().message.find(secret_file_.string()), std::string::npos);
  }
  EXPECT_EQ(asked(), 0u);
}

TEST_F(UpstreamTokensTest, ASecretIsNotSentInTheClear) {
  for (const char* authority : {"http://login.microsoftonline.com", "http://127.0.0.1.evil.example",
                                "ftp://127.0.0.1", "login.microsoftonline.com"}) {
    SCOPED_TRACE(authority);
    UpstreamTokens tokens(net_.runtime, net_.client, clock_, random_, redactor_,
                          {identity("deployer", authority)});
    const auto result = ask_token(net_.runtime, tokens, {"deployer", kArm}).get();
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Code::kInvalid);
  }
}

// An authority that answers when the test says so.
TEST_F(UpstreamTokensTest, CallersThatMeetShareOneRequest) {
  std::promise<http::Reply> arrived;
  std::atomic<int> requests = 0;
  http::Server server(net_.runtime, {}, [&](const http::Request&, http::Reply reply) {
    if (++requests == 1) arrived.set_value(std::move(reply));
  });
  ASSERT_TRUE(server.start());
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  for (const bool granted : {true, false}) {
    UpstreamTokens tokens(net_.runtime, net_.client, clock_, random_, redactor_,
                          {identity("deployer", url)});
    std::vector<std::future<Result<Secret>>> waiting;
    for (int i = 0; i < 20; ++i) {
      waiting.push_back(ask_token(net_.runtime, tokens, {"deployer", kArm}));
    }
    http::Reply reply = arrived.get_future().get();
    std::promise<void> all_started;  // what was posted before it has run when this runs
    net_.runtime.post([&] { all_started.set_value(); });
    all_started.get_future().wait();
    reply(granted ? token_answer("shared-token") : refusal(401, "invalid_client", "AADSTS1: no"));
    for (auto& future : waiting) EXPECT_EQ(future.get().has_value(), granted);
    EXPECT_EQ(requests, 1);
    requests = 0;
    arrived = {};
  }
  server.stop();
}

}  // namespace
}  // namespace armature::identity
