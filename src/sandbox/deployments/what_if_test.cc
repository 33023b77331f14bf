#include "sandbox/deployments/what_if.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/files.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

constexpr const char* kHead =
    R"({"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",)";

Json document(const std::string& rest) { return must(parse_json(kHead + rest + "}")); }

Json network(const char* tags, const char* prefix, const char* subnets) {
  return document(std::string(R"("resources":[{"type":"Microsoft.Network/virtualNetworks",
    "apiVersion":"2021-02-01","name":"vnet-001","location":"[resourceGroup().location]","tags":)") +
                  tags + R"(,"properties":{"addressSpace":{"addressPrefixes":[")" + prefix +
                  R"("]},"enableVmProtection":false,"subnets":[)" + subnets + "]}}]");
}

constexpr const char* kFirst =
    R"({"name":"subnet001","properties":{"addressPrefix":"10.0.0.0/24"}},)";
constexpr const char* kSecond =
    R"({"name":"subnet002","properties":{"addressPrefix":"10.0.1.0/24"}})";

// Sends the request, follows its Location, gives {status, properties}.
Json ask(World& world, const std::string& path, const Json& properties, const char* location = "") {
  JsonObject body{
      {"properties", properties}
  };
  if (*location) body["location"] = location;
  const auto started = world.call("POST", path + "/whatIf", dump(body));
  if (started.status != 202) return must(parse_json(started.body));
  EXPECT_TRUE(started.body.empty());
  const std::string url = started.headers.get("Location").value_or("");
  const std::string target = url.substr(world.cloud->url().size());
  return world.get(target.substr(0, target.find('?')));
}

Json incremental(const Json& doc, const char* format = "FullResourcePayloads",
                 const char* mode = "Incremental") {
  return JsonObject{
      {"mode",           mode                                },
      {"template",       doc                                 },
      {"whatIfSettings", JsonObject{{"resultFormat", format}}}
  };
}

std::string change_types(const Json& result) {
  std::string out;
  for (const Json& change : result.at("properties").at("changes").as_array()) {
    const std::string id = text_at(change, "resourceId");
    out += (out.empty() ? "" : " ") + id.substr(id.rfind('/') + 1) + ":" +
           text_at(change, "changeType");
  }
  return out;
}

TEST(WhatIf, SaysWhatAChangedNetworkWouldChange) {
  World world;
  world.make_group();
  const std::string path = world.deployment("w");
  const Json before = network(R"({"CostCenter":"12345","Owner":"Team A"})", "10.0.0.0/16",
                              (std::string(kFirst) + kSecond).c_str());
  EXPECT_EQ(change_types(ask(world, path, incremental(before))), "vnet-001:Create");
  world.deploy("w", before);
  world.ended("w");
  EXPECT_EQ(change_types(ask(world, path, incremental(before))), "vnet-001:NoChange");
  const Json result =
      ask(world, path, incremental(network(R"({"CostCenter":"12345"})", "10.0.0.0/15", kSecond)));
  ASSERT_EQ(change_types(result), "vnet-001:Modify") << pretty(result);
  const Json& change = result.at("properties").at("changes").at(0);
  EXPECT_EQ(text_at(change.at("before"), "tags.Owner"), "Team A");
  EXPECT_EQ(text_at(change.at("after"), "apiVersion"), "2021-02-01");
  EXPECT_EQ(dump(change.at("delta")), dump(must(parse_json(R"([
    {"path":"properties.addressSpace.addressPrefixes","propertyChangeType":"Array","children":[
      {"path":"0","propertyChangeType":"Delete","before":"10.0.0.0/16"},
      {"path":"0","propertyChangeType":"Create","after":"10.0.0.0/15"}]},
    {"path":"properties.subnets","propertyChangeType":"Array","children":[
      {"path":"0","propertyChangeType":"Delete","before":{"name":"subnet001","properties":{"addressPrefix":"10.0.0.0/24"}}}]},
    {"path":"tags.Owner","propertyChangeType":"Delete","before":"Team A"}])"))));
}

TEST(WhatIf, IgnoresOrDeletesWhatTheTemplateDoesNotName) {
  World world;
  world.make_group();
  world.call("PUT", world.group() + "/providers/Microsoft.Storage/storageAccounts/other",
             R"({"location":"westeurope"})");
  world.call("PUT", world.group() + "/providers/Microsoft.Network/virtualNetworks/vnet-001",
             R"({"location":"westeurope"})");
  const Json doc = network("{}", "10.0.0.0/16", kSecond);
  const std::string path = world.deployment("w");
  const Json ids = ask(world, path, incremental(doc, "ResourceIdOnly"));
  EXPECT_EQ(change_types(ids), "vnet-001:Deploy other:Ignore");
  EXPECT_FALSE(ids.at("properties").at("changes").at(0).as_object().contains("before"));
  const Json complete = ask(world, path, incremental(doc, "FullResourcePayloads", "Complete"));
  EXPECT_EQ(change_types(complete), "vnet-001:Modify other:Delete");
  EXPECT_EQ(text_at(complete.at("properties").at("changes").at(1), "before.location"),
            "westeurope");
  EXPECT_EQ(world.call("GET", path).status, 404) << "nothing is deployed";
}

TEST(WhatIf, NamesWhatItCannotKnow) {
  World world;
  world.make_group();
  const Json doc = document(R"("parameters":{"id":{"type":"string","defaultValue":"[newGuid()]"}},
    "resources":[
     {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"[concat('a', parameters('id'))]","location":"westeurope"},
     {"type":"Microsoft.Web/sites","apiVersion":"2021-02-01","name":"site","location":"westeurope",
      "properties":{"provisioningState":"Succeeded","blob":"[reference('/x/providers/A.B/c/d', '2020-01-01').blob]"}}])");
  const Json result = ask(world, world.deployment("w"), incremental(doc));
  ASSERT_EQ(change_types(result), "site:Create [concat('a', newGuid())]:Unsupported")
      << pretty(result);
  EXPECT_EQ(text_at(result.at("properties").at("changes").at(0), "after.properties.blob"),
            "[reference('/x/providers/A.B/c/d', '2020-01-01').blob]");
  EXPECT_NE(text_at(result.at("properties").at("changes").at(1), "unsupportedReason")
                .find("properties.template.resources[0]"),
            std::string::npos);
  world.call("PUT", world.group() + "/providers/Microsoft.Web/sites/site",
             R"({"location":"westeurope","properties":{"blob":"x"}})");
  const Json again = ask(world, world.deployment("w"), incremental(doc));
  EXPECT_EQ(
      dump(again.at("properties").at("changes").at(0).at("delta")),
      R"([{"path":"properties.provisioningState","propertyChangeType":"NoEffect","after":"Succeeded","before":"Succeeded"},)"
      R"({"path":"properties.blob","propertyChangeType":"Modify","before":"x","after":"[reference('/x/providers/A.B/c/d', '2020-01-01').blob]"}])");
}

TEST(WhatIf, AsksForTheCallersRights) {
  World world;
  world.make_group();
  const Application reader = world.add_app("reader", {
                                                         {"Reader", ""}
  });
  const std::string body = dump(JsonObject{
      {"properties", incremental(network("{}", "10.0.0.0/16", kSecond))}
  });
  const auto denied =
      world.call("POST", world.deployment("w") + "/whatIf", body, world.token_of(reader));
  EXPECT_EQ(code_of(denied), "AuthorizationFailed");
  const auto wrong = world.call("POST", world.deployment("w") + "/whatIf",
                                R"({"properties":{"mode":"Incremental","template":{}}})");
  EXPECT_EQ(code_of(wrong), "InvalidTemplate");
}

// The same requests as in the recordings, answered the same, but for ids.
class Recorded {
 public:
  Recorded() {
    const auto text =
        read_file(ARMATURE_SOURCE_DIR "/../shared/data/recordings/arm-interactions.json");
    if (text) all_ = must(parse_json(*text, 128));
  }
  bool there() const { return all_.is_array(); }
  // The answer of the one whose url and method hold these words.
  Json find(std::string_view method, std::string_view words, const char* what) const {
    for (const Json& one : all_.as_array()) {
      if (text_at(one, "method") != method) continue;
      if (text_at(one, "url").find(words) == std::string::npos) continue;
      const Json* value = armature::find(one, what);
      if (!value) continue;
      return value->is_string() ? must(parse_json(as_text(*value), 128)) : *value;
    }
    return nullptr;
  }

 private:
  Json all_;
};

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at)) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
  return text;
}

// Names that follow from the subscription are made comparable.
std::string comparable(const Json& value) {
  std::string text = dump(value);
  for (std::size_t at = text.find("/storageAccounts/st"); at != std::string::npos;
       at = text.find("/storageAccounts/st", at + 1)) {
    const std::size_t from = at + std::string("/storageAccounts/").size();
    const std::string name = text.substr(from, text.find('"', from) - from);
    text = replaced(text, name, "NAME");
  }
  return text;
}

TEST(WhatIf, AnswersARecordedRequestAsAzureDid) {
  const Recorded recorded;
  if (!recorded.there()) GTEST_SKIP() << "the recordings are not beside the checkout";
  const Json request = recorded.find("POST", "azdtest-d8523ca-1775755497/whatIf", "request");
  Json expected =
      recorded.find("GET", "operationresults/eyJqb2JJZCI6IkRlcGxveW1lbnRXaGF0SWZKb2I", "response");
  ASSERT_TRUE(request.is_object() && expected.is_object());
  const std::string subscription = "5ca082f3-38f2-4bb0-b0a4-c401184ae3a8";
  Options options;
  options.subscription_id = subscription;
  World world(options);
  const std::string path = world.sub() + "/providers/Microsoft.Resources/deployments/x";
  Json result = ask(world, path, request.at("properties"), "eastus2");
  for (Json* one : {&result, &expected}) {
    one->at("properties").as_object().erase("correlationId");
  }
  EXPECT_EQ(comparable(result), comparable(expected));
}

}  // namespace
}  // namespace armature::sandbox
