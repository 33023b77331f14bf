#include "sandbox/activity_log.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/activity_event.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

constexpr const char* kValues = "/providers/Microsoft.Insights/eventtypes/management/values";
constexpr const char* kSlow = "/providers/Microsoft.Sql/servers/db1";

struct LogWorld : World {
  std::string since(const std::string& more = "") const {
    return "eventTimestamp ge '" + to_rfc3339(clock.now() - std::chrono::hours(24)) + "'" + more;
  }
  http::Response ask(const std::string& filter, const std::string& more = "") {
    return call("GET", sub() + kValues + "?$filter=" + http::percent_encode(filter) + more);
  }
  JsonArray events(const std::string& more = "") {
    return must(parse_json(ask(since(more)).body)).at("value").as_array();
  }
};

std::vector<std::string> statuses(const JsonArray& events) {
  std::vector<std::string> out;
  for (const Json& event : events) out.push_back(text_at(event, "status.value"));
  return out;
}
using Words = std::vector<std::string>;

TEST(ActivityLog, ShowsACallAsAzureDoes) {
  LogWorld world;
  http::Request request;
  request.method = "PUT";
  request.target = world.group() + "?api-version=2021-04-01";
  request.headers.set("Authorization", "Bearer " + world.token);
  request.headers.set("x-ms-client-request-id", "the-client's-own");
  request.body = R"({"location":"westeurope","tags":{"a":"b"}})";
  request.peer = "127.0.0.9";
  ASSERT_EQ(serve(*world.cloud, request).status, 201);
  const JsonArray events = world.events();
  ASSERT_EQ(statuses(events), (Words{"Succeeded", "Started"}));
  const Json& end = events[0];
  const Json& begin = events[1];
  EXPECT_EQ(text_at(end, "eventName.value"), "EndRequest");
  EXPECT_EQ(text_at(begin, "eventName.localizedValue"), "Begin request");
  EXPECT_EQ(text_at(end, "subStatus.value"), "Created");
  EXPECT_EQ(text_at(end, "subStatus.localizedValue"), "Created (HTTP Status Code: 201)");
  EXPECT_EQ(text_at(end, "properties.statusCode"), "Created");
  EXPECT_EQ(text_at(begin, "subStatus.value", "?"), "");
  EXPECT_EQ(text_at(end, "operationName.value"),
            "Microsoft.Resources/subscriptions/resourceGroups/write");
  EXPECT_EQ(text_at(end, "resourceType.value"), "Microsoft.Resources/subscriptions/resourceGroups");
  EXPECT_EQ(text_at(end, "resourceProviderName.value"), "Microsoft.Resources");
  EXPECT_EQ(text_at(end, "resourceGroupName"), "rg");
  EXPECT_EQ(text_at(end, "category.value"), "Administrative");
  EXPECT_EQ(text_at(end, "level"), "Informational");
  EXPECT_EQ(text_at(end, "caller"), world.app.object_id);
  EXPECT_EQ(text_at(end, "correlationId"), text_at(begin, "correlationId"));
  EXPECT_EQ(text_at(end, "operationId"), text_at(begin, "operationId"));
  EXPECT_NE(text_at(end, "eventDataId"), text_at(begin, "eventDataId"));
  EXPECT_EQ(text_at(end, "httpRequest.clientRequestId"), "the-client's-own");
  EXPECT_EQ(text_at(end, "httpRequest.clientIpAddress"), "127.0.0.9");
  EXPECT_EQ(text_at(end, "httpRequest.method"), "PUT");
  EXPECT_EQ(text_at(end, "authorization.action"), text_at(end, "operationName.value"));
  EXPECT_EQ(text_at(end, "properties.entity"), world.group());
  EXPECT_EQ(text_at(begin, "properties.requestbody"), request.body);
  EXPECT_EQ(text_at(end, "subscriptionId"), world.cloud->subscription());
  const auto& claims = end.at("claims").as_object();
  EXPECT_EQ(as_text(claims.at("appid")), world.app.client_id);
  EXPECT_EQ(as_text(claims.at("http://schemas.microsoft.com/identity/claims/objectidentifier")),
            world.app.object_id);
  EXPECT_EQ(as_text(claims.at("http://schemas.microsoft.com/identity/claims/tenantid")),
            world.cloud->tenant());
  EXPECT_TRUE(claims.at("exp").is_string());
  EXPECT_FALSE(claims.contains("oid"));
  EXPECT_TRUE(starts_with_ci(text_at(end, "id"), world.group() + "/events/"));
}

TEST(ActivityLog, TellsRefusalsWithTheirReason) {
  LogWorld world;
  world.make_group();
  const Application nobody = world.add_app("nobody", {});
  world.call("PUT", world.group("other"), R"({"location":"eastus"})", world.token_of(nobody));
  const JsonArray events = world.events(" and status eq 'Failed'");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(text_at(events[0], "level"), "Error");
  EXPECT_EQ(text_at(events[0], "subStatus.value"), "Forbidden");
  EXPECT_EQ(text_at(events[0], "caller"), nobody.object_id);
  EXPECT_NE(text_at(events[0], "properties.statusMessage").find("AuthorizationFailed"),
            std::string::npos);
  EXPECT_TRUE(world.call("GET", world.group(), "", "no token").status == 401);
  EXPECT_EQ(world.events().size(), 4U);  // neither reads nor callers without a name
}

TEST(ActivityLog, FollowsAResourceThatTakesTime) {
  LogWorld world;
  world.stop();
  world.provisioning_time = std::chrono::seconds(30);
  world.start();
  world.make_group();
  ASSERT_EQ(world.call("PUT", world.group() + kSlow, R"({"location":"westeurope"})").status, 201);
  const std::string only = " and resourceUri eq '" + world.group() + kSlow + "'";
  EXPECT_EQ(statuses(world.events(only)), (Words{"Accepted", "Started"}));
  world.clock.advance(std::chrono::seconds(31));
  EXPECT_EQ(statuses(world.events(only)), (Words{"Succeeded", "Accepted", "Started"}));
  world.call("DELETE", world.group());
  world.clock.advance(std::chrono::seconds(31));
  EXPECT_EQ(statuses(world.events(" and operations eq "
                                  "'Microsoft.Resources/subscriptions/resourceGroups/delete'")),
            (Words{"Succeeded", "Accepted", "Started"}));
}

TEST(ActivityLog, FollowsADeploymentUnderOneCorrelationId) {
  LogWorld world;
  world.make_group();
  const Json document = must(parse_json(
      R"({"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      "contentVersion":"1.0.0.0","parameters":{"word":{"type":"securestring"}},"resources":[
      {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2023-01-01","name":"abc",
       "location":"westeurope","properties":{"note":"[parameters('word')]"}}]})"));
  world.deploy("d", document, must(parse_json(R"({"word":{"value":"planted-in-a-template"}})")));
  const Json ended = world.ended("d");
  ASSERT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded");
  const JsonArray events =
      world.events(" and correlationId eq '" + text_at(ended, "properties.correlationId") + "'");
  EXPECT_EQ(statuses(events), (Words{"Succeeded", "Succeeded", "Started", "Accepted", "Started"}));
  EXPECT_EQ(text_at(events[0], "resourceId"), world.deployment("d"));
  EXPECT_EQ(as_text(events[0].at("claims").at("appid")), world.app.client_id);
  EXPECT_EQ(dump(events).find("planted-in-a-template"), std::string::npos);
}

TEST(ActivityLog, NeverTellsASecret) {
  LogWorld world;
  world.make_group();
  world.call("PUT", world.group() + "/providers/Microsoft.Sql/servers/db1",
             R"({"location":"westeurope","properties":{"administratorLogin":"admin",
             "administratorLoginPassword":"planted-1","apiToken":"planted-2",
             "inner":[{"storageKey":"planted-3","name":"shown","value":"planted-5"}],
             "env":{"ANY":["planted-6"]},"siteConfig":{"AppSettings":[{"a":"planted-7"}]}}})");
  const std::string all = dump(world.events());
  EXPECT_EQ(all.find("planted-"), std::string::npos);
  EXPECT_NE(all.find("shown"), std::string::npos);
  ArmCall settings;
  settings.at = read_address(
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/a/"
      "config/appsettings");
  settings.body = JsonObject{
      {"properties", JsonObject{{"ANY", "planted-4"}}}
  };
  EXPECT_EQ(told_request(settings), "");
}

TEST(ActivityLog, FiltersAndSelects) {
  LogWorld world;
  world.make_group();
  world.make_group("second");
  world.call("PUT", world.group() + kSlow, R"({"location":"westeurope"})");
  const auto count = [&](const std::string& more) { return world.events(more).size(); };
  EXPECT_EQ(count(" and resourceGroupName eq 'SECOND'"), 2U);
  EXPECT_EQ(count(" and resourceId eq '" + to_upper(world.group("second")) + "'"), 2U);
  EXPECT_EQ(count(" and resourceProvider eq 'microsoft.sql'"), 3U);
  EXPECT_EQ(count(" and caller eq '" + world.app.object_id + "' and status eq 'Started'"), 3U);
  EXPECT_EQ(count(" and caller eq 'somebody''s'"), 0U);
  EXPECT_EQ(count(" and levels eq 'Error,Warning'"), 0U);
  EXPECT_EQ(count(" and eventChannels eq 'Admin, Operation' and levels eq 'Informational'"), 7U);
  const std::string until = " and eventTimestamp le " + to_rfc3339(world.clock.now());
  EXPECT_EQ(count(until), 7U);  // az sends times without quotes
}

TEST(ActivityLog, RefusesFiltersWithoutAStart) {
  LogWorld world;
  const char* const kBad[] = {"",
                              "resourceGroupName eq 'rg'",
                              "eventTimestamp ge 'yesterday'",
                              "eventTimestamp ge '1999-01-01T00:00:00Z'",
                              "eventTimestamp ge",
                              "eventTimestamp"};
  for (const char* bad : kBad) {
    const auto response = world.ask(bad);
    EXPECT_EQ(response.status, 400) << bad;
    EXPECT_EQ(code_of(response), "BadRequest") << bad;
  }
  for (const char* more :
       {" and colour eq 'red'", " and caller gt 'a'", " or caller eq 'a'", " and caller eq 'open",
        " and eventTimestamp le '2001-01-01T00:00:00Z'"}) {
    EXPECT_EQ(world.ask(world.since(more)).status, 400) << more;
  }
  EXPECT_EQ(world.ask(world.since(), "&$skipToken=xx").status, 400);
  EXPECT_EQ(world.call("GET", world.sub() + "/providers/Microsoft.Insights/eventtypes/management/x")
                .status,
            404);
}

TEST(ActivityLog, PagesNewestFirst) {
  LogWorld world;
  for (int i = 0; i < 130; ++i) world.make_group("g" + std::to_string(i));
  auto response = world.ask(world.since(), "&$select=eventDataId,resourceGroupName");
  Json page = must(parse_json(response.body));
  ASSERT_EQ(page.at("value").as_array().size(), 200U);
  EXPECT_EQ(page.at("value").as_array()[0].as_object().size(), 2U);
  EXPECT_EQ(text_at(page.at("value").as_array()[0], "resourceGroupName"), "g129");
  const std::string next = text_at(page, "nextLink");
  const std::string path = next.substr(next.find("/subscriptions"));
  http::Request request;
  request.target = path;
  request.headers.set("Authorization", "Bearer " + world.token);
  page = must(parse_json(serve(*world.cloud, request).body));
  const auto& rest = page.at("value").as_array();
  ASSERT_EQ(rest.size(), 60U);
  EXPECT_EQ(text_at(rest.back(), "resourceGroupName"), "g0");
  EXPECT_FALSE(page.as_object().contains("nextLink"));
}

TEST(ActivityLog, ForgetsAfterNinetyDaysAndSurvivesRestarts) {
  LogWorld world;
  world.make_group("old");
  world.clock.advance(std::chrono::hours(24 * 91));
  world.restart();
  world.make_group("new");
  world.restart();
  EXPECT_EQ(world.events().size(), 2U);
  const auto kept =
      world.cloud->store().read([](const State& state) { return state.table<Event>().size(); });
  EXPECT_EQ(kept, 1U);
}

TEST(ActivityLog, TenantAndCategories) {
  LogWorld world;
  const Application root = world.add_app("root", {
                                                     {"Owner", "/"}
  });
  const std::string token = world.token_of(root);
  world.make_group();
  const std::string query =
      std::string(kValues) + "?$filter=" + http::percent_encode(world.since());
  const Json tenant = must(parse_json(world.call("GET", query, "", token).body));
  EXPECT_TRUE(tenant.at("value").as_array().empty());
  EXPECT_EQ(world.call("GET", query).status, 403);  // an owner of the subscription alone
  const Json categories = world.get("/providers/Microsoft.Insights/eventcategories");
  EXPECT_EQ(text_at(categories.at("value").as_array()[0], "value"), "Administrative");
}

TEST(ActivityLog, PolicyEffectsAreACategory) {
  LogWorld world;
  const ArmCall call =
      world.cloud->make_call("PUT", world.group() + "?api-version=2021-04-01", std::nullopt,
                             {world.app.object_id, "", nullptr}, "c");
  const auto written = world.cloud->store().change([&](Change& change) {
    log_policy(change, *world.cloud, call, {"deny", "westeurope", {}});
    log_policy(change, *world.cloud, call, {"audit", "westeurope", {}});
    return 0;
  });
  ASSERT_TRUE(written);
  const JsonArray events = world.events(" and category eq 'Policy'");
  ASSERT_EQ(statuses(events), (Words{"Succeeded", "Failed"}));
  EXPECT_EQ(text_at(events[0], "level"), "Warning");
  EXPECT_EQ(text_at(events[1], "operationName.value"),
            "Microsoft.Authorization/policies/deny/action");
  EXPECT_EQ(text_at(events[1], "properties.isComplianceCheck"), "False");
  EXPECT_EQ(text_at(events[1], "properties.policies"), "[]");
}

}  // namespace
}  // namespace armature::sandbox
