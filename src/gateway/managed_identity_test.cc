#include "gateway/managed_identity.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/testing.h"

namespace armature::gateway {
namespace {

const std::string kArm = "resource=https%3A%2F%2Fmanagement.azure.com%2F";
const std::string kAppService = "/msi/token?api-version=2019-08-01&" + kArm;
const std::string kImds = "/metadata/identity/oauth2/token?api-version=2018-02-01&" + kArm;

class ManagedIdentityTest : public ::testing::Test {
 protected:
  ManagedIdentityTest() {
    endpoint.resources = arm_resources("https://management.azure.com/");
    endpoint.token_of = [this](const std::string& credential) -> Result<AttemptToken> {
      asked.push_back(credential);
      if (credential != "mine") return fail(Code::kUnauthenticated, "the attempt has ended");
      return AttemptToken{attempt, Secret("token"), clock.now() + std::chrono::minutes(50),
                          "client-1"};
    };
  }

  http::Response ask(const std::string& target, http::Headers headers,
                     const std::string& method = "GET") {
    http::Request request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    return serve_identity(endpoint, request, "correlation", clock.now());
  }
  static Json body_of(const http::Response& response) { return *parse_json(response.body); }

  testing::FakeClock clock;
  const Attempt attempt{
      {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse("t"), -1},
      1, 1
  };
  std::vector<std::string> asked;
  ManagedIdentity endpoint;
};

TEST_F(ManagedIdentityTest, AppServiceAnswersInItsOwnFields) {
  const auto response = ask(kAppService, {
                                             {"X-IDENTITY-HEADER", "mine"}
  });
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = body_of(response);
  EXPECT_EQ(text_at(body, "access_token"), "token");
  EXPECT_EQ(text_at(body, "resource"), "https://management.azure.com/");
  EXPECT_EQ(text_at(body, "token_type"), "Bearer");
  EXPECT_EQ(text_at(body, "client_id"), "client-1");
  const auto expires = std::chrono::floor<std::chrono::seconds>(
      (clock.now() + std::chrono::minutes(50)).time_since_epoch());
  EXPECT_EQ(text_at(body, "expires_on"), std::to_string(expires.count()));
  EXPECT_EQ(response.headers.get("Cache-Control"), "no-store, no-cache");
  // As az writes them: a slash more, the resource as it is, the older header.
  EXPECT_EQ(ask("/msi/token/?resource=https://management.core.windows.net/&api-version=2017-09-01",
                {
                    {"secret", "mine"}
  })
                .status,
            200);
}

TEST_F(ManagedIdentityTest, ImdsFindsTheAttemptInThePath) {
  const http::Headers metadata = {
      {"Metadata", "true"}
  };
  const auto response = ask("/attempts/mine" + kImds, metadata);
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = body_of(response);
  for (const char* name : {"access_token", "client_id", "expires_in", "expires_on", "not_before",
                           "resource", "token_type", "refresh_token"}) {
    EXPECT_TRUE(find(body, name) && find(body, name)->is_string()) << name;
  }
  EXPECT_EQ(text_at(body, "expires_in"), "3000");
  const std::string slash =
      "/attempts/mine/metadata/identity/oauth2/token/?api-version=2018-02-01&";
  EXPECT_EQ(ask(slash + kArm, metadata).status, 200) << "as JavaScript writes it";
  EXPECT_EQ(ask(kImds, metadata).status, 401) << "nobody";
  EXPECT_EQ(ask("/attempts/other" + kImds, metadata).status, 401);
  EXPECT_EQ(ask("/attempts/" + kImds, metadata).status, 401);
}

TEST_F(ManagedIdentityTest, RefusesWithAText) {
  const http::Headers mine = {
      {"X-IDENTITY-HEADER", "mine"}
  };
  const http::Headers metadata = {
      {"Metadata", "true"}
  };
  const std::string imds = "/attempts/mine" + kImds;
  const struct {
    const char* name;
    std::string target;
    http::Headers headers;
    int status;
    const char* text;
    const char* method = "GET";
  } kTable[] = {
      {"no header",            kAppService,                                                              {},                                                               401,      "is missing"                                                                          },
      {"two headers",
       kAppService,                                                                                      {{"X-IDENTITY-HEADER", "mine"}, {"X-IDENTITY-HEADER", "other"}},
       401,                                                                                                                                                                          "is missing"                                                                          },
      {"the older header",     kAppService,                                                              {{"secret", "mine"}},                                             401,      "is missing"                                                                          },
      {"metadata alone",       kAppService,                                                              metadata,                                                         401,      "is missing"                                                                          },
      {"ended",                kAppService,                                                              {{"X-IDENTITY-HEADER", "old"}},                                   401,      "the attempt has ended"                                                               },
      {"passed on",
       kAppService,                                                                                      {{"X-IDENTITY-HEADER", "mine"}, {"X-Forwarded-For", "10.0.0.1"}},
       400,                                                                                                                                                                          "passed on"                                                                           },
      {"passed on by a proxy",
       imds,                                                                                             {{"Metadata", "true"}, {"Via", "1.1 squid"}},
       400,                                                                                                                                                                          "passed on"                                                                           },
      {"unknown version",      "/msi/token?api-version=2020-01-01&" + kArm,                              mine,                                                             400,
       "'2020-01-01' is not supported"                                                                                                                                                                                                                                     },
      {"no resource",          "/msi/token?api-version=2019-08-01",                                      mine,                                                             400,      "'resource' is missing"                                                               },
      {"Graph",                "/msi/token?api-version=2019-08-01&resource=https://graph.microsoft.com", mine,                                                             400,
       "There are: https://management.azure.com"                                                                                                                                                                                                                           },
      {"look-alike",
       "/msi/token?api-version=2019-08-01&resource=https://management.azure.com.evil.example",           mine,
       400,                                                                                                                                                                          "is not one that tasks reach"                                                         },
      {"another identity",     kAppService + "&client_id=client-2",                                      mine,                                                             400,
       "with client id client-1"                                                                                                                                                                                                                                           },
      {"by resource id",       kAppService + "&mi_res_id=/subscriptions/s",                              mine,                                                             400,      "leave out"                                                                           },
      {"method",               kAppService,                                                              mine,                                                             405,      "not allowed",                                                                          "POST"},
      {"bad query",                      "/msi/token?resource=%zz",                                                                                    mine,                                                                                                      400,                       "not well formed"    },
      {"no metadata",                      imds,                                                                                  {},                                                                                                                         400,                                              "metadata header"    },
      {"old version",
       "/attempts/mine/metadata/identity/oauth2/token?api-version=2017-09-01&" + kArm,                                                                                  metadata,
       400,    "not supported"                                                                                                                                                                                                                                                                 },
      {"elsewhere",                      "/metadata/instance?api-version=2021-02-01",                                                                                    metadata,                                                                                    404, "not found"},
  };
  for (const auto& row : kTable) {
    const auto response = ask(row.target, row.headers, row.method);
    EXPECT_EQ(response.status, row.status) << row.name << response.body;
    EXPECT_NE(response.body.find(row.text), std::string::npos) << row.name << response.body;
    EXPECT_EQ(response.body.find("\"token\""), std::string::npos) << row.name;
  }
  EXPECT_EQ(ask(kAppService + "&client_id=CLIENT-1", mine).status, 200) << "its own, by name";
}

TEST_F(ManagedIdentityTest, KnowsTheUpstreamsOwnAudience) {
  EXPECT_EQ(arm_resources("https://management.azure.com/").size(), 2u);
  EXPECT_EQ(arm_resources("https://localhost:8082/").back(), "https://localhost:8082");
}

}  // namespace
}  // namespace armature::gateway
