#include "sandbox/entra/graph/graph.h"

#include <gtest/gtest.h>

#include "sandbox/entra/testing.h"

namespace armature::sandbox {
namespace {

using testing::aadsts;
using testing::client_key;
using testing::kSecret;
using testing::must;
using testing::World;

class Graph : public ::testing::Test {
 protected:
  Graph() {
    const AppSeed seed{
        "directory admin",
        Secret(kSecret),
        {{"Owner", ""}                     },
        "",
        "",
        false,
        { "Directory.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"}
    };
    admin = must(ensure_app(*world.cloud, seed));
    token = token_for(admin.client_id);
  }
  std::string token_for(const std::string& client, const std::string& secret = kSecret) {
    const auto response = world.ask_token("grant_type=client_credentials&client_id=" + client +
                                          "&client_secret=" + http::percent_encode(secret) +
                                          "&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default");
    return text_at(must(parse_json(response.body)), "access_token");
  }
  http::Response call(const std::string& method, const std::string& path,
                      const std::string& body = "", const std::string& as = "") {
    http::Request request;
    request.method = method;
    request.target = "/v1.0" + path;
    request.body = body;
    request.headers.set("Authorization", "Bearer " + (as.empty() ? token : as));
    return serve(*world.cloud, request);
  }
  Json get(const std::string& path) { return must(parse_json(call("GET", path).body)); }
  Json make(const std::string& path, const std::string& body, int status = 201) {
    const auto response = call("POST", path, body);
    EXPECT_EQ(response.status, status) << response.body;
    return must(parse_json(response.body));
  }
  // Of a name that has a dot in it.
  static std::string named(const Json& object, const char* name) {
    const Json* found = find(object, name);
    return found ? std::string(as_text(*found)) : "";
  }
  static std::string code_of(const http::Response& response) {
    return text_at(must(parse_json(response.body)), "error.code");
  }

  World world;
  Application admin;
  std::string token;
};

TEST_F(Graph, AsksForATokenOfItsOwnAndForAPermission) {
  EXPECT_EQ(call("GET", "/applications").status, 200);
  EXPECT_EQ(code_of(call("GET", "/applications", "", "x.y.z")), "InvalidAuthenticationToken");
  EXPECT_EQ(code_of(call("GET", "/applications", "", world.token)), "InvalidAuthenticationToken")
      << "of ARM";
  const std::string poor = token_for(world.app.client_id);
  const auto refused = call("GET", "/applications", "", poor);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code_of(refused), "Authorization_RequestDenied");
  EXPECT_TRUE(at(must(parse_json(refused.body)), "error.innerError.request-id"));
  EXPECT_EQ(code_of(call("GET", "/me")), "BadRequest");
  EXPECT_EQ(call("GET", "/nothing").status, 400);
}

// The calls of `az ad sp create-for-rbac`, and a login with what they made.
TEST_F(Graph, MakesAnApplicationThatCanLogIn) {
  const Json app = make("/applications", R"({"displayName":"robot","web":{"redirectUris":[]}})");
  const std::string client = text_at(app, "appId");
  const std::string path = "/applications/" + text_at(app, "id");
  const std::string login = "grant_type=client_credentials&client_id=" + client +
                            "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default&client_secret=";
  EXPECT_EQ(aadsts(world.ask_token(login + "x")), 7000229) << "no service principal yet";
  const Json principal = make("/servicePrincipals", R"({"appId":")" + client + "\"}");
  EXPECT_EQ(code_of(call("POST", "/servicePrincipals", R"({"appId":")" + client + "\"}")),
            "Request_MultipleObjectsWithSameKeyValue");
  const Json made = make(
      path + "/addPassword",
      R"({"passwordCredential":{"displayName":"rbac","endDateTime":"2024-01-01T00:00:00Z"}})", 200);
  const std::string secret = text_at(made, "secretText");
  ASSERT_EQ(secret.size(), 40u);
  EXPECT_EQ(text_at(made, "hint"), secret.substr(0, 3));
  EXPECT_EQ(aadsts(world.ask_token(login + secret)), 0);
  EXPECT_EQ(call("GET", path).body.find(secret), std::string::npos) << "shown once";
  const Json second = make(path + "/addPassword", R"({})", 200);
  EXPECT_EQ(aadsts(world.ask_token(login + text_at(second, "secretText"))), 0) << "both hold";
  world.clock.set(from_micros(1'704'153'600'000'000));  // 2 January 2024
  EXPECT_EQ(aadsts(world.ask_token(login + secret)), 7000222) << "expired";
  EXPECT_EQ(aadsts(world.ask_token(login + text_at(second, "secretText"))), 0);
  token = token_for(admin.client_id);
  EXPECT_EQ(
      call("POST", path + "/removePassword", R"({"keyId":")" + text_at(second, "keyId") + "\"}")
          .status,
      204);
  EXPECT_EQ(aadsts(world.ask_token(login + text_at(second, "secretText"))), 7000215);
  EXPECT_EQ(
      call("PATCH", "/servicePrincipals/" + text_at(principal, "id"), R"({"accountEnabled":false})")
          .status,
      204);
  EXPECT_EQ(aadsts(world.ask_token(login + secret)), 7000112);
  EXPECT_EQ(call("DELETE", path).status, 204);
  EXPECT_EQ(aadsts(world.ask_token(login + secret)), 700016);
  EXPECT_EQ(call("GET", "/servicePrincipals/" + text_at(principal, "id")).status, 404);
}

TEST_F(Graph, KeepsCertificatesAndFederatedCredentials) {
  const Json app = make("/applications", R"({"displayName":"robot"})");
  const std::string path = "/applications/" + text_at(app, "id");
  const std::string pem = identity::testing::self_signed(client_key(), world.clock.now(),
                                                         world.clock.now() + std::chrono::hours(1));
  const auto certificate = must(identity::read_certificate(pem));
  const std::string patch = R"({"keyCredentials":[{"type":"AsymmetricX509Cert","usage":"Verify",
      "key":")" + to_base64(certificate.der) +
                            "\"}]}";
  ASSERT_EQ(call("PATCH", path, patch).status, 204);
  const Json shown = get(path);
  EXPECT_EQ(text_at(shown.at("keyCredentials").at(0), "customKeyIdentifier"),
            to_upper(to_hex(certificate.sha1)));
  EXPECT_EQ(call("PATCH", path, R"({"keyCredentials":[{"key":"AAAA"}]})").status, 400);
  const std::string credential = R"({"name":"prod","issuer":"https://ci.example",
      "subject":"s","audiences":["api://AzureADTokenExchange"]})";
  make(path + "/federatedIdentityCredentials", credential);
  EXPECT_EQ(call("POST", path + "/federatedIdentityCredentials", credential).status, 409);
  EXPECT_EQ(call("POST", path + "/federatedIdentityCredentials", R"({"name":"x"})").status, 400);
  EXPECT_EQ(call("PATCH", path + "/federatedIdentityCredentials/prod", R"({"subject":"t"})").status,
            204);
  const Json list = get(path + "/federatedIdentityCredentials");
  EXPECT_EQ(text_at(list.at("value").at(0), "subject"), "t");
  EXPECT_EQ(call("DELETE", path + "/federatedIdentityCredentials/prod").status, 204);
  EXPECT_EQ(get(path + "/federatedIdentityCredentials").at("value").as_array().size(), 0u);
}

TEST_F(Graph, FindsWhomARoleIsToBeAssignedTo) {
  const Json found =
      get("/servicePrincipals?$filter=servicePrincipalNames%2Fany%28c%3Ac%20eq%20%27" +
          world.app.client_id + "%27%29");
  ASSERT_EQ(found.at("value").as_array().size(), 1u);
  EXPECT_EQ(text_at(found.at("value").at(0), "id"), world.app.object_id);
  EXPECT_EQ(text_at(get("/servicePrincipals(appId='" + world.app.client_id + "')"), "id"),
            world.app.object_id);
  const Json by_id =
      make("/directoryObjects/getByIds",
           R"({"ids":[")" + world.app.object_id + R"(","nobody"],"types":["user"]})", 200);
  ASSERT_EQ(by_id.at("value").as_array().size(), 1u);
  EXPECT_EQ(named(by_id.at("value").at(0), "@odata.type"), "#microsoft.graph.servicePrincipal");
  EXPECT_EQ(code_of(call("GET", "/servicePrincipals?$filter=x")), "Request_BadRequest");
}

TEST_F(Graph, RolesOfGroupsCountForTheirMembers) {
  const Json outer = make("/groups", R"({"displayName":"all","mailEnabled":false,
      "mailNickname":"all","securityEnabled":true})");
  const Json inner = make("/groups", R"({"displayName":"robots","securityEnabled":true})");
  const auto join = [&](const Json& group, const std::string& member) {
    return call("POST", "/groups/" + text_at(group, "id") + "/members/$ref",
                R"({"@odata.id":"https://graph.microsoft.com/v1.0/directoryObjects/)" + member +
                    "\"}")
        .status;
  };
  const Application robot = world.add_app("robot", {});
  EXPECT_EQ(join(inner, robot.object_id), 204);
  EXPECT_EQ(join(outer, text_at(inner, "id")), 204);
  EXPECT_EQ(join(inner, text_at(outer, "id")), 204) << "a circle does no harm";
  EXPECT_EQ(join(inner, robot.object_id), 400) << "twice";
  EXPECT_EQ(join(inner, "11111111-1111-1111-1111-111111111111"), 404);
  const std::string as_robot = world.token_of(robot);
  EXPECT_EQ(world.call("GET", world.sub() + "/resourceGroups", "", as_robot).status, 403);
  const auto assigned = world.call(
      "PUT",
      world.sub() + "/providers/Microsoft.Authorization/roleAssignments/" + world.random.uuid(),
      R"({"properties":{"principalId":")" + text_at(outer, "id") +
          R"(","roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"}})");
  ASSERT_EQ(assigned.status, 201) << assigned.body;
  EXPECT_EQ(text_at(must(parse_json(assigned.body)), "properties.principalType"), "Group");
  EXPECT_EQ(world.call("GET", world.sub() + "/resourceGroups", "", as_robot).status, 200);
  const Json of = make("/directoryObjects/" + robot.object_id + "/getMemberGroups",
                       R"({"securityEnabledOnly":true})", 200);
  EXPECT_EQ(of.at("value").as_array().size(), 2u);
  EXPECT_EQ(
      call("DELETE", "/groups/" + text_at(inner, "id") + "/members/" + robot.object_id + "/$ref")
          .status,
      204);
  EXPECT_EQ(world.call("GET", world.sub() + "/resourceGroups", "", as_robot).status, 403);
}

TEST_F(Graph, UsersAreThereToBeAssignedRolesAndNeverSignIn) {
  const Json ann = make("/users", R"({"accountEnabled":true,"displayName":"Ann",
      "mailNickname":"ann","userPrincipalName":"ann@sandbox.onmicrosoft.com",
      "passwordProfile":{"password":"planted-password"}})");
  EXPECT_EQ(dump(get("/users/ann@sandbox.onmicrosoft.com")).find("planted"), std::string::npos);
  EXPECT_EQ(text_at(get("/users/ann@sandbox.onmicrosoft.com"), "id"), text_at(ann, "id"));
  EXPECT_EQ(call("POST", "/users",
                 R"({"displayName":"A","userPrincipalName":"ANN@sandbox.onmicrosoft.com"})")
                .status,
            400);
  EXPECT_EQ(
      aadsts(world.ask_token(
          "grant_type=password&client_id=x&username=ann%40sandbox.onmicrosoft.com&password=x")),
      50126);
  EXPECT_EQ(call("DELETE", "/users/" + text_at(ann, "id")).status, 204);
  EXPECT_EQ(call("GET", "/users/" + text_at(ann, "id")).status, 404);
}

TEST_F(Graph, AppRolesAreGivenAndStandInTheToken) {
  const Json graph = get("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')");
  const std::string path = "/servicePrincipals/" + world.app.object_id + "/appRoleAssignments";
  const std::string body = R"({"principalId":")" + world.app.object_id + R"(","resourceId":")" +
                           text_at(graph, "id") +
                           R"(","appRoleId":"7ab1d382-f21e-4acd-a863-ba3e13f7da61"})";
  const Json made = make(path, body);
  EXPECT_EQ(call("POST", path, body).status, 400) << "once";
  const std::string with_role = token_for(world.app.client_id);
  EXPECT_EQ(call("GET", "/applications", "", with_role).status, 200);
  EXPECT_EQ(call("POST", "/applications", R"({"displayName":"x"})", with_role).status, 403);
  EXPECT_EQ(call("DELETE", path + "/" + text_at(made, "id")).status, 204);
  EXPECT_EQ(call("GET", "/applications", "", token_for(world.app.client_id)).status, 403);
}

TEST_F(Graph, ListsComeInPages) {
  for (int i = 0; i < 5; ++i) make("/groups", R"({"displayName":"g)" + std::to_string(i) + "\"}");
  std::string path =
      "/groups?$top=2&$filter=" + http::percent_encode("startswith(displayName,'g')");
  std::size_t seen = 0;
  for (int pages = 1;; ++pages) {
    const Json page = get(path);
    seen += page.at("value").as_array().size();
    const std::string next = named(page, "@odata.nextLink");
    if (next.empty()) {
      EXPECT_EQ(pages, 3);
      break;
    }
    path = next.substr(next.find("/v1.0") + 5);
  }
  EXPECT_EQ(seen, 5u);
}

}  // namespace
}  // namespace armature::sandbox
