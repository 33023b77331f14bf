#include "sandbox/rbac/linked.h"

#include <gtest/gtest.h>

#include "sandbox/rbac/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::RoleWorld;

struct NetworkWorld : RoleWorld {
  std::string network;
  std::string interface;
  NetworkWorld() {
    make_group("net");
    network = group("net") + "/providers/Microsoft.Network/virtualNetworks/v";
    interface = group() + "/providers/Microsoft.Network/networkInterfaces/n";
    call(
        "PUT", network,
        R"({"location":"eastus","properties":{"subnets":[{"name":"a","properties":{}},{"name":"b","properties":{}}]}})");
  }
  std::string body(const std::vector<std::string>& subnets) const {
    JsonArray ips;
    for (const std::string& id : subnets) {
      ips.push_back(JsonObject{
          {"name",       "ip"                                          },
          {"properties", JsonObject{{"subnet", JsonObject{{"id", id}}}}}
      });
    }
    return dump(JsonObject{
        {"location",   "eastus"                                        },
        {"properties", JsonObject{{"ipConfigurations", std::move(ips)}}}
    });
  }
};

TEST(LinkedAccess, NeedsJoinOnTheSubnet) {
  NetworkWorld world;
  world.give("Network Contributor", world.group());
  const std::string a = world.network + "/subnets/a", b = world.network + "/subnets/b";
  const auto refused = world.call("PUT", world.interface, world.body({a, b}), world.as_guest);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(text_at(must(parse_json(refused.body)), "error.message"),
            "The client '" + world.guest.client_id + "' with object id '" + world.guest.object_id +
                "' has permission to perform action 'Microsoft.Network/networkInterfaces/write' on "
                "scope '" +
                world.interface +
                "'; however, it does not have permission to perform action(s) "
                "'Microsoft.Network/virtualNetworks/subnets/join/action' on the linked scope(s) '" +
                a + "," + b + "' (respectively) or the linked scope(s) are invalid.");
  EXPECT_EQ(code_of(refused), "LinkedAuthorizationFailed");
  EXPECT_EQ(world.effect(world.interface).created, 0);
  world.give("Network Contributor", a);
  EXPECT_EQ(world.call("PUT", world.interface, world.body({a}), world.as_guest).status, 201);
  EXPECT_EQ(code_of(world.call("PUT", world.interface, world.body({b}), world.as_guest)),
            "LinkedAuthorizationFailed");
}

TEST(LinkedAccess, RefusesIdsItCannotRead) {
  NetworkWorld world;
  for (const char* bad : {"subnet-a", "subscriptions/x", "/subscriptions/x/resourceGroups"}) {
    const auto refused = world.call("PUT", world.interface, world.body({bad}));
    EXPECT_EQ(refused.status, 400) << bad;
    EXPECT_EQ(code_of(refused), "LinkedInvalidPropertyId") << bad;
    EXPECT_NE(refused.body.find("properties.ipConfigurations[0].properties.subnet.id"),
              std::string::npos);
  }
  const std::string elsewhere =
      "/subscriptions/99999999-9999-4999-8999-999999999999/resourceGroups/g/providers/"
      "Microsoft.Network/virtualNetworks/v/subnets/s";
  const auto refused = world.call("PUT", world.interface, world.body({elsewhere}));
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("however the linked subscription "
                              "'99999999-9999-4999-8999-999999999999' was not found."),
            std::string::npos);
}

TEST(LinkedAccess, NeedsAssignOnIdentities) {
  NetworkWorld world;
  const std::string identity =
      world.group("net") + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i";
  world.call("PUT", identity, R"({"location":"eastus"})");
  world.give("Contributor", world.group());
  const std::string account = world.group() + "/providers/Microsoft.Storage/storageAccounts/acc1";
  const std::string body =
      R"({"location":"eastus","identity":{"type":"UserAssigned","userAssignedIdentities":{")" +
      identity + R"(":{}}}})";
  EXPECT_EQ(code_of(world.call("PUT", account, body, world.as_guest)), "LinkedAuthorizationFailed");
  world.give("Managed Identity Operator", identity);
  EXPECT_EQ(world.call("PUT", account, body, world.as_guest).status, 200);
}

// The calls that a deployment makes are calls like any other.
TEST(LinkedAccess, IsAskedInDeploymentsToo) {
  NetworkWorld world;
  world.give("Contributor", world.group());
  Json resource = must(parse_json(world.body({world.network + "/subnets/a"})));
  resource.get_object()["type"] = "Microsoft.Network/networkInterfaces";
  resource.get_object()["apiVersion"] = "2023-04-01";
  resource.get_object()["name"] = "n";
  const Json document = JsonObject{
      {"$schema",
       "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"},
      {"contentVersion", "1.0.0.0"                                                      },
      {"resources",      JsonArray{resource}                                            }
  };
  EXPECT_EQ(world.deploy("d", document, JsonObject{}, "Incremental", world.as_guest).status, 201);
  const Json ended = world.ended("d");
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Failed");
  EXPECT_NE(dump(ended).find("LinkedAuthorizationFailed"), std::string::npos) << dump(ended);
}

}  // namespace
}  // namespace armature::sandbox
