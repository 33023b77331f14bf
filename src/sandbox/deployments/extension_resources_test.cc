#include "sandbox/deployments/extension_resources.h"

#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::World;

constexpr const char* kDocument = R"({"languageVersion": "2.0",
  "imports": {"k8s": {"provider": "Kubernetes", "version": "1.0"},
              "graph": {"provider": "MicrosoftGraph", "version": "1.0"},
              "az": {"provider": "AzureResourceManager", "version": "1.0"}},
  "parameters": {"token": {"type": "securestring"}},
  "resources": {
    "app": {"import": "graph", "type": "Microsoft.Graph/applications@v1.0",
            "properties": {"uniqueName": "app1"}},
    "pods": {"import": "k8s", "type": "apps/Deployment@v1", "copy": {"name": "pods", "count": 2},
             "properties": {"app": "[reference('app').appId]", "token": "[parameters('token')]"},
             "dependsOn": ["app"]},
    "store": {"import": "az", "type": "Microsoft.Storage/storageAccounts",
              "apiVersion": "2022-09-01", "name": "ext1", "location": "westeurope"}},
  "outputs": {"name": {"type": "string", "value": "[reference('app').uniqueName]"},
              "id": {"type": "string", "value": "[reference('app').appId]"},
              "pod": {"type": "string", "value": "[reference('pods[1]').app]"},
              "token": {"type": "string", "value": "[reference('pods[1]').token]"}}})";

TEST(ExtensionResources, AreKeptWithTheirDeployment) {
  World world;
  world.make_group();
  world.deploy("d", testing::must(parse_json(kDocument)),
               testing::must(parse_json(R"({"token": {"value": "planted-token-0815"}})")));
  const Json ended = world.ended("d");
  ASSERT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << dump(ended);
  EXPECT_EQ(text_at(ended, "properties.outputs.name.value"), "app1");
  const std::string id = text_at(ended, "properties.outputs.id.value");
  EXPECT_EQ(id.size(), 36U);
  EXPECT_EQ(text_at(ended, "properties.outputs.pod.value"), id);
  EXPECT_NE(text_at(ended, "properties.outputs.token.value"), "planted-token-0815");
  // Only what ARM knows is a resource.
  EXPECT_EQ(at(ended, "properties.outputResources")->as_array().size(), 1U);
  const auto kept = [&] {
    return world.cloud->store().read(
        [](const State& state) { return state.table<ExtensionResource>().size(); });
  };
  EXPECT_EQ(kept(), 3U);
  world.restart();
  EXPECT_EQ(kept(), 3U);
  world.call("DELETE", world.deployment("d"));
  EXPECT_EQ(kept(), 0U);
}

}  // namespace
}  // namespace armature::sandbox
