#include <gtest/gtest.h>

#include "sandbox/deployments/engine.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

constexpr const char* kHead =
    R"({"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",)";

Json document(const std::string& rest) { return must(parse_json(kHead + rest + "}", 64)); }

// One that works, and a nested deployment whose subnet has no network.
Json half_broken() {
  return document(
      R"("resources":[
    {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"good","location":"westeurope","properties":{}},
    {"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"inner","dependsOn":["good"],
     "properties":{"mode":"Incremental","template":)" +
      std::string(kHead) +
      R"("resources":[{"type":"Microsoft.Network/virtualNetworks/subnets","apiVersion":"2021-02-01","name":"none/a","properties":{}}]}}}])");
}

TEST(Operations, FailuresAreNestedAsArmNestsThem) {
  World world;
  world.make_group();
  ASSERT_EQ(world.deploy("bad", half_broken()).status, 201);
  const Json ended = world.ended("bad");
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Failed");
  const Json& error = ended.at("properties").at("error");
  EXPECT_EQ(text_at(error, "code"), "DeploymentFailed");
  EXPECT_EQ(text_at(error, "target"), world.deployment("bad"));
  const Json& nested = error.at("details").at(0);
  EXPECT_EQ(text_at(nested, "code"), "ResourceDeploymentFailure");
  EXPECT_EQ(text_at(nested, "target"), world.deployment("inner"));
  const Json& inner = nested.at("details").at(0);
  EXPECT_EQ(text_at(inner, "code"), "DeploymentFailed");
  EXPECT_EQ(text_at(inner.at("details").at(0), "code"), "ParentResourceNotFound");
  const Json status = world.get(world.deployment("bad") + "/operations");
  const Json& rows = status.at("value");
  ASSERT_EQ(rows.as_array().size(), 3U);
  EXPECT_EQ(text_at(rows.at(0), "properties.statusCode"), "OK");
  EXPECT_EQ(text_at(rows.at(0), "properties.targetResource.resourceName"), "good");
  EXPECT_FALSE(text_at(rows.at(0), "properties.serviceRequestId").empty());
  EXPECT_EQ(text_at(rows.at(1), "properties.statusCode"), "Conflict");
  EXPECT_EQ(text_at(rows.at(1), "properties.statusMessage.error.code"),
            "ResourceDeploymentFailure");
  EXPECT_EQ(text_at(rows.at(2), "properties.provisioningOperation"), "EvaluateDeploymentOutput");
  const std::string id = text_at(rows.at(0), "id");
  EXPECT_EQ(dump(world.get(id)), dump(rows.at(0)));
  EXPECT_EQ(code_of(world.call("GET", id + "0")), "DeploymentOperationNotFound");
}

TEST(Operations, DebugSettingKeepsContentWithoutSecrets) {
  World world;
  world.make_group();
  const Json doc = document(R"("parameters":{"secret":{"type":"securestring"}},"resources":[
    {"type":"Microsoft.Compute/disks","apiVersion":"2021-04-01","name":"d","location":"westeurope",
     "properties":{"note":"[concat('x-', parameters('secret'))]","password":"[parameters('secret')]","size":4}}])");
  const auto started = world.call(
      "PUT", world.deployment("d"),
      dump(JsonObject{
          {"properties",
           JsonObject{{"mode", "Incremental"},
                      {"template", doc},
                      {"parameters", JsonObject{{"secret", JsonObject{{"value", "planted-4711"}}}}},
                      {"debugSetting",
                       JsonObject{{"detailLevel", "requestContent, responseContent"}}}}}
  }));
  ASSERT_EQ(started.status, 201) << started.body;
  EXPECT_EQ(text_at(world.ended("d"), "properties.debugSetting.detailLevel"),
            "requestContent, responseContent");
  const auto listed = world.call("GET", world.deployment("d") + "/operations");
  const Json row = must(parse_json(listed.body)).at("value").at(0);
  EXPECT_EQ(int_at(row, "properties.request.content.properties.size"), 4);
  EXPECT_EQ(text_at(row, "properties.response.content.properties.provisioningState"), "Succeeded");
  EXPECT_EQ(listed.body.find("planted"), std::string::npos) << listed.body;
}

TEST(Operations, ACanceledNestedDeploymentCancelsNothingElse) {
  World world;
  world.provisioning_time = std::chrono::minutes(1);
  world.restart();
  world.make_group();
  const Json slow = document(
      R"("resources":[{"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"inner",
     "properties":{"mode":"Incremental","template":)" +
      std::string(kHead) +
      R"("resources":[{"type":"Microsoft.Compute/virtualMachines","apiVersion":"2021-03-01","name":"vm","location":"westeurope","properties":{}}]}}}])");
  ASSERT_EQ(world.deploy("outer", slow).status, 201);
  EXPECT_EQ(world.call("DELETE", world.deployment("outer")).status, 409) << "it runs";
  EXPECT_EQ(world.call("POST", world.deployment("outer") + "/cancel").status, 204);
  EXPECT_EQ(text_at(world.get(world.deployment("outer")), "properties.provisioningState"),
            "Canceled");
  EXPECT_EQ(world.call("POST", world.deployment("outer") + "/cancel").status, 409);
  EXPECT_EQ(code_of(world.call("POST", world.deployment("none") + "/cancel")),
            "DeploymentNotFound");
}

TEST(Operations, CompleteModeSparesWhatNestedDeploymentsPut) {
  World world;
  world.make_group();
  const std::string accounts = world.group() + "/providers/Microsoft.Storage/storageAccounts/";
  world.call("PUT", accounts + "other", R"({"location":"westeurope"})");
  const Json doc = document(
      R"("resources":[{"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"inner",
     "properties":{"mode":"Incremental","template":)" +
      std::string(kHead) +
      R"("resources":[{"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"inside","location":"westeurope","properties":{}}]}}}])");
  world.deploy("c", doc, JsonObject{}, "Complete");
  ASSERT_EQ(text_at(world.ended("c"), "properties.provisioningState"), "Succeeded");
  EXPECT_EQ(world.call("GET", accounts + "other").status, 404);
  EXPECT_EQ(world.call("GET", accounts + "inside").status, 200);
}

TEST(Operations, AFailureGoesBackToAnEarlierDeployment) {
  World world;
  world.make_group();
  const std::string accounts = world.group() + "/providers/Microsoft.Storage/storageAccounts/";
  const auto account = [](const std::string& name) {
    return R"({"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":")" +
           name + R"(","location":"westeurope","properties":{}})";
  };
  world.deploy("good", document(R"("resources":[)" + account("kept") + "]"));
  world.ended("good");
  const Json bad = document(
      R"("resources":[)" + account("new") +
      R"(,{"type":"Microsoft.Network/virtualNetworks/subnets","apiVersion":"2021-02-01","name":"none/a","dependsOn":["new"],"properties":{}}])");
  const auto put = [&](const Json& on_error) {
    return world.call("PUT", world.deployment("bad"),
                      dump(JsonObject{
                          {"properties", JsonObject{{"mode", "Incremental"},
                                                    {"template", bad},
                                                    {"onErrorDeployment", on_error}}}
    }));
  };
  EXPECT_EQ(code_of(put(JsonObject{
                {"type",           "SpecificDeployment"},
                {"deploymentName", "none"              }
  })),
            "DeploymentNotFound");
  ASSERT_EQ(put(JsonObject{
                    {"type", "LastSuccessful"}
  })
                .status,
            201);
  Json ended = world.ended("bad");
  while (text_at(ended, "properties.onErrorDeployment.provisioningState") != "Succeeded") {
    std::this_thread::yield();
    ended = world.get(world.deployment("bad"));
  }
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Failed");
  EXPECT_EQ(text_at(ended, "properties.onErrorDeployment.deploymentName"), "good");
  EXPECT_EQ(world.call("GET", accounts + "kept").status, 200);
  EXPECT_EQ(world.call("GET", accounts + "new").status, 404);
}

}  // namespace
}  // namespace armature::sandbox
