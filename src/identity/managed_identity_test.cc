#include "identity/managed_identity.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/bytes.h"
#include "base/files.h"
#include "base/testing.h"
#include "http/testing.h"
#include "identity/testing.h"

namespace armature::identity {
namespace {

using Service = ManagedIdentity::Service;

TEST(ManagedIdentityRequest, FollowsTheTable) {
  const struct {
    const char* name;
    ManagedIdentity identity;
    const char* target;
    const char* header;
    const char* value;
  } kTable[] = {
      {"a virtual machine's own",
       {Service::kImds,
        "http://169.254.169.254/metadata/identity/oauth2/token",
        {},
        "",
        "",
        "",
        {}},
       "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
       "&resource=https%3A%2F%2Fmanagement.azure.com%2F",               "Metadata",
       "true"      },
      {"user-assigned by client id",
       {Service::kImds, "http://h/t", {}, "c-1", "", "", {}},
       "http://h/t?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F"
       "&client_id=c-1",                                                "Metadata",
       "true"      },
      {"user-assigned by resource id",
       {Service::kImds, "http://h/t", {}, "", "", "/subscriptions/s", {}},
       "http://h/t?api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F"
       "&msi_res_id=%2Fsubscriptions%2Fs",                              "Metadata",
       "true"      },
      {"App Service",
       {Service::kAppService, "http://h/msi/token?x=1", Secret("the-header"), "", "o-1", "", {}},
       "http://h/msi/token?x=1&api-version=2019-08-01"
       "&resource=https%3A%2F%2Fmanagement.azure.com%2F&object_id=o-1", "X-IDENTITY-HEADER",
       "the-header"},
      {"Azure Arc",
       {Service::kAzureArc, "http://localhost:40342/t", {}, "", "", "", {}},
       "http://localhost:40342/t?api-version=2020-06-01"
       "&resource=https%3A%2F%2Fmanagement.azure.com%2F",               "Metadata",
       "true"      },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto request = managed_identity_request(row.identity, "https://management.azure.com/");
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->method, "GET");
    EXPECT_EQ(request->target, row.target);
    EXPECT_EQ(request->headers.get(row.header), row.value);
  }
  EXPECT_EQ(
      managed_identity_request({Service::kImds, "not a url", {}, "", "", "", {}}, "r").error().code,
      Code::kInvalid);
}

TEST(ArcChallenge, ReadsOnlyWhatMayBeRead) {
  const armature::testing::TempDir folder;
  const std::filesystem::path keys = folder.path() / "tokens";
  ASSERT_TRUE(make_private_directory(keys / "deep"));
  ASSERT_TRUE(write_file(keys / "a.key", "arc-key\n"));
  ASSERT_TRUE(write_file(keys / "a.txt", "other"));
  ASSERT_TRUE(write_file(keys / "big.key", std::string(4097, 'x')));
  ASSERT_TRUE(write_file(keys / "deep/a.key", "deep"));
  ASSERT_TRUE(write_file(folder.path() / "a.key", "outside"));
  std::filesystem::create_symlink(folder.path() / "a.key", keys / "link.key");
  const ManagedIdentity arc{Service::kAzureArc, "http://h/t", {}, "", "", "", keys};
  const auto answer = [&](const std::string& header) {
    http::Response challenge{401, {}, ""};
    if (!header.empty()) challenge.headers.set("WWW-Authenticate", header);
    return answer_arc_challenge(arc, {}, challenge);
  };
  const auto good = answer("Basic realm=" + (keys / "a.key").string());
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->headers.get("Authorization"), "Basic arc-key");
  EXPECT_TRUE(answer("Basic realm=\"" + (keys / "a.key").string() + "\""));
  for (const std::string& header :
       {std::string(), std::string("Bearer x"), "Basic realm=" + (keys / "a.txt").string(),
        "Basic realm=" + (keys / "big.key").string(),
        "Basic realm=" + (keys / "deep/a.key").string(),
        "Basic realm=" + (keys / "../a.key").string(),
        "Basic realm=" + (keys / "link.key").string(),
        "Basic realm=" + (folder.path() / "a.key").string(), std::string("Basic realm=a.key"),
        "Basic realm=" + (keys / "absent.key").string()}) {
    SCOPED_TRACE(header);
    const auto refused = answer(header);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::kUnauthenticated);
  }
}

class EndpointTest : public ::testing::Test {
 protected:
  Result<Secret> ask(ManagedIdentity identity) {
    UpstreamTokens tokens(net_.runtime, net_.client, clock_, random_, redactor_,
                          {
                              {"one", "", "", "", std::move(identity)}
    });
    return testing::ask_token(net_.runtime, tokens, {"one", "https://management.azure.com/"}).get();
  }
  armature::testing::TempDir folder_;
  armature::testing::FakeClock clock_;
  armature::testing::FakeRandom random_;
  Redactor redactor_;
  http::testing::RuntimeAndClient net_;
  http::testing::FakeUpstream upstream_{net_.runtime};
};

TEST_F(EndpointTest, AnswersAreUnderstood) {
  const struct {
    const char* name;
    http::Response answer;
    const char* token;  // or the words of the error
    std::optional<Code> code;
  } kTable[] = {
      {"IMDS",
       http::json_response(200,                           R"({"access_token":"imds-token","expires_in":"86399",)"
                                R"("expires_on":"1700086399","token_type":"Bearer"})"),
       "imds-token",                                                                                                                              {}                    },
      {"App Service",
       http::json_response(200,
       R"({"access_token":"app-service-token","expires_on":"1700003600"})"),
       "app-service-token",                                                                                                                       {}                    },
      {"a token that has ended",
       http::json_response(200,                           R"({"access_token":"old-token","expires_on":"1600000000"})"),
       "no usable token",                                                                                                                         Code::kUnavailable    },
      {"no such identity",
       http::json_response(
           400,                                           R"({"error":"invalid_request","error_description":"Identity not found"})"),
       "the identity endpoint answered HTTP 400: Identity not found",                                                                             Code::kUnauthenticated},
      {"App Service refuses",
       http::json_response(400,                           R"({"statusCode":400,"message":"No User Assigned identity"})"),
       "HTTP 400: No User Assigned identity",                                                                                                     Code::kUnauthenticated},
      {"being updated",          http::json_response(404, R"({"error":"not_found"})"),                                                "HTTP 404",
       Code::kUnavailable                                                                                                                                               },
      {"busy",                   http::json_response(429, R"({"error":"too many"})"),                                                 "HTTP 429", Code::kUnavailable    },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    upstream_.next(row.answer);
    const auto result = ask({Service::kImds, upstream_.url("/token"), {}, "", "", "", {}});
    ASSERT_EQ(result.has_value(), !row.code);
    if (row.code) {
      EXPECT_EQ(result.error().code, *row.code);
      EXPECT_NE(result.error().message.find(row.token), std::string::npos)
          << result.error().message;
    } else {
      EXPECT_EQ(result->reveal(), row.token);
    }
  }
}

TEST_F(EndpointTest, ArcsChallengeIsAnswered) {
  ASSERT_TRUE(write_file(folder_.path() / "a.key", "arc-key"));
  http::Response challenge{401, {}, ""};
  challenge.headers.set("WWW-Authenticate", "Basic realm=" + (folder_.path() / "a.key").string());
  upstream_.next(challenge);
  upstream_.next(
      http::json_response(200, R"({"access_token":"arc-token-1","expires_in":"86399"})"));
  const auto result =
      ask({Service::kAzureArc, upstream_.url("/token"), {}, "", "", "", folder_.path()});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->reveal(), "arc-token-1");
  EXPECT_EQ(upstream_.requests().at(1).headers.get("Authorization"), "Basic arc-key");
}

}  // namespace
}  // namespace armature::identity
