#include "sandbox/deployments/inputs.h"

#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::must;
using testing::World;

constexpr const char* kInner = R"({"languageVersion": "2.1-experimental",
  "extensions": {"k8s": {"name": "Kubernetes", "version": "1.0.0"}},
  "resources": {"pod": {"extension": "k8s", "type": "core/Pod@v1",
    "properties": {"in": "[extensions('k8s').config.namespace.value]",
                   "with": "[extensions('k8s').config.kubeConfig.value]"}}},
  "outputs": {"in": {"type": "string", "value": "[reference('pod').in]"}}})";

Json outer() {
  Json document = must(parse_json(R"({"languageVersion": "2.1-experimental",
    "extensions": {"k8s": {"name": "Kubernetes", "version": "1.0.0", "config": {
      "namespace": {"type": "string", "defaultValue": "[concat('of-', resourceGroup().name)]"},
      "kubeConfig": {"type": "secureString"}}}},
    "resources": {"inner": {"type": "Microsoft.Resources/deployments", "apiVersion": "2025-04-01",
      "name": "inner", "properties": {"mode": "Incremental",
        "expressionEvaluationOptions": {"scope": "inner"},
        "extensionConfigs": {"k8s": "[extensions('k8s').config]"}}}},
    "outputs": {"in": {"type": "string", "value": "[reference('inner').outputs.in.value]"},
                "version": {"type": "string", "value": "[extensions('k8s').version]"}}})"));
  document.at("resources").at("inner").at("properties").get_object()["template"] =
      must(parse_json(kInner));
  return document;
}

http::Response put(World& world, const std::string& name, JsonObject properties) {
  properties["mode"] = "Incremental";
  return world.call("PUT", world.deployment(name),
                    dump(JsonObject{
                        {"properties", std::move(properties)}
  }));
}

JsonObject with_configs(const char* configs) {
  return JsonObject{
      {"template",         outer()                  },
      {"extensionConfigs", must(parse_json(configs))}
  };
}

TEST(ExtensionConfigs, AreGivenDefaultedPassedOnAndNeverShown) {
  World world;
  world.make_group();
  constexpr const char* kConfigs = R"({"k8s": {"kubeConfig": {"value": "planted-kube-0815"}}})";
  ASSERT_EQ(put(world, "d", with_configs(kConfigs)).status, 201);
  const Json ended = world.ended("d");
  ASSERT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << dump(ended);
  EXPECT_EQ(text_at(ended, "properties.outputs.in.value"), "of-rg");
  EXPECT_EQ(text_at(ended, "properties.outputs.version.value"), "1.0.0");
  EXPECT_EQ(dump(*at(ended, "properties.extensions")),
            R"([{"alias":"k8s","name":"Kubernetes","version":"1.0.0"}])");
  const std::string kept = world.cloud->store().read([](const State& state) {
    std::string all;
    for (const auto& [key, one] : state.table<Deployment>()) all += dump(to_item(one));
    for (const auto& [key, one] : state.table<ExtensionResource>()) all += dump(to_item(one));
    for (const auto& [key, one] : state.table<DeploymentStep>()) all += dump(to_item(one));
    for (const auto& [key, one] : state.table<Event>()) all += dump(to_item(one));
    return all;
  });
  EXPECT_EQ(kept.find("planted-kube-0815"), std::string::npos);
}

TEST(ExtensionConfigs, AreRefusedWhenWrong) {
  World world;
  world.make_group();
  const struct {
    const char* configs;
    const char* code;
    const char* part;
  } kTable[] = {
      {R"([])",                                                                                "InvalidRequestContent", "extensionConfigs must be an object"    },
      {R"({"k8s": 1})",                                                                        "InvalidRequestContent", "extensionConfigs.k8s must be an object"},
      {R"({"helm": {}})",                                                                      "InvalidTemplate",       "'helm'"                                },
      {R"({})",                                                                                "InvalidTemplate",       "'kubeConfig'"                          },
      {R"({"k8s": {"kubeConfig": {"value": 1}}})",                                             "InvalidTemplate",       "Expected 'String, Uri'"                },
      {R"({"k8s": {"kubeConfig": {"keyVaultReference": {"secretName": "s"}}}})",               "InvalidTemplate",
       "KeyVault reference"                                                                                                                                     },
      {R"({"k8s": {"kubeConfig": {"keyVaultReference": {"secretName": "s", "keyVault": {"id":
          "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/none"}}}}})",
       "KeyVaultParameterReferenceNotFound",                                                                            "vaults/none"                           },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.configs);
    const auto response = put(world, "d", with_configs(row.configs));
    EXPECT_GE(response.status, 400);
    EXPECT_EQ(testing::code_of(response), row.code);
    EXPECT_NE(response.body.find(row.part), std::string::npos) << response.body;
  }
}

TEST(ExternalInputs, MakeParameters) {
  World world;
  world.make_group();
  const auto deploy = [&](const char* parameters, const char* inputs) {
    return put(world, "d",
               JsonObject{
                   {"template",                 must(parse_json(R"({"resources": [],
                      "parameters": {"o": {"type": "object"}, "n": {"type": "int"}},
                      "outputs": {"o": {"type": "object", "value": "[parameters('o')]"},
                                  "n": {"type": "int", "value": "[parameters('n')]"}}})"))     },
                   {"parameters",               must(parse_json(parameters))               },
                   {"externalInputs",           must(parse_json(inputs))                   },
                   {"externalInputDefinitions",
                    must(parse_json(R"({"foo": {"kind": "sys.envVar", "config": "FOO"}})"))}
    });
  };
  constexpr const char* kGood = R"({
    "o": {"expression": "[createObject('foo', externalInputs('foo'))]"},
    "n": {"expression": "[int(externalInput('sys.envVar', 'FOO'))]"}})";
  ASSERT_LT(deploy(kGood, R"({"foo": {"value": "7"}})").status, 300);
  const Json ended = world.ended("d");
  EXPECT_EQ(dump(*at(ended, "properties.outputs.o.value")), R"({"foo":"7"})") << dump(ended);
  EXPECT_EQ(int_at(ended, "properties.outputs.n.value"), 7);

  const auto missing = deploy(kGood, "{}");
  EXPECT_EQ(missing.status, 400);
  EXPECT_NE(missing.body.find("The external input 'foo' is not found"), std::string::npos)
      << missing.body;
  const auto surroundings =
      deploy(R"({"o": {"expression": "[resourceGroup()]"}, "n": {"value": 1}})",
             R"({"foo": {"value": 1}})");
  EXPECT_EQ(surroundings.status, 400) << surroundings.body;
  EXPECT_EQ(deploy(R"({"o": {"expression": 1}, "n": {"value": 1}})", "{}").status, 400);
  EXPECT_EQ(deploy(kGood, "[]").status, 400);
  EXPECT_EQ(deploy(R"({"o": {"value": {}}, "n": {"expression": "[int(externalInput('x'))]"}})",
                   R"({"foo": {"value": "7"}})")
                .status,
            400);
}

}  // namespace
}  // namespace armature::sandbox
