#include "sandbox/entra.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::kSecret;
using testing::must;
using testing::World;

TEST(Entra, RefusesWithItsOwnCodes) {
  World world;
  const std::string id = "client_id=" + world.app.client_id;
  const std::string scope = "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
  const std::string grant = "&grant_type=client_credentials";
  const std::string secret = std::string("&client_secret=") + kSecret;
  const struct {
    const char* name;
    std::string body;
    int status;
    int code;
  } kTable[] = {
      {"all there",              id + grant + scope + secret,                                        200, 0      },
      {"wrong secret",           id + grant + scope + "&client_secret=guess",                        401, 7000215},
      {"no secret",              id + grant + scope,                                                 401, 7000218},
      {"unknown application",    "client_id=nobody" + grant + scope + secret,                        400, 700016 },
      {"no grant",               id + scope + secret,                                                400, 900144 },
      {"no scope",               id + grant + secret,                                                400, 900144 },
      {"other grant",            id + scope + secret + "&grant_type=magic",                          400, 70003  },
      {"a person",               id + "&grant_type=password&username=ann%40sandbox.onmicrosoft.com", 400, 50034  },
      {"a person, no name",      id + "&grant_type=password",                                        400, 900144 },
      {"refresh",                id + "&grant_type=refresh_token&refresh_token=x",                   400, 70000  },
      {"another's api",          id + grant + secret + "&scope=api%3A%2F%2Fno.such%2F.default",      400, 500011 },
      {"two resources",
       id + grant + secret +
           "&scope=https%3A%2F%2Fvault.azure.net%2F.default+"
           "https%3A%2F%2Fgraph.microsoft.com%2F.default",                                           400, 700022 },
      {"v1's field",             id + grant + secret + "&resource=https%3A%2F%2Fvault.azure.net",    400, 901002 },
      {"no UTF-8",               "client_id=%FF" + grant + scope + secret,                           400, 9002313},
      {"scope without .default", id + grant + secret + "&scope=https%3A%2F%2Fa.b",                   400, 70011  },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto response = world.ask_token(row.body);
    EXPECT_EQ(response.status, row.status);
    const Json body = must(parse_json(response.body));
    if (row.code == 0) {
      EXPECT_EQ(int_at(body, "expires_in"), 3599);
    } else {
      EXPECT_EQ(body.at("error_codes").at(0).as_int64(), row.code);
      EXPECT_EQ(response.body.find(kSecret), std::string::npos);
    }
  }
}

TEST(Entra, KnowsBasicVersionOneAndItsTenantAlone) {
  World world;
  http::Request request;
  request.method = "POST";
  request.target = "/" + world.cloud->tenant() + "/oauth2/token";
  request.headers.set("Authorization", "Basic " + to_base64(world.app.client_id + ":" + kSecret));
  request.body = "grant_type=client_credentials&resource=https%3A%2F%2Fmanagement.azure.com%2F";
  const auto response = serve(*world.cloud, request);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(text_at(must(parse_json(response.body)), "resource"), "https://management.azure.com/");
  request.target = "/11111111-1111-1111-1111-111111111111/oauth2/token";
  const auto other = serve(*world.cloud, request);
  EXPECT_EQ(other.status, 400);
  EXPECT_NE(other.body.find("AADSTS90002"), std::string::npos);
  request.target = "/%FF/oauth2/token";
  EXPECT_NE(serve(*world.cloud, request).body.find("AADSTS9002313"), std::string::npos);
}

TEST(TokenCheck, SaysWhatIsWrong) {
  World world;
  const auto ask = [&](const std::string& authorization) {
    http::Request request;
    request.target = world.sub() + "?api-version=2021-04-01";
    if (!authorization.empty()) request.headers.set("Authorization", authorization);
    return serve(*world.cloud, request);
  };
  EXPECT_EQ(testing::code_of(ask("")), "AuthenticationFailed");
  EXPECT_TRUE(ask("").headers.get("WWW-Authenticate"));
  EXPECT_EQ(testing::code_of(ask("Bearer x.y.z")), "InvalidAuthenticationToken");
  EXPECT_EQ(ask("Bearer " + world.token).status, 200);
  const auto vault = world.ask_token(
      "grant_type=client_credentials&client_id=" + world.app.client_id +
      "&client_secret=" + kSecret + "&scope=https%3A%2F%2Fvault.azure.net%2F.default");
  const std::string wrong = text_at(must(parse_json(vault.body)), "access_token");
  EXPECT_EQ(testing::code_of(ask("Bearer " + wrong)), "InvalidAuthenticationTokenAudience");
  world.clock.advance(std::chrono::hours(2));
  EXPECT_EQ(testing::code_of(ask("Bearer " + world.token)), "ExpiredAuthenticationToken");
}

TEST(TokenCheck, TokensOutliveTheProcessWhenTheirKeysAreKept) {
  World world;
  const std::string old = world.token;
  world.restart();
  EXPECT_EQ(world.call("GET", world.sub(), "", old).status, 200);
  world.token_keys_file.clear();
  world.restart();
  EXPECT_EQ(world.call("GET", world.sub(), "", old).status, 401);
  EXPECT_EQ(world.call("GET", world.sub()).status, 200);
}

}  // namespace
}  // namespace armature::sandbox
