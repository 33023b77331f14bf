// Compliance, events and remediations over HTTP.
#include "sandbox/policy/insights.h"

#include <gtest/gtest.h>

#include "sandbox/policy/odata.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

constexpr const char* kSecureTransfer =
    "/providers/Microsoft.Authorization/policyDefinitions/404c3081-a854-4457-ae30-26a93ef643f9";
constexpr const char* kAddTag =
    "/providers/Microsoft.Authorization/policyDefinitions/4f9dc7db-30c1-420c-b61a-e1d640128d26";

class PolicyInsights : public ::testing::Test {
 protected:
  PolicyInsights() {
    world.make_group();
    put_storage("good", true);
    put_storage("bad", false);
    assign("secure", kSecureTransfer, "");
  }
  void put_storage(const std::string& name, bool secure) {
    world.call(
        "PUT", storage(name),
        std::string(R"({"location":"westeurope","properties":{"supportsHttpsTrafficOnly":)") +
            (secure ? "true" : "false") + "}}");
  }
  std::string storage(const std::string& name) {
    return world.group() + "/providers/Microsoft.Storage/storageAccounts/" + name;
  }
  http::Response assign(const std::string& name, const std::string& definition,
                        const std::string& more) {
    return world.call(
        "PUT", world.group() + "/providers/Microsoft.Authorization/policyAssignments/" + name,
        R"({"location":"westeurope","identity":{"type":"SystemAssigned"},"properties":)"
        R"({"policyDefinitionId":")" +
            definition + "\"" + more + "}}");
  }
  Json states(const std::string& query = "", const std::string& scope = "") {
    const auto response =
        world.call("POST", (scope.empty() ? world.sub() : scope) +
                               "/providers/Microsoft.PolicyInsights/policyStates/latest/"
                               "queryResults" +
                               query);
    return must(parse_json(response.body));
  }
  World world;
};

TEST_F(PolicyInsights, StatesFollowWritesAndAssignments) {
  const Json all = states();
  ASSERT_EQ(find(all, "@odata.count")->as_int64(), 2);
  ASSERT_EQ(all.at("value").as_array().size(), 2u) << dump(all);
  const Json bad = states("?$filter=complianceState%20eq%20'NonCompliant'");
  ASSERT_EQ(bad.at("value").as_array().size(), 1u);
  const Json& one = bad.at("value").as_array()[0];
  EXPECT_EQ(text_at(one, "policyAssignmentName"), "secure");
  EXPECT_EQ(text_at(one, "resourceType"), "Microsoft.Storage/storageAccounts");
  EXPECT_FALSE(bool_at(one, "isCompliant"));
  put_storage("bad", true);
  EXPECT_EQ(states("?$filter=isCompliant%20eq%20false").at("value").as_array().size(), 0u);
  EXPECT_EQ(states("", storage("good")).at("value").as_array().size(), 1u);
  EXPECT_EQ(states("?$top=1").at("value").as_array().size(), 1u);
}

TEST_F(PolicyInsights, SummariesCountResourcesAndPolicies) {
  const auto response = world.call(
      "POST", world.group() + "/providers/Microsoft.PolicyInsights/policyStates/latest/summarize");
  ASSERT_EQ(response.status, 200) << response.body;
  const Json body = must(parse_json(response.body));
  const Json& summary = body.at("value").as_array().at(0);
  EXPECT_EQ(int_at(summary, "results.nonCompliantResources"), 1);
  EXPECT_EQ(int_at(summary, "results.nonCompliantPolicies"), 1);
  const Json& assignment = summary.at("policyAssignments").as_array().at(0);
  EXPECT_EQ(text_at(assignment.at("policyDefinitions").as_array().at(0), "effect"), "audit");
}

TEST_F(PolicyInsights, BadQueriesAreRefused) {
  EXPECT_EQ(text_at(states("?$filter=nonsense"), "error.code"), "InvalidFilterInQueryString");
  EXPECT_EQ(text_at(states("?$apply=groupby((x))"), "error.code"), "InvalidQuery");
  EXPECT_EQ(
      world.call("POST", world.sub() + "/providers/Microsoft.PolicyInsights/nothing/a/b").status,
      404);
}

TEST_F(PolicyInsights, AnEvaluationCanBeAskedFor) {
  const auto started =
      world.call("POST", world.sub() +
                             "/providers/Microsoft.PolicyInsights/policyStates/latest/"
                             "triggerEvaluation");
  ASSERT_EQ(started.status, 202);
  const auto location = started.headers.get("Location");
  ASSERT_TRUE(location);
  const std::string url(*location);
  const std::string path =
      url.substr(url.find("/subscriptions"), url.find('?') - url.find("/subscriptions"));
  EXPECT_EQ(world.call("GET", path).status, 200);
}

TEST_F(PolicyInsights, AuditsAreEvents) {
  put_storage("worse", false);
  const auto response =
      world.call("POST", world.sub() +
                             "/providers/Microsoft.PolicyInsights/policyEvents/default/"
                             "queryResults");
  const Json body = must(parse_json(response.body));
  ASSERT_EQ(body.at("value").as_array().size(), 1u) << response.body;
  EXPECT_EQ(text_at(body.at("value").as_array()[0], "policyDefinitionAction"), "audit");
}

TEST_F(PolicyInsights, ARemediationBringsOldResourcesInLine) {
  const auto assigned = assign(
      "add", kAddTag, R"(,"parameters":{"tagName":{"value":"team"},"tagValue":{"value":"x"}})");
  const std::string principal = text_at(must(parse_json(assigned.body)), "identity.principalId");
  const std::string path = world.group() + "/providers/Microsoft.PolicyInsights/remediations/r1";
  const std::string body = R"({"properties":{"policyAssignmentId":")" + world.group() +
                           R"(/providers/Microsoft.Authorization/policyAssignments/add"}})";
  world.call("PUT", path, body);  // the identity has no rights yet
  EXPECT_EQ(text_at(world.get(path), "properties.provisioningState"), "Failed");
  const auto granted = world.call(
      "PUT",
      world.group() +
          "/providers/Microsoft.Authorization/roleAssignments/11111111-1111-4111-8111-111111111111",
      R"({"properties":{"principalType":"ServicePrincipal","roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c","principalId":")" +
          principal + "\"}}");
  ASSERT_LT(granted.status, 300) << granted.body;
  world.call("PUT", path, body);
  const Json done = world.get(path);
  EXPECT_EQ(text_at(done, "properties.provisioningState"), "Succeeded") << dump(done);
  EXPECT_EQ(int_at(done, "properties.deploymentStatus.totalDeployments"), 2);
  EXPECT_EQ(text_at(world.get(storage("good")), "tags.team"), "x");
  EXPECT_EQ(world.call("DELETE", path).status, 200);
}

TEST(PolicyOdata, ReadsComparisons) {
  const auto filter = policy::read_odata("a eq 'x y' and b ne true and c ge 3");
  ASSERT_TRUE(filter);
  EXPECT_TRUE(policy::passes(*filter, must(parse_json(R"({"A":"X Y","b":false,"c":5})"))));
  EXPECT_FALSE(policy::passes(*filter, must(parse_json(R"({"a":"x","b":false,"c":5})"))));
  for (const char* bad :
       {"a", "a eq", "a is 'x'", "a eq 'x", "a eq 'x' or b eq 'y'", "a eq 'x' and"}) {
    EXPECT_FALSE(policy::read_odata(bad)) << bad;
  }
}

}  // namespace
}  // namespace armature::sandbox
