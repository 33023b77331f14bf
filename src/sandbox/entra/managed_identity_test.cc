#include "sandbox/entra/managed_identity.h"

#include <gtest/gtest.h>

#include "sandbox/entra/imds.h"
#include "sandbox/entra/testing.h"

namespace armature::sandbox {
namespace {

using testing::aadsts;
using testing::assertion_form;
using testing::edit_app;
using testing::kSecret;
using testing::must;
using testing::seconds_of;
using testing::World;

class ManagedIdentity : public ::testing::Test {
 protected:
  ManagedIdentity() { world.make_group(); }

  std::string id(const std::string& type, const std::string& name) const {
    return world.group() + "/providers/" + type + "/" + name;
  }
  std::string make_user_assigned(const std::string& name) {
    const std::string out = id("Microsoft.ManagedIdentity/userAssignedIdentities", name);
    EXPECT_EQ(world.call("PUT", out, R"({"location":"westeurope"})").status, 201);
    return out;
  }
  std::string make_site(const std::string& identity) {
    const std::string out = id("Microsoft.Web/sites", "site");
    world.call("PUT", out,
               R"({"location":"westeurope","properties":{},"identity":)" + identity + "}");
    return out;
  }
  std::string principal_of(const std::string& resource) {
    return text_at(world.get(resource), "identity.principalId");
  }
  http::Response imds(const std::string& resource, const std::string& query,
                      http::Headers headers = {
                          {"Metadata", "true"}
  }) {
    http::Request request;
    request.target = "/metadata/identity/oauth2/token?" + query;
    request.headers = std::move(headers);
    return serve_identity(*world.cloud, {resource, Secret("header")}, request);
  }
  Json claims_in(const http::Response& response) {
    const Json body = must(parse_json(response.body));
    return must(identity::read_untrusted(text_at(body, "access_token"))).claims;
  }

  World world;
  const std::string arm = "api-version=2018-02-01&resource=https%3A%2F%2Fmanagement.azure.com%2F";
};

TEST_F(ManagedIdentity, LivesAndGoesWithItsResource) {
  const std::string site = make_site(R"({"type":"SystemAssigned"})");
  const std::string first = principal_of(site);
  EXPECT_TRUE(is_uuid(first));
  EXPECT_EQ(make_site(R"({"type":"SystemAssigned"})"), site);
  EXPECT_EQ(principal_of(site), first) << "a PUT of the same changes nothing";
  world.restart();
  EXPECT_EQ(principal_of(site), first);
  const auto type_of = [&](const std::string& principal) {
    return world.cloud->store().read(
        [&](const State& state) { return principal_type(state, principal); });
  };
  EXPECT_EQ(type_of(first), "ServicePrincipal");
  world.call("PATCH", site, R"({"identity":{"type":"None"}})");
  EXPECT_EQ(type_of(first), "");
  make_site(R"({"type":"SystemAssigned"})");
  const std::string second = principal_of(site);
  EXPECT_NE(second, first) << "another principal, as in Azure";
  world.call("DELETE", site);
  EXPECT_EQ(type_of(second), "");
  make_site(R"({"type":"SystemAssigned"})");
  const std::string third = principal_of(site);
  world.call("DELETE", world.group());
  EXPECT_EQ(type_of(third), "") << "with its group";
}

TEST_F(ManagedIdentity, HasRightsLikeAnyPrincipal) {
  const std::string site = make_site(R"({"type":"SystemAssigned"})");
  const auto token = [&] {
    return text_at(must(parse_json(imds(site, arm).body)), "access_token");
  };
  EXPECT_EQ(world.call("GET", world.group(), "", token()).status, 403);
  const std::string reader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
  const auto assigned = world.call(
      "PUT",
      world.group() + "/providers/Microsoft.Authorization/roleAssignments/" + world.random.uuid(),
      R"({"properties":{"principalId":")" + principal_of(site) +
          R"(","roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/)" + reader +
          R"("}})");
  ASSERT_EQ(assigned.status, 201) << assigned.body;
  EXPECT_EQ(world.call("GET", world.group(), "", token()).status, 200);
}

TEST_F(ManagedIdentity, ImdsAnswersInText) {
  const std::string runner = make_user_assigned("runner");
  const auto response = imds(runner, arm);
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = must(parse_json(response.body));
  for (const char* name : {"access_token", "client_id", "expires_in", "expires_on", "not_before",
                           "resource", "token_type", "refresh_token"}) {
    EXPECT_TRUE(find(body, name) && find(body, name)->is_string()) << name;
  }
  EXPECT_EQ(text_at(body, "expires_in"), "86400");
  EXPECT_EQ(text_at(body, "client_id"), text_at(world.get(runner), "properties.clientId"));
  const Json claims = claims_in(response);
  EXPECT_EQ(text_at(claims, "oid"), text_at(world.get(runner), "properties.principalId"));
  EXPECT_EQ(text_at(claims, "tid"), world.cloud->tenant());
  EXPECT_NE(text_at(claims, "xms_mirid").find("/resourcegroups/rg/"), std::string::npos);
}

TEST_F(ManagedIdentity, AResourceWithSeveralIdentitiesIsAskedForOne) {
  const std::string one = make_user_assigned("one");
  const std::string two = make_user_assigned("two");
  const std::string both = R"("userAssignedIdentities":{")" + one + R"(":{},")" + two + R"(":{}}})";
  const std::string site = make_site(R"({"type":"UserAssigned",)" + both);
  EXPECT_EQ(imds(site, arm).status, 400) << "which?";
  const Json of_two = world.get(two);
  const std::string client = text_at(of_two, "properties.clientId");
  const std::string object = text_at(of_two, "properties.principalId");
  for (const std::string& choice :
       {"client_id=" + client, "object_id=" + object, "msi_res_id=" + http::percent_encode(two),
        "mi_res_id=" + to_lower(two)}) {
    const auto response = imds(site, arm + "&" + choice);
    ASSERT_EQ(response.status, 200) << choice << response.body;
    EXPECT_EQ(text_at(claims_in(response), "oid"), object) << choice;
    EXPECT_EQ(text_at(claims_in(response), "xms_az_rid"),
              world.sub() + "/resourcegroups/rg/providers/Microsoft.Web/sites/site");
  }
  const std::string other = text_at(world.get(make_user_assigned("other")), "properties.clientId");
  EXPECT_EQ(imds(site, arm + "&client_id=" + other).status, 400) << "not assigned here";
  make_site(R"({"type":"SystemAssigned, UserAssigned",)" + both);
  EXPECT_EQ(text_at(claims_in(imds(site, arm)), "oid"), principal_of(site));
}

TEST_F(ManagedIdentity, ImdsRefusesWhatImdsRefuses) {
  const std::string runner = make_user_assigned("runner");
  const struct {
    const char* name;
    std::string query;
    http::Headers headers;
    const char* error;
  } kTable[] = {
      {"no header",      arm,                                   {},                                                      "bad_request_102"},
      {"passed on",
       arm,                                                     {{"Metadata", "true"}, {"X-Forwarded-For", "10.0.0.1"}},
       "bad_request_102"                                                                                                                  },
      {"no version",
       "resource=https%3A%2F%2Fvault.azure.net",                {{"Metadata", "true"}},
       "invalid_request"                                                                                                                  },
      {"old version",
       "api-version=2017-09-01&resource=x",                     {{"Metadata", "true"}},
       "invalid_request"                                                                                                                  },
      {"no resource",    "api-version=2018-02-01",              {{"Metadata", "true"}},                                  "invalid_request"},
      {"unknown one",    arm + "&client_id=" + runner,          {{"Metadata", "TRUE"}},                                  "invalid_request"},
      {"wrong resource",
       "api-version=2018-02-01&resource=https%3A%2F%2Fno.such", {{"Metadata", "true"}},
       "invalid_resource"                                                                                                                 },
  };
  for (const auto& row : kTable) {
    const auto response = imds(runner, row.query, row.headers);
    EXPECT_EQ(response.status, 400) << row.name;
    EXPECT_EQ(text_at(must(parse_json(response.body)), "error"), row.error) << row.name;
  }
  EXPECT_EQ(imds(id("Microsoft.Web/sites", "none"), arm).status, 400);
}

TEST_F(ManagedIdentity, AppServiceAsksForItsSecret) {
  const std::string runner = make_user_assigned("runner");
  const auto ask = [&](const std::string& version, const char* header, const char* value,
                       const std::string& path = "/msi/token") {
    http::Request request;
    request.target = path + "?api-version=" + version + "&resource=https://management.azure.com/";
    if (*header) request.headers.set(header, value);
    return serve_identity(*world.cloud, {runner, Secret("header")}, request);
  };
  const auto now = ask("2019-08-01", "X-IDENTITY-HEADER", "header");
  ASSERT_EQ(now.status, 200) << now.body;
  const Json body = must(parse_json(now.body));
  EXPECT_EQ(text_at(body, "expires_on"),
            std::to_string(seconds_of(world.clock.now() + std::chrono::hours(24))));
  EXPECT_EQ(ask("2017-09-01", "secret", "header", "/msi/token/").status, 200);
  EXPECT_EQ(ask("2019-08-01", "X-IDENTITY-HEADER", "guess").status, 401);
  EXPECT_EQ(ask("2019-08-01", "", "").status, 401);
  EXPECT_EQ(ask("2019-08-01", "Metadata", "true").status, 401);
  EXPECT_EQ(ask("2016-01-01", "secret", "header").status, 400);
}

TEST_F(ManagedIdentity, MayStandForAnApplication) {
  const std::string runner = make_user_assigned("runner");
  const std::string object = text_at(world.get(runner), "properties.principalId");
  const auto own = must(parse_json(
      imds(runner, "api-version=2018-02-01&resource=api%3A%2F%2FAzureADTokenExchange").body));
  const std::string token = text_at(own, "access_token");
  const Json claims = must(identity::read_untrusted(token)).claims;
  edit_app(world, [&](AppRegistration& app) {
    app.federated = {
        {"1", "mi", text_at(claims, "iss"), object, "api://AzureADTokenExchange", ""}
    };
  });
  EXPECT_EQ(aadsts(world.ask_token(assertion_form(world, token))), 0);
  const auto of_app = world.ask_token(
      "grant_type=client_credentials&client_id=" + world.app.client_id +
      "&client_secret=" + kSecret + "&scope=api%3A%2F%2FAzureADTokenExchange%2F.default");
  const std::string app_token = text_at(must(parse_json(of_app.body)), "access_token");
  edit_app(world, [&](AppRegistration& app) { app.federated[0].subject = world.app.object_id; });
  EXPECT_EQ(aadsts(world.ask_token(assertion_form(world, app_token))), 700229);
}

}  // namespace
}  // namespace armature::sandbox
