#include "sandbox/template/template.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "sandbox/template/testing.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

using testing::FakeLookup;
using testing::group_surroundings;
using testing::parsed;

constexpr std::string_view kGroup =
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg1";

Outcome<Plan> plan_of(std::string_view document, std::string_view parameters = "{}") {
  return expand(parsed(document), parsed(parameters), group_surroundings());
}

std::string resources(std::string_view list) {
  return R"({"contentVersion":"1.0.0.0","resources":)" + std::string(list) + "}";
}

// "name<-a,b" for every resource, in order.
std::string edges(const Plan& plan) {
  std::string out;
  for (const Resource& resource : plan.resources()) {
    out += (out.empty() ? "" : " ") + resource.name;
    std::string before;
    for (const std::size_t index : resource.depends_on) {
      before += (before.empty() ? "" : ",") + plan.resources()[index].name;
    }
    if (!before.empty()) out += "<-" + before;
  }
  return out;
}

TEST(Expand, OneResourceWithParametersAndVariables) {
  auto plan = plan_of(R"({
    "parameters":{"prefix":{"type":"string","defaultValue":"st"},
                  "secret":{"type":"secureString"}, "count":{"type":"int","defaultValue":2}},
    "variables":{"name":"[concat(parameters('prefix'), uniqueString(resourceGroup().id))]"},
    "resources":[{"type":"Microsoft.Storage/storageAccounts","apiVersion":"2023-01-01",
      "name":"[variables('name')]","location":"[resourceGroup().location]",
      "sku":{"name":"Standard_LRS"},"kind":"StorageV2",
      "properties":{"[parameters('prefix')]":"[parameters('count')]","literal":"[[x]"}}]})",
                      R"({"secret":{"value":"hush-hush"}})");
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->resources().size(), 1u);
  const Resource& account = plan->resources()[0];
  EXPECT_EQ(account.name, "st" + unique_string({std::string(kGroup)}));
  EXPECT_EQ(account.id,
            std::string(kGroup) + "/providers/Microsoft.Storage/storageAccounts/" + account.name);
  FakeLookup lookup;
  const auto body = plan->body_of(0, lookup);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(dump(*body),
            R"({"location":"westeurope","sku":{"name":"Standard_LRS"},"kind":"StorageV2",)"
            R"("properties":{"st":2,"literal":"[x]"}})");
  EXPECT_EQ(dump(plan->parameters()),
            R"({"prefix":{"type":"String","value":"st"},"secret":{"type":"SecureString"},)"
            R"("count":{"type":"Int","value":2}})");
  EXPECT_EQ(dump(plan->providers()),
            R"([{"namespace":"Microsoft.Storage","resourceTypes":[{"resourceType":)"
            R"("storageAccounts","locations":["westeurope"]}]}])");
  EXPECT_EQ(dump(plan->dependencies()), "[]");
}

TEST(Expand, EveryWayToNameADependency) {
  const std::string network = R"({"type":"Microsoft.Network/virtualNetworks","apiVersion":"1",
    "name":"net","resources":[{"type":"subnets","apiVersion":"1","name":"sub",
    "dependsOn":["net"]}]})";
  for (const std::string entry : {"net", "Microsoft.Network/virtualNetworks/net",
                                  "[resourceId('Microsoft.Network/virtualNetworks', 'net')]",
                                  "[concat('microsoft.network/VIRTUALNETWORKS/', 'NET')]",
                                  "[resourceId('Microsoft.Network/virtualNetworks/', 'net')]"}) {
    auto plan = plan_of(resources("[" + network + R"(,{"type":"A.B/c","apiVersion":"1","name":"x",
      "dependsOn":[")" + entry + R"("]}])"));
    ASSERT_TRUE(plan) << entry << ": " << plan.error().message;
    EXPECT_EQ(edges(*plan), "net net/sub<-net x<-net") << entry;
  }
  for (const std::string entry : {"net/sub", "Microsoft.Network/virtualNetworks/net/subnets/sub",
                                  "Microsoft.Network/virtualNetworks/subnets/net/sub",
                                  "[resourceId('Microsoft.Network/virtualNetworks/subnets', "
                                  "'net', 'sub')]"}) {
    auto plan = plan_of(resources("[" + network + R"(,{"type":"A.B/c","apiVersion":"1","name":"x",
      "dependsOn":[")" + entry + R"("]}])"));
    ASSERT_TRUE(plan) << entry << ": " << plan.error().message;
    EXPECT_EQ(edges(*plan), "net net/sub<-net x<-net/sub") << entry;
  }
}

TEST(Expand, ReferenceByNameMakesAnEdgeAndByIdDoesNot) {
  auto plan = plan_of(resources(R"([
    {"type":"A.B/c","apiVersion":"1","name":"x","properties":{
       "v":"[if(true(), reference('y').p, listKeys('z', '1').k)]"}},
    {"type":"A.B/c","apiVersion":"1","name":"y"},
    {"type":"A.B/c","apiVersion":"1","name":"z","properties":{
       "v":"[reference(resourceId('A.B/c', 'y'), '1').p]"}}])"));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(edges(*plan), "x<-y,z y z");
  FakeLookup lookup;
  lookup.resources[std::string(kGroup) + "/providers/A.B/c/y"] = parsed(R"({"p":7})");
  const auto body = plan->body_of(0, lookup);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(dump(*body), R"({"properties":{"v":7}})");
  ASSERT_EQ(lookup.asked.size(), 1u);  // the other branch asks nothing
}

TEST(Expand, LoopsInParallelSerialAndOnProperties) {
  auto plan = plan_of(resources(R"([
    {"type":"A.B/c","apiVersion":"1","name":"[format('s{0}', copyIndex())]",
     "copy":{"name":"ser","count":5,"mode":"serial","batchSize":2}},
    {"type":"A.B/d","apiVersion":"1","name":"[concat('p', copyIndex('par', 1))]",
     "copy":{"name":"par","count":2},
     "properties":{"copy":[{"name":"disks","count":2,"input":
        {"lun":"[copyIndex('disks')]","of":"[copyIndex()]"}}]}},
    {"type":"A.B/e","apiVersion":"1","name":"after","dependsOn":["par"]},
    {"type":"A.B/e","apiVersion":"1","name":"none","dependsOn":["zero"]},
    {"type":"A.B/f","apiVersion":"1","name":"[concat('z', copyIndex())]",
     "copy":{"name":"zero","count":0}}])"));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(edges(*plan), "s0 s1 s2<-s0,s1 s3<-s0,s1 s4<-s2,s3 p1 p2 after<-p1,p2 none");
  FakeLookup lookup;
  const auto body = plan->body_of(6, lookup);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(dump(*body), R"({"properties":{"disks":[{"lun":0,"of":1},{"lun":1,"of":1}]}})");
}

TEST(Expand, ConditionsDropResourcesAndTheirEdges) {
  auto plan = plan_of(resources(R"([
    {"type":"A.B/c","apiVersion":"1","name":"off","condition":"[equals(1, 2)]"},
    {"type":"A.B/c","apiVersion":"1","name":"on","dependsOn":["off"]}])"));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(edges(*plan), "on");
}

TEST(Expand, SymbolicNamesAndExisting) {
  auto plan = plan_of(R"({"languageVersion":"2.0","resources":{
    "vault":{"existing":true,"type":"Microsoft.KeyVault/vaults","apiVersion":"1","name":"kv",
             "resourceGroup":"other"},
    "apps":{"type":"A.B/c","apiVersion":"2","name":"[format('a{0}', copyIndex())]",
            "copy":{"name":"apps","count":2},"properties":{"u":"[reference('vault').uri]"}},
    "last":{"type":"A.B/c","apiVersion":"1","name":"last","dependsOn":["apps"],
            "properties":{"all":"[map(references('apps', 'full'), lambda('r', lambdaVariables('r').resourceId))]","one":"[reference('apps[1]').n]"}}}})");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(edges(*plan), "kv a0<-kv a1<-kv last<-a0,a1");
  EXPECT_TRUE(plan->resources()[0].existing);
  EXPECT_TRUE(plan->resources()[0].id.find("/resourceGroups/other/") != std::string::npos);
  FakeLookup lookup;
  lookup.otherwise = parsed(R"({"id":"i","n":3})");
  const auto body = plan->body_of(3, lookup);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(dump(*body), R"({"properties":{"all":["A.B/c/a0","A.B/c/a1"],"one":3}})");
}

TEST(Expand, ScopesOfExtensionsLocksAndNestedDeployments) {
  auto plan = plan_of(resources(R"([
    {"type":"Microsoft.Storage/storageAccounts","apiVersion":"1","name":"sa"},
    {"type":"Microsoft.Authorization/locks","apiVersion":"1","name":"l1",
     "scope":"[format('Microsoft.Storage/storageAccounts/{0}', 'sa')]",
     "dependsOn":["[resourceId('Microsoft.Storage/storageAccounts','sa')]"]},
    {"type":"Microsoft.Storage/storageAccounts/providers/locks","apiVersion":"1",
     "name":"sa/Microsoft.Authorization/l2","dependsOn":["sa"]},
    {"type":"Microsoft.Resources/deployments","apiVersion":"1","name":"d","resourceGroup":"rg2",
     "properties":{}},
    {"type":"Microsoft.Authorization/roleDefinitions","apiVersion":"1","name":"r","scope":"/"},
    {"type":"Microsoft.Resources/deployments","apiVersion":"1","name":"s","location":"x",
     "subscriptionId":"22222222-2222-3333-4444-555555555555","properties":{}}])"));
  ASSERT_TRUE(plan) << plan.error().message;
  const std::string account =
      std::string(kGroup) + "/providers/Microsoft.Storage/storageAccounts/sa";
  const auto& all = plan->resources();
  EXPECT_EQ(all[1].id, account + "/providers/Microsoft.Authorization/locks/l1");
  EXPECT_EQ(all[2].id, account + "/providers/Microsoft.Authorization/locks/l2");
  EXPECT_EQ(all[2].type, "Microsoft.Authorization/locks");
  EXPECT_EQ(all[2].name, "l2");
  EXPECT_EQ(all[3].id,
            "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg2/providers/"
            "Microsoft.Resources/deployments/d");
  EXPECT_TRUE(all[3].is_deployment);
  EXPECT_EQ(all[4].id, "/providers/Microsoft.Authorization/roleDefinitions/r");
  EXPECT_EQ(all[5].id,
            "/subscriptions/22222222-2222-3333-4444-555555555555/providers/"
            "Microsoft.Resources/deployments/s");
}

TEST(Expand, ErrorsHaveArmsTextsAndPaths) {
  struct Row {
    std::string document;
    std::string parameters;
    std::string path;
    std::string part;
  };
  const std::string one = R"("resources":[{"type":"A.B/c","apiVersion":"1","name":"x")";
  const Row rows[] = {
      {R"({"parameters":{"p":{"type":"string"}},"resources":[]})",                           "{}",                   "parameters.p",
       "The value for the template parameter 'p' at line '0' and column '0' is not provided."                                                                                                                           },
      {R"({"parameters":{"p":{"type":"string"}},"resources":[]})",                           R"({"q":{"value":1}})",
       "parameters",                                                                                                                                 "The template parameters 'q' in the parameters file are not valid;"},
      {R"({"parameters":{"p":{"type":"string"}},"resources":[]})",                           R"({"p":{"value":1}})",
       "parameters.p",                                                                                                                               "Expected 'String, Uri'. Actual 'Integer'."                        },
      {R"({"parameters":{"p":{"type":"string","allowedValues":["a","b"]}},"resources":[]})",
       R"({"p":{"value":"c"}})",                                                                                     "parameters.p",
       "The provided value 'c' for the template parameter 'p' at line '0' and column '0' is not "
       "valid. The parameter value is "
       "not part of the allowed value(s): 'a,b'."                                                                                                                                                                       },
      {R"({"parameters":{"p":{"type":"securestring","minLength":9}},"resources":[]})",
       R"({"p":{"value":"topsecr"}})",                                                                               "parameters.p",
       "Length of the value should be greater than or equal to '9'."                                                                                                                                                    },
      {"{" + one + R"(,"dependsOn":["y"]}]})",                                               "{}",                   "resources[0].dependsOn",
       "The resource 'y' is not defined in the template."                                                                                                                                                               },
      {"{" + one + R"(,"properties":{"a":["[nope()]"]}}]})",                                 "{}",                   "resources[0].properties.a[0]",
       "The template function 'nope' is not valid."                                                                                                                                                                     },
      {"{" + one + R"(,"condition":"[reference('x').y]"}]})",                                "{}",                   "resources[0].condition",
       "The template function 'reference' is not expected at this location."                                                                                                                                            },
      {"{" + one + R"(,"dependsOn":["y"]},{"type":"A.B/c","apiVersion":"1","name":"y",
          "dependsOn":["x"]}]})",
       "{}",                                                                                                         "",                             "Circular dependency detected on resource: '"                      },
      {R"({"resources":[{"type":"A.B/c/d","apiVersion":"1","name":"x"}]})",                  "{}",                   "resources[0]",
       "has incorrect segment lengths."                                                                                                                                                                                 },
      {"{" + one + R"(},{"type":"A.B/c","apiVersion":"1","name":"X"}]})",                    "{}",                   "resources[1]",
       "is defined multiple times in a template."                                                                                                                                                                       },
      {R"({"variables":{"a":"[variables('b')]","b":"[variables('a')]"},"resources":[
          {"type":"A.B/c","apiVersion":"1","name":"[variables('a')]"}]})",
       "{}",                                                                                                         "",                             "refers to itself"                                                 },
      {"{" + one + R"(,"copy":{"name":"l","count":801}}]})",                                 "{}",                   "resources[0].copy",
       "The template copy count '801' is not valid"                                                                                                                                                                     },
  };
  for (const Row& row : rows) {
    const auto plan = plan_of(row.document, row.parameters);
    ASSERT_FALSE(plan) << row.part;
    EXPECT_NE(plan.error().message.find(row.part), std::string::npos) << plan.error().message;
    EXPECT_EQ(plan.error().message.find("topsecr"), std::string::npos);
    EXPECT_TRUE(plan.error().message.starts_with("Deployment template validation failed: '"));
    if (!row.path.empty()) {
      EXPECT_EQ(plan.error().path, row.path) << row.part;
    }
  }
}

TEST(Expand, RunawayTemplatesEnd) {
  std::string variables = R"("v0":"xxxxxxxxxxxxxxxx")";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "variables('v" + std::to_string(i - 1) + "')";
    variables +=
        R"(,"v)" + std::to_string(i) + R"(":"[createArray()" + before + "," + before + R"()]")";
  }
  const auto plan = plan_of("{\"variables\":{" + variables +
                            R"(},"resources":[{"type":"A.B/c","apiVersion":"1",
      "name":"[string(length(variables('v59')))]"}]})");
  ASSERT_FALSE(plan);
  EXPECT_NE(plan.error().message.find("too many steps"), std::string::npos) << plan.error().message;
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "not(";
  EXPECT_FALSE(plan_of(resources(R"([{"type":"A.B/c","apiVersion":"1","name":"[)" + deep +
                                 "true()" + std::string(200, ')') + "]\"}]")));
  const std::string nested =
      "reduce(range(0, 9000), createArray(), lambda('a', 'b', "
      "createArray(lambdaVariables('a'))))";
  const auto value = plan_of(
      resources(R"([{"type":"A.B/c","apiVersion":"1","name":"[string()" + nested + ")]\"}]"));
  ASSERT_FALSE(value);
  EXPECT_NE(value.error().message.find("nested too deeply"), std::string::npos)
      << value.error().message;
}

TEST(Outputs, TypesNamesConditionsAndSecrets) {
  auto plan = plan_of(R"({"resources":[{"type":"A.B/c","apiVersion":"1","name":"x"}],"outputs":{
    "WEBSITE_URL":{"type":"string","value":"[reference('x').url]"},
    "Plain":{"type":"int","value":"[add(1, 2)]"},
    "off":{"type":"string","condition":false,"value":"v"},
    "key":{"type":"securestring","value":"[listKeys('x', '1').k]"},
    "loop":{"type":"array","copy":{"count":2,"input":"[copyIndex(5)]"}}}})");
  ASSERT_TRUE(plan) << plan.error().message;
  FakeLookup lookup;
  lookup.otherwise = parsed(R"({"url":"https://u","k":"hush-hush"})");
  const auto outputs = plan->outputs(lookup);
  ASSERT_TRUE(outputs) << outputs.error().message;
  EXPECT_EQ(dump(*outputs), R"({"websitE_URL":{"type":"String","value":"https://u"},)"
                            R"("plain":{"type":"Int","value":3},"key":{"type":"SecureString"},)"
                            R"("loop":{"type":"Array","value":[5,6]}})");
  FakeLookup nothing;
  const auto failed = plan->outputs(nothing);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, "ResourceNotFound");
  EXPECT_EQ(failed.error().path, "outputs.WEBSITE_URL");
}

TEST(Functions, UserFunctionsSeeTheirOwnParametersOnly) {
  auto plan = plan_of(R"({"functions":[{"namespace":"my","members":{"name":{
      "parameters":[{"name":"p","type":"string"}],
      "output":{"type":"string","value":"[concat(parameters('p'), '-x')]"}}}}],
    "resources":[{"type":"A.B/c","apiVersion":"1","name":"[my.name('n')]"}]})");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->resources()[0].name, "n-x");
}

TEST(Functions, DefaultsMayUseTheClockAndNewGuids) {
  auto plan = plan_of(R"({"parameters":{
    "a":{"type":"string","defaultValue":"[utcNow('u')]"},
    "b":{"type":"string","defaultValue":"[utcNow()]"},
    "c":{"type":"string","defaultValue":"[newGuid()]"},
    "d":{"type":"string","defaultValue":"[dateTimeAdd(utcNow('o'), '-P1DT1H30M')]"}},
    "resources":[]})");
  ASSERT_TRUE(plan) << plan.error().message;
  const Json shown = plan->parameters();
  EXPECT_EQ(text_at(shown, "a.value"), "2020-04-07 14:53:14Z");
  EXPECT_EQ(text_at(shown, "b.value"), "20200407T145314Z");
  EXPECT_EQ(text_at(shown, "c.value"), "0f0f0f0f-1111-4222-8333-444444444444");
  EXPECT_EQ(text_at(shown, "d.value"), "2020-04-06T13:23:14Z");
}

}  // namespace
}  // namespace armature::sandbox::tmpl
