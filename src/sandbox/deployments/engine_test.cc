#include "sandbox/deployments/engine.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/seal.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

constexpr const char* kHead =
    R"("$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",)";

Json document(const std::string& rest) {
  return must(parse_json("{" + std::string(kHead) + rest + "}"));
}

Json accounts() {
  return document(
      R"("parameters":{"count":{"type":"int","defaultValue":2},"extra":{"type":"bool","defaultValue":false}},
    "resources":[
     {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"[concat('acc', copyIndex())]",
      "location":"[resourceGroup().location]","copy":{"name":"loop","count":"[parameters('count')]"},"properties":{}},
     {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"extra",
      "condition":"[parameters('extra')]","location":"westeurope","properties":{}},
     {"type":"Microsoft.Web/sites","apiVersion":"2021-02-01","name":"site","location":"westeurope","dependsOn":["loop"],
      "properties":{"blob":"[reference('acc0').primaryEndpoints.blob]"}}],
    "outputs":{"host":{"type":"string","value":"[reference('site').defaultHostName]"},
               "key":{"type":"int","value":"[length(listKeys('acc1','2021-04-01').keys)]"}})");
}

Json machine() {
  return document(R"("resources":[
     {"type":"Microsoft.Compute/virtualMachines","apiVersion":"2021-03-01","name":"vm","location":"westeurope","properties":{}},
     {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"first","location":"westeurope","properties":{}},
     {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"last","location":"westeurope",
      "dependsOn":["vm"],"properties":{}}])");
}

TEST(Engine, RunsLoopsConditionsDependenciesAndOutputs) {
  World world;
  world.make_group();
  const auto started = world.deploy("one", accounts());
  ASSERT_EQ(started.status, 201) << started.body;
  const std::string url = started.headers.get("Azure-AsyncOperation").value_or("");
  const Json ended = world.ended("one");
  ASSERT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << pretty(ended);
  EXPECT_EQ(text_at(ended, "properties.outputs.host.value"), "site.azurewebsites.net");
  EXPECT_EQ(int_at(ended, "properties.outputs.key.value"), 2);
  EXPECT_EQ(ended.at("properties").at("outputResources").as_array().size(), 3U);
  const std::string storage = world.group() + "/providers/Microsoft.Storage/storageAccounts/";
  EXPECT_EQ(world.effect(storage + "acc1").created, 1);
  EXPECT_EQ(world.effect(storage + "extra").created, 0);
  EXPECT_EQ(
      text_at(world.get(world.group() + "/providers/Microsoft.Web/sites/site"), "properties.blob"),
      "https://acc0.blob.core.windows.net/");
  const std::string path = url.substr(world.cloud->url().size());
  EXPECT_EQ(text_at(world.get(path.substr(0, path.find('?'))), "status"), "Succeeded");
  EXPECT_EQ(world.get(world.deployment("one") + "/operations").at("value").as_array().size(), 4U);
  const auto exported = world.call("POST", world.deployment("one") + "/exportTemplate");
  EXPECT_EQ(must(parse_json(exported.body)).at("template"), accounts());
  EXPECT_EQ(world.deploy("one", accounts()).status, 200);
  world.ended("one");
  EXPECT_EQ(world.effect(storage + "acc1").updated, 0) << "put again with the same body";
  EXPECT_EQ(world.effect(world.deployment("one")).created, 2);
}

TEST(Engine, SaysWhatFailed) {
  World world;
  world.make_group();
  const Json bad = document(
      R"("resources":[{"type":"Microsoft.Network/virtualNetworks/subnets","apiVersion":"2021-02-01","name":"none/a","properties":{}}])");
  world.deploy("bad", bad);
  const Json ended = world.ended("bad");
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Failed");
  EXPECT_EQ(text_at(ended, "properties.error.code"), "DeploymentFailed");
  EXPECT_EQ(text_at(ended.at("properties").at("error").at("details").at(0), "code"),
            "ParentResourceNotFound");
  const auto invalid = world.deploy(
      "no",
      document(R"("resources":[{"type":"A.B/c","apiVersion":"2021-01-01","name":"[nope()]"}])"));
  EXPECT_EQ(invalid.status, 400);
  EXPECT_EQ(code_of(invalid), "InvalidTemplate");
  const auto linked =
      world.call("PUT", world.deployment("l"),
                 R"({"properties":{"mode":"Incremental","templateLink":{"uri":"https://a.b/c"}}})");
  EXPECT_EQ(code_of(linked), "InvalidContentLink");
}

TEST(Engine, AsksForTheCallersRights) {
  World world;
  world.make_group();
  const Application app = world.add_app("deployer", {
                                                        {"Storage Account Contributor", ""}
  });
  const auto denied =
      world.deploy("one", accounts(), JsonObject{}, "Incremental", world.token_of(app));
  EXPECT_EQ(denied.status, 403);
  EXPECT_EQ(code_of(denied), "InvalidTemplateDeployment") << denied.body;
  EXPECT_NE(denied.body.find("Microsoft.Web/sites/write"), std::string::npos);
  const Application reader = world.add_app("reader", {
                                                         {"Reader", ""}
  });
  EXPECT_EQ(
      code_of(world.deploy("one", accounts(), JsonObject{}, "Incremental", world.token_of(reader))),
      "AuthorizationFailed");
}

TEST(Engine, CompleteModeDeletesTheOthers) {
  World world;
  world.make_group();
  const std::string other = world.group() + "/providers/Microsoft.Storage/storageAccounts/other";
  world.call("PUT", other, R"({"location":"westeurope"})");
  world.deploy("one", accounts(), JsonObject{}, "Complete");
  EXPECT_EQ(text_at(world.ended("one"), "properties.provisioningState"), "Succeeded");
  EXPECT_EQ(world.call("GET", other).status, 404);
  EXPECT_EQ(world.call("GET", world.group() + "/providers/Microsoft.Web/sites/site").status, 200);
}

TEST(Engine, NestedDeploymentsGiveTheirOutputs) {
  World world;
  world.make_group();
  world.make_group("second");
  const Json nested = document(
      R"("resources":[{"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"inner",
    "resourceGroup":"second","properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},
    "parameters":{"n":{"value":"kid"}},
    "template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",
     "parameters":{"n":{"type":"string"}},
     "resources":[{"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"[parameters('n')]","location":"[resourceGroup().location]","properties":{}}],
     "outputs":{"id":{"type":"string","value":"[resourceId('Microsoft.Storage/storageAccounts', parameters('n'))]"}}}}}],
    "outputs":{"id":{"type":"string","value":"[reference('inner').outputs.id.value]"}})");
  const auto started = world.deploy("outer", nested);
  ASSERT_EQ(started.status, 201) << started.body;
  const Json ended = world.ended("outer");
  ASSERT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << pretty(ended);
  const std::string id = world.group("second") + "/providers/Microsoft.Storage/storageAccounts/kid";
  EXPECT_EQ(text_at(ended, "properties.outputs.id.value"), id);
  EXPECT_EQ(world.effect(id).created, 1);
  EXPECT_EQ(text_at(world.get(world.deployment("inner", "second")), "properties.correlationId"),
            text_at(ended, "properties.correlationId"));
}

TEST(Engine, ARestartGoesOnWhereItWas) {
  World world;
  world.provisioning_time = std::chrono::minutes(1);
  world.restart();
  world.make_group();
  ASSERT_EQ(world.deploy("slow", machine()).status, 201);
  const std::string last = world.group() + "/providers/Microsoft.Storage/storageAccounts/last";
  const std::string machine_id = world.group() + "/providers/Microsoft.Compute/virtualMachines/vm";
  // Whatever the workers have done by now, the machine is not ready: its time stands still.
  EXPECT_EQ(code_of(world.deploy("slow", machine())), "DeploymentActive");
  world.restart();
  EXPECT_EQ(code_of(world.deploy("slow", machine())), "DeploymentActive");
  EXPECT_EQ(world.call("GET", last).status, 404);
  const Json ended = world.finish("slow");
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << pretty(ended);
  for (const std::string& id : {machine_id, last, world.deployment("slow")}) {
    EXPECT_EQ(world.effect(id).created, 1) << id;
    EXPECT_EQ(world.effect(id).updated, 0) << id;
  }
}

Json with_password() {
  return document(R"("parameters":{"secret":{"type":"securestring"}},"resources":[
     {"type":"Microsoft.Compute/virtualMachines","apiVersion":"2021-03-01","name":"vm","location":"westeurope",
      "properties":{"osProfile":{"adminPassword":"[parameters('secret')]"},"note":"[concat('x-', parameters('secret'))]"}},
     {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"last","location":"westeurope",
      "dependsOn":["vm"],"properties":{"note":"[length(parameters('secret'))]"}}])");
}

TEST(Engine, KeepsNoSecureValueInTheFile) {
  World world;
  world.provisioning_time = std::chrono::minutes(1);
  world.restart();
  world.make_group();
  const Json given = JsonObject{
      {"secret", JsonObject{{"value", "planted-parameter-0815"}}}
  };
  ASSERT_EQ(world.deploy("s", with_password(), given).status, 201);
  world.restart();
  for (const char* name : {"sandbox.db", "sandbox.db-wal"}) {
    const auto bytes = read_file(world.folder.path() / name);
    if (!bytes) continue;
    EXPECT_EQ(bytes->find("planted-parameter"), std::string::npos) << name;
    EXPECT_EQ(bytes->find(testing::kSecret), std::string::npos) << name;
  }
  const Json ended = world.finish("s");
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << pretty(ended);
}

TEST(Engine, CancelEndsIt) {
  World world;
  world.provisioning_time = std::chrono::minutes(1);
  world.restart();
  world.make_group();
  world.deploy("slow", machine());
  EXPECT_EQ(world.call("POST", world.deployment("slow") + "/cancel").status, 204);
  EXPECT_EQ(text_at(world.get(world.deployment("slow")), "properties.provisioningState"),
            "Canceled");
  EXPECT_EQ(world.call("POST", world.deployment("slow") + "/cancel").status, 409);
  EXPECT_EQ(world.call("DELETE", world.deployment("slow")).status, 202);
  EXPECT_EQ(code_of(world.call("GET", world.deployment("slow"))), "DeploymentNotFound");
}

TEST(Engine, DeploysToTheSubscription) {
  World world;
  const std::string path = world.sub() + "/providers/Microsoft.Resources/deployments/sub";
  const Json doc = document(
      R"("resources":[{"type":"Microsoft.Resources/resourceGroups","apiVersion":"2021-04-01","name":"made","location":"westeurope"}])");
  const auto send = [&](const char* location) {
    return world.call("PUT", path,
                      dump(JsonObject{
                          {"location",   location                                              },
                          {"properties", JsonObject{{"mode", "Incremental"}, {"template", doc}}}
    }));
  };
  EXPECT_EQ(code_of(send("")), "LocationRequired");
  ASSERT_EQ(send("westeurope").status, 201);
  world.cloud->engine().wait_for(path);
  EXPECT_EQ(text_at(world.get(path), "properties.provisioningState"), "Succeeded")
      << pretty(world.get(path));
  EXPECT_EQ(world.call("HEAD", world.group("made")).status, 204);
  EXPECT_EQ(code_of(send("eastus")), "InvalidDeploymentLocation");
}

TEST(Engine, ValidateChangesNothing) {
  World world;
  world.make_group();
  const std::string body = dump(JsonObject{
      {"properties", JsonObject{{"mode", "Incremental"}, {"template", accounts()}}}
  });
  const auto valid = world.call("POST", world.deployment("v") + "/validate", body);
  ASSERT_EQ(valid.status, 200) << valid.body;
  EXPECT_EQ(
      must(parse_json(valid.body)).at("properties").at("validatedResources").as_array().size(), 3U);
  EXPECT_EQ(world.call("GET", world.deployment("v")).status, 404);
}

TEST(Seal, OpensWithItsKeyAlone) {
  SystemRandom random;
  const Secret key("one");
  const std::string sealed = must(seal("hello", key, random));
  EXPECT_EQ(must(unseal(sealed, key)).reveal(), "hello");
  EXPECT_FALSE(unseal(sealed, Secret("two")));
  std::string changed = sealed;
  changed.back() = changed.back() == '0' ? '1' : '0';
  EXPECT_FALSE(unseal(changed, key));
}

}  // namespace
}  // namespace armature::sandbox
