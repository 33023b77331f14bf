#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

TEST(Front, ChecksInArmsOrder) {
  World world;
  http::Request request;
  request.target = world.sub();
  EXPECT_EQ(code_of(serve(*world.cloud, request)), "MissingApiVersionParameter");
  request.target = world.sub() + "?api-version=new";
  EXPECT_EQ(code_of(serve(*world.cloud, request)), "InvalidApiVersionParameter");
  request.target = "/subscriptions/00000000-0000-0000-0000-000000000000?api-version=2021-04-01";
  EXPECT_EQ(code_of(serve(*world.cloud, request)), "SubscriptionNotFound");
  const auto found = world.call("GET", world.sub());
  EXPECT_TRUE(found.headers.get("x-ms-correlation-request-id"));
  EXPECT_TRUE(found.headers.get("x-ms-ratelimit-remaining-subscription-reads"));
  request.target = "/metadata/endpoints";
  EXPECT_EQ(serve(*world.cloud, request).status, 200);
}

TEST(Groups, LiveAndDie) {
  World world;
  world.provisioning_time = std::chrono::seconds(5);
  world.restart();
  EXPECT_EQ(world.call("HEAD", world.group()).status, 404);
  EXPECT_EQ(world.call("PUT", world.group(), R"({"location":"West Europe"})").status, 201);
  EXPECT_EQ(world.call("PUT", world.group(), R"({"location":"westeurope"})").status, 200);
  EXPECT_EQ(world.effect(world.group()).updated, 0) << "the same body changes nothing";
  EXPECT_EQ(code_of(world.call("PUT", world.group(), R"({"location":"eastus"})")),
            "InvalidResourceGroupLocation");
  EXPECT_EQ(code_of(world.call("PUT", world.group("a*b"), R"({"location":"eastus"})")),
            "InvalidResourceGroup");
  EXPECT_EQ(world.call("PATCH", world.group(), R"({"tags":{"a":"b"}})").status, 200);
  EXPECT_EQ(text_at(world.get(world.group()), "tags.a"), "b");
  EXPECT_EQ(world.call("HEAD", world.group()).status, 204);
  const auto gone = world.call("DELETE", world.group());
  ASSERT_EQ(gone.status, 202);
  const std::string poll = gone.headers.get("Location")->substr(world.cloud->url().size());
  const std::string path = poll.substr(0, poll.find('?'));
  EXPECT_EQ(world.call("GET", path).status, 202);
  EXPECT_EQ(code_of(world.call("PUT", world.group(), R"({"location":"westeurope"})")),
            "ResourceGroupBeingDeleted");
  world.clock.advance(std::chrono::seconds(6));
  EXPECT_EQ(world.call("GET", path).status, 200);
  EXPECT_EQ(code_of(world.call("GET", world.group())), "ResourceGroupNotFound");
  EXPECT_EQ(world.effect(world.group()).deleted, 1);
}

TEST(Resources, ArePutPatchedReadListedAndDeleted) {
  World world;
  const std::string account = world.group() + "/providers/Microsoft.Storage/storageAccounts/acc1";
  const std::string body =
      R"({"location":"West Europe","kind":"StorageV2","sku":{"name":"Standard_LRS"},"properties":{}})";
  EXPECT_EQ(code_of(world.call("PUT", account, body)), "ResourceGroupNotFound");
  world.make_group();
  EXPECT_EQ(code_of(world.call("GET", account)), "ResourceNotFound");
  EXPECT_EQ(world.call("PUT", account, body).status, 200);
  EXPECT_EQ(world.call("PUT", account, body).status, 200);
  const Json shown = world.get(account);
  EXPECT_EQ(text_at(shown, "location"), "westeurope");
  EXPECT_EQ(text_at(shown, "properties.primaryEndpoints.blob"),
            "https://acc1.blob.core.windows.net/");
  EXPECT_EQ(text_at(shown, "properties.provisioningState"), "Succeeded");
  EXPECT_EQ(world.effect(account).created, 1);
  EXPECT_EQ(world.effect(account).updated, 0);
  EXPECT_EQ(world.call("PATCH", account, R"({"tags":{"x":"y"}})").status, 200);
  EXPECT_EQ(world.effect(account).updated, 1);
  EXPECT_EQ(code_of(world.call("PUT", account, R"({"location":"eastus"})")),
            "InvalidResourceLocation");
  EXPECT_EQ(world.get(world.group() + "/providers/Microsoft.Storage/storageAccounts")
                .at("value")
                .as_array()
                .size(),
            1U);
  EXPECT_EQ(
      world.get(world.sub() + "/resources?$filter=tagName%20eq%20'x'%20and%20tagValue%20eq%20'y'")
          .at("value")
          .as_array()
          .size(),
      1U);
  const auto keys = world.call("POST", account + "/listKeys");
  EXPECT_EQ(keys.status, 200);
  EXPECT_EQ(keys.body, world.call("POST", account + "/listKeys").body);
  EXPECT_EQ(world.call("DELETE", account).status, 200);
  EXPECT_EQ(world.call("DELETE", account).status, 204);
  EXPECT_EQ(world.effect(account).deleted, 1);
}

TEST(Resources, ChildrenNeedTheirParent) {
  World world;
  world.make_group();
  const std::string net = world.group() + "/providers/Microsoft.Network/virtualNetworks/net";
  EXPECT_EQ(code_of(world.call("PUT", net + "/subnets/b", R"({"properties":{}})")),
            "ParentResourceNotFound");
  world.call(
      "PUT", net,
      R"({"location":"westeurope","properties":{"subnets":[{"name":"a","properties":{}}]}})");
  EXPECT_EQ(world.call("PUT", net + "/subnets/b", R"({"properties":{}})").status, 201);
  EXPECT_EQ(world.call("GET", net + "/subnets/a").status, 200) << "written inside its parent";
  EXPECT_EQ(world.get(net).at("properties").at("subnets").as_array().size(), 2U);
}

TEST(Resources, SlowTypesAnswerBeforeTheyAreDone) {
  World world;
  world.provisioning_time = std::chrono::seconds(5);
  world.restart();
  world.make_group();
  const std::string machine = world.group() + "/providers/Microsoft.Compute/virtualMachines/vm";
  const auto made = world.call(
      "PUT", machine,
      R"({"location":"westeurope","properties":{"osProfile":{"adminPassword":"planted-pass"}}})");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(made.body.find("planted-pass"), std::string::npos);
  const std::string poll =
      made.headers.get("Azure-AsyncOperation")->substr(world.cloud->url().size());
  const std::string path = poll.substr(0, poll.find('?'));
  EXPECT_EQ(text_at(world.get(path), "status"), "InProgress");
  EXPECT_EQ(text_at(world.get(machine), "properties.provisioningState"), "Creating");
  world.restart();
  EXPECT_EQ(text_at(world.get(path), "status"), "InProgress") << "also after a restart";
  world.clock.advance(std::chrono::seconds(6));
  EXPECT_EQ(text_at(world.get(path), "status"), "Succeeded");
  EXPECT_EQ(text_at(world.get(machine), "properties.provisioningState"), "Succeeded");
}

TEST(Resources, AnActionOnWhatTakesTimeIsCountedAndPolled) {
  World world;
  world.provisioning_time = std::chrono::seconds(5);
  world.restart();
  world.make_group();
  const std::string machine = world.group() + "/providers/Microsoft.Compute/virtualMachines/vm";
  world.call("PUT", machine, R"({"location":"westeurope"})");
  const auto answer = world.call("POST", machine + "/restart");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(world.effect(machine + "/restart").updated, 1);
  const auto link = answer.headers.get("Azure-AsyncOperation");
  ASSERT_TRUE(link);
  const std::string poll = http::parse_url(*link)->target;
  EXPECT_EQ(text_at(world.get(poll), "status"), "InProgress");
  world.clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(text_at(world.get(poll), "status"), "Succeeded");
}

}  // namespace
}  // namespace armature::sandbox
