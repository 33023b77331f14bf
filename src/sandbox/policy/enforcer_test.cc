// Policies through the sandbox's own door: HTTP in, ARM's answers out.
#include "sandbox/policy/enforcer.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::World;

constexpr const char* kAllowedLocations =
    "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c";
constexpr const char* kRequireTag =
    "/providers/Microsoft.Authorization/policyDefinitions/871b6d14-10aa-478d-b590-94f262ecfa99";
constexpr const char* kAddTag =
    "/providers/Microsoft.Authorization/policyDefinitions/4f9dc7db-30c1-420c-b61a-e1d640128d26";

class PolicyEnforcer : public ::testing::Test {
 protected:
  PolicyEnforcer() { world.make_group(); }

  static std::string authorization(const std::string& scope, const std::string& rest) {
    return scope + "/providers/Microsoft.Authorization/" + rest;
  }
  http::Response define(const std::string& name, const std::string& properties) {
    return world.call("PUT", authorization(world.sub(), "policyDefinitions/" + name),
                      R"({"properties":)" + properties + "}");
  }
  http::Response assign(const std::string& scope, const std::string& name,
                        const std::string& definition, const std::string& more = "") {
    return world.call("PUT", authorization(scope, "policyAssignments/" + name),
                      R"({"location":"westeurope","identity":{"type":"SystemAssigned"},)"
                      R"("properties":{"policyDefinitionId":")" +
                          definition + "\"" + (more.empty() ? "" : ",") + more + "}}");
  }
  std::string own(const std::string& name) const {
    return authorization(world.sub(), "policyDefinitions/" + name);
  }
  std::string storage(const std::string& name = "acc") const {
    return world.group() + "/providers/Microsoft.Storage/storageAccounts/" + name;
  }
  http::Response put_storage(const std::string& body, const std::string& name = "acc") {
    return world.call("PUT", storage(name), body);
  }
  static std::string message_of(const http::Response& response) {
    return text_at(testing::must(parse_json(response.body)), "error.message");
  }

  World world;
};

TEST_F(PolicyEnforcer, ADenialSaysWhichPolicyAndWhy) {
  ASSERT_EQ(assign(world.group(), "europe", kAllowedLocations,
                   R"("displayName":"Europe only","parameters":{"listOfAllowedLocations":)"
                   R"({"value":["westeurope"]}})")
                .status,
            201);
  const auto denied = put_storage(R"({"location":"East US"})");
  ASSERT_EQ(denied.status, 403);
  const Json body = testing::must(parse_json(denied.body));
  EXPECT_EQ(text_at(body, "error.code"), "RequestDisallowedByPolicy");
  EXPECT_EQ(text_at(body, "error.target"), "acc");
  EXPECT_EQ(text_at(body, "error.message"),
            "Resource 'acc' was disallowed by policy. Policy identifiers: "
            "'[{\"policyAssignment\":{\"name\":\"Europe only\",\"id\":\"" +
                authorization(world.group(), "policyAssignments/europe") +
                "\"},\"policyDefinition\":{\"name\":\"Allowed locations\",\"id\":\"" +
                kAllowedLocations + "\"}}]'.");
  const Json& info = *find(at(body, "error.additionalInfo")->as_array().at(0), "info");
  EXPECT_EQ(text_at(info, "policyDefinitionEffect"), "Deny");
  EXPECT_EQ(text_at(info, "policyAssignmentScope"), world.group());
  const auto& expressions = at(info, "evaluationDetails.evaluatedExpressions")->as_array();
  EXPECT_EQ(text_at(expressions.at(0), "expression"), "location");
  EXPECT_EQ(text_at(expressions.at(0), "expressionValue"), "eastus");
  EXPECT_EQ(text_at(expressions.at(0), "operator"), "NotIn");
  EXPECT_EQ(world.call("GET", storage()).status, 404);
  EXPECT_EQ(put_storage(R"({"location":"West Europe"})").status, 200);
}

TEST_F(PolicyEnforcer, ExclusionsLetPass) {
  const std::string one = R"("parameters":{"tagName":{"value":"owner"}})";
  assign(world.sub(), "tagged", kRequireTag, one);
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})").status, 403);
  assign(world.sub(), "tagged", kRequireTag, one + R"(,"notScopes":[")" + world.group() + "\"]");
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})").status, 200);
  assign(world.sub(), "tagged", kRequireTag, one + R"(,"enforcementMode":"DoNotEnforce")");
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})", "two").status, 200);
  assign(world.sub(), "tagged", kRequireTag,
         one + R"(,"resourceSelectors":[{"name":"s","selectors":[
           {"kind":"resourceType","notIn":["Microsoft.Storage/storageAccounts"]}]}])");
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})", "three").status, 200);
  assign(world.sub(), "tagged", kRequireTag,
         one + R"(,"overrides":[{"kind":"policyEffect","value":"Audit"}])");
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})", "four").status, 200);
}

TEST_F(PolicyEnforcer, AnExemptionHoldsUntilItExpires) {
  assign(world.sub(), "tagged", kRequireTag, R"("parameters":{"tagName":{"value":"owner"}})");
  const auto made =
      world.call("PUT", authorization(world.group(), "policyExemptions/free"),
                 R"({"properties":{"policyAssignmentId":")" +
                     authorization(world.sub(), "policyAssignments/tagged") +
                     R"(","exemptionCategory":"Waiver","expiresOn":"2099-01-01T00:00:00Z"}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})").status, 200);
  world.call("PUT", authorization(world.group(), "policyExemptions/free"),
             R"({"properties":{"policyAssignmentId":")" +
                 authorization(world.sub(), "policyAssignments/tagged") +
                 R"(","exemptionCategory":"Waiver","expiresOn":"2001-01-01T00:00:00Z"}})");
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})", "two").status, 403);
}

TEST_F(PolicyEnforcer, ModifyWritesIntoPutAndPatch) {
  assign(world.group(), "add", kAddTag,
         R"("parameters":{"tagName":{"value":"team"},"tagValue":{"value":"x"}})");
  ASSERT_EQ(put_storage(R"({"location":"westeurope","tags":{"a":"b"}})").status, 200);
  EXPECT_EQ(text_at(world.get(storage()), "tags.team"), "x");
  EXPECT_EQ(text_at(world.get(storage()), "tags.a"), "b");
  world.call("PATCH", storage(), R"({"tags":{"c":"d"}})");
  EXPECT_EQ(dump(*find(world.get(storage()), "tags")), R"({"c":"d","team":"x"})");
}

TEST_F(PolicyEnforcer, APatchOfTagsAsksOnlyPoliciesAboutTags) {
  put_storage(R"({"location":"eastus"})");
  assign(world.group(), "europe", kAllowedLocations,
         R"("parameters":{"listOfAllowedLocations":{"value":["westeurope"]}})");
  EXPECT_EQ(world.call("PATCH", storage(), R"({"tags":{"a":"b"}})").status, 200);
  EXPECT_EQ(world.call("PATCH", storage(), R"({"properties":{"x":1}})").status, 403);
  assign(world.group(), "tagged", kRequireTag, R"("parameters":{"tagName":{"value":"owner"}})");
  EXPECT_EQ(world.call("PATCH", storage(), R"({"tags":{"a":"c"}})").status, 403);
}

TEST_F(PolicyEnforcer, PoliciesComeInOrderAndWithMessages) {
  define("secure", R"({"mode":"All","policyRule":{"if":{"allOf":[
    {"field":"type","equals":"Microsoft.Storage/storageAccounts"},
    {"field":"tags.team","exists":"true"}]},"then":{"effect":"deny"}}})");
  assign(world.group(), "add", kAddTag,
         R"("parameters":{"tagName":{"value":"team"},"tagValue":{"value":"x"}})");
  assign(world.group(), "no", own("secure"),
         R"("nonComplianceMessages":[{"message":"No teams here"}])");
  const auto denied = put_storage(R"({"location":"westeurope"})");
  EXPECT_EQ(denied.status, 403);
  EXPECT_NE(message_of(denied).find("Reasons: 'No teams here'."), std::string::npos);
}

TEST_F(PolicyEnforcer, AnEvaluationThatFailsDenies) {
  define("short", R"({"mode":"All","policyRule":{"if":{"value":"[substring(field('name'), 0, 9)]",
    "equals":"x"},"then":{"effect":"audit"}}})");
  assign(world.group(), "short", own("short"));
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})").status, 403);
}

TEST_F(PolicyEnforcer, DenyActionKeepsResources) {
  define("keep", R"({"mode":"Indexed","policyRule":{"if":{"field":"type",
    "equals":"Microsoft.Storage/storageAccounts"},"then":{"effect":"denyAction",
    "details":{"actionNames":["delete"],"cascadeBehaviors":{"resourceGroup":"deny"}}}}})");
  assign(world.sub(), "keep", own("keep"));
  ASSERT_EQ(put_storage(R"({"location":"westeurope"})").status, 200);
  EXPECT_EQ(code_of(world.call("DELETE", storage())), "RequestDisallowedByPolicy");
  EXPECT_EQ(world.call("DELETE", world.group()).status, 403);
  world.call("DELETE", authorization(world.sub(), "policyAssignments/keep"));
  EXPECT_EQ(world.call("DELETE", storage()).status, 200);
}

TEST_F(PolicyEnforcer, WhatIsMissingIsDeployedUnderTheAssignmentsIdentity) {
  define("sink", R"({"mode":"Indexed","parameters":{"sink":{"type":"String"}},"policyRule":{
    "if":{"field":"type","equals":"Microsoft.Storage/storageAccounts"},
    "then":{"effect":"deployIfNotExists","details":{
      "type":"Microsoft.Insights/diagnosticSettings",
      "roleDefinitionIds":["/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c"],
      "existenceCondition":{"field":"Microsoft.Insights/diagnosticSettings/workspaceId",
                            "equals":"[parameters('sink')]"},
      "deployment":{"properties":{"mode":"incremental","parameters":{
          "name":{"value":"[field('name')]"},"sink":{"value":"[parameters('sink')]"}},
        "template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
          "contentVersion":"1.0.0.0","parameters":{"name":{"type":"string"},"sink":{"type":"string"}},
          "resources":[{"type":"Microsoft.Storage/storageAccounts/providers/diagnosticSettings",
            "apiVersion":"2021-05-01-preview",
            "name":"[concat(parameters('name'), '/Microsoft.Insights/send')]",
            "properties":{"workspaceId":"[parameters('sink')]"}}]}}}}}}})");
  const std::string sink = world.group() + "/providers/Microsoft.OperationalInsights/workspaces/w1";
  const auto assigned = assign(world.group(), "sink", own("sink"),
                               R"("parameters":{"sink":{"value":")" + sink + R"("}})");
  ASSERT_EQ(assigned.status, 201) << assigned.body;
  const std::string principal =
      text_at(testing::must(parse_json(assigned.body)), "identity.principalId");
  ASSERT_FALSE(principal.empty());
  const auto granted = world.call(
      "PUT", authorization(world.group(), "roleAssignments/11111111-1111-4111-8111-111111111111"),
      R"({"properties":{"principalType":"ServicePrincipal","roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/b24988ac-6180-42a0-ab88-20f7382dd24c","principalId":")" +
          principal + "\"}}");
  ASSERT_LT(granted.status, 300) << granted.body;
  ASSERT_EQ(put_storage(R"({"location":"westeurope"})").status, 200);
  const auto deployments = world.get(world.group() + "/providers/Microsoft.Resources/deployments")
                               .at("value")
                               .as_array();
  ASSERT_EQ(deployments.size(), 1u);
  const std::string name = text_at(deployments[0], "name");
  EXPECT_TRUE(name.starts_with("PolicyDeployment_"));
  const Json ended = world.ended(name);
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << dump(ended);
  EXPECT_EQ(text_at(world.get(storage() + "/providers/Microsoft.Insights/diagnosticSettings/send"),
                    "properties.workspaceId"),
            sink);
  world.call("PATCH", storage(), R"({"tags":{"a":"b"}})");  // now there is one
  EXPECT_EQ(world.get(world.group() + "/providers/Microsoft.Resources/deployments")
                .at("value")
                .as_array()
                .size(),
            1u);
}

TEST_F(PolicyEnforcer, ADeploymentIsRefusedBeforeItStarts) {
  assign(world.group(), "europe", kAllowedLocations,
         R"("parameters":{"listOfAllowedLocations":{"value":["westeurope"]}})");
  const Json document = testing::must(parse_json(R"({
    "$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion":"1.0.0.0","parameters":{"where":{"type":"string"}},"resources":[
      {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2023-01-01","name":"one",
       "location":"[parameters('where')]","properties":{}},
      {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2023-01-01","name":"two",
       "location":"westeurope","properties":{"x":"[reference('one').primaryEndpoints.blob]"}}]})"));
  const auto given = [](const char* where) {
    return JsonObject{
        {"where", JsonObject{{"value", where}}}
    };
  };
  const auto refused = world.deploy("d1", document, given("eastus"));
  ASSERT_EQ(refused.status, 400) << refused.body;
  const Json body = testing::must(parse_json(refused.body));
  EXPECT_EQ(text_at(body, "error.code"), "InvalidTemplateDeployment");
  const auto& details = at(body, "error.details")->as_array();
  ASSERT_EQ(details.size(), 1u);
  EXPECT_EQ(text_at(details[0], "code"), "RequestDisallowedByPolicy");
  EXPECT_EQ(text_at(details[0], "target"), "one");
  EXPECT_EQ(world.deploy("d2", document, given("westeurope")).status, 201);
  EXPECT_EQ(text_at(world.ended("d2"), "properties.provisioningState"), "Succeeded");
}

TEST_F(PolicyEnforcer, PoliciesAreKeptOverARestart) {
  assign(world.sub(), "tagged", kRequireTag, R"("parameters":{"tagName":{"value":"owner"}})");
  world.restart();
  EXPECT_EQ(put_storage(R"({"location":"westeurope"})").status, 403);
}

TEST_F(PolicyEnforcer, DenialsAndAuditsAreInTheActivityLog) {
  assign(world.sub(), "tagged", kRequireTag, R"("parameters":{"tagName":{"value":"owner"}})");
  put_storage(R"({"location":"westeurope"})");
  const auto listed = world.get(world.sub() +
                                "/providers/microsoft.insights/eventtypes/management/values"
                                "?$filter=eventTimestamp%20ge%20'" +
                                to_rfc3339(world.clock.now() - std::chrono::hours(1)) + "'");
  ASSERT_TRUE(find(listed, "value")) << dump(listed);
  bool found = false;
  for (const Json& event : listed.at("value").as_array()) {
    if (text_at(event, "category.value") != "Policy") continue;
    found = true;
    EXPECT_EQ(text_at(event, "operationName.value"),
              "Microsoft.Authorization/policies/deny/action");
  }
  EXPECT_TRUE(found) << dump(listed);
}

}  // namespace
}  // namespace armature::sandbox
