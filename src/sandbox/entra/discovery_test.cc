#include "sandbox/entra/discovery.h"

#include <gtest/gtest.h>

#include "sandbox/entra/testing.h"

namespace armature::sandbox {
namespace {

using testing::aadsts;
using testing::must;
using testing::World;

struct Documents : ::testing::Test {
  http::Response ask(const std::string& target, const std::string& host = "localhost:1") {
    http::Request request;
    request.target = target;
    request.headers.set("Host", host);
    return serve(*world.cloud, request);
  }
  Json get(const std::string& target, const std::string& host = "localhost:1") {
    const auto response = ask(target, host);
    EXPECT_EQ(response.status, 200) << target << response.body;
    return must(parse_json(response.body));
  }
  World world;
  const std::string tenant = world.cloud->tenant();
};

// Clients compare the issuer's host with that of the authority they were told.
TEST_F(Documents, NameTheHostThatWasAsked) {
  const struct {
    std::string path, host, issuer;
  } kTable[] = {
      {"/" + tenant + "/v2.0",          "localhost:1",               "https://localhost:1/" + tenant + "/v2.0"},
      {"/" + tenant + "/v2.0",          "127.0.0.1:1",               "https://127.0.0.1:1/" + tenant + "/v2.0"},
      {"/" + tenant + "/v2.0",          "login.microsoftonline.com",
       "https://login.microsoftonline.com/" + tenant + "/v2.0"                                                },
      {"/" + tenant + "/v2.0",          "evil.example",              "https://localhost:1/" + tenant + "/v2.0"},
      {"/" + tenant,                    "localhost:1",               "https://sts.windows.net/" + tenant + "/"},
      {"/sandbox.onmicrosoft.com/v2.0", "localhost:1",               "https://localhost:1/" + tenant + "/v2.0"},
      {"/adfs",                         "localhost:1",               "https://localhost:1/adfs"               },
      {"/common/v2.0",                  "localhost:1",               "https://localhost:1/{tenantid}/v2.0"    },
  };
  for (const auto& row : kTable) {
    const Json document = get(row.path + "/.well-known/openid-configuration", row.host);
    EXPECT_EQ(text_at(document, "issuer"), row.issuer) << row.path << " " << row.host;
    for (const char* name : {"authorization_endpoint", "token_endpoint", "jwks_uri"}) {
      EXPECT_FALSE(text_at(document, name).empty()) << name;
    }
  }
  const Json adfs = get("/adfs/.well-known/openid-configuration");
  EXPECT_EQ(text_at(adfs, "token_endpoint"), "https://localhost:1/adfs/oauth2/token");
}

TEST_F(Documents, KeysAreWhereTheyAreSaidToBe) {
  for (const std::string path :
       {"/common/discovery/keys", "/adfs/discovery/keys", "/common/discovery/v2.0/keys"}) {
    const Json keys = get(path);
    ASSERT_GE(keys.at("keys").as_array().size(), 2u);
    EXPECT_EQ(text_at(keys.at("keys").at(0), "kty"), "RSA");
  }
}

TEST_F(Documents, InstanceDiscoveryKnowsThisAuthorityAndThePublicOne) {
  const std::string path = "/common/discovery/instance?api-version=1.1&authorization_endpoint=";
  const Json own =
      get(path + "https%3A%2F%2Flocalhost%2F" + tenant + "%2Foauth2%2Fv2.0%2Fauthorize");
  EXPECT_EQ(text_at(own, "tenant_discovery_endpoint"),
            "https://localhost:1/" + tenant + "/v2.0/.well-known/openid-configuration");
  const Json open =
      get(path + "https%3A%2F%2Flogin.microsoftonline.com%2Fcommon%2Foauth2%2Fauthorize");
  EXPECT_EQ(text_at(open.at("metadata").at(0), "preferred_network"), "login.microsoftonline.com");
  EXPECT_EQ(aadsts(ask(path + "https%3A%2F%2Fevil.example%2Fcommon%2Foauth2%2Fauthorize")), 50049);
}

TEST_F(Documents, TheCloudsMetadataHasTheShapeOfItsVersion) {
  const std::string path = "/metadata/endpoints?api-version=";
  const Json flat = get(path + "2015-01-01");
  EXPECT_EQ(text_at(flat, "authentication.loginEndpoint"), "https://localhost:1/adfs");
  EXPECT_EQ(text_at(flat, "graphEndpoint"), "https://localhost:1/");
  for (const char* version : {"2019-05-01", "2020-06-01"}) {
    const Json clouds = get(path + version);
    ASSERT_TRUE(clouds.is_array()) << version;
    EXPECT_EQ(text_at(clouds.at(0), "resourceManager"), "https://localhost:1");
  }
  const Json one = get(path + "2022-09-01");
  ASSERT_TRUE(one.is_object());
  EXPECT_EQ(text_at(one, "authentication.loginEndpoint"), "https://localhost:1");
  EXPECT_EQ(text_at(one, "microsoftGraphResourceId"), "https://localhost:1/");
  EXPECT_FALSE(text_at(one, "suffixes.keyVaultDns").empty());
}

TEST_F(Documents, OtherTenantsAreNotHere) {
  EXPECT_EQ(aadsts(ask("/11111111-1111-1111-1111-111111111111/.well-known/openid-configuration")),
            90002);
  EXPECT_EQ(aadsts(ask("/nonsense/v2.0/.well-known/openid-configuration")), 900023);
  EXPECT_EQ(aadsts(ask("/" + tenant + "/oauth2/v2.0/token")), 900561) << "GET";
  EXPECT_EQ(aadsts(ask("/" + tenant + "/oauth2/v2.0/devicecode")), 53003);
}

}  // namespace
}  // namespace armature::sandbox
