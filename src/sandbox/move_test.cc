#include <gtest/gtest.h>

#include <algorithm>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

struct TwoGroups : World {
  TwoGroups() {
    make_group();
    make_group("other");
  }
  std::string below(const std::string& name, const std::string& rg = "rg") const {
    return group(rg) + "/providers/" + name;
  }
  http::Response move(const std::vector<std::string>& ids,
                      const std::string& verb = "moveResources", const std::string& to = "",
                      const std::string& as = "") {
    JsonArray resources;
    for (const std::string& id : ids) resources.push_back(Json(id));
    JsonObject body;
    body["resources"] = std::move(resources);
    body["targetResourceGroup"] = to.empty() ? group("other") : to;
    return call("POST", group() + "/" + verb, dump(body), as);
  }
  // What the operation says when its time is over.
  http::Response outcome(const http::Response& accepted) {
    EXPECT_EQ(accepted.status, 202) << accepted.body;
    clock.advance(std::chrono::seconds(1));
    const std::string location = accepted.headers.get("Location").value_or("");
    return call("GET", location.substr(std::min(location.find("/subscriptions"), location.size())));
  }
};

constexpr const char* kAccount = R"({"location":"westeurope","kind":"StorageV2",
  "sku":{"name":"Standard_LRS"},"identity":{"type":"SystemAssigned"},"properties":{}})";

TEST(MoveResources, TakesChildrenIdentitiesAndReferencesAlong) {
  TwoGroups world;
  const std::string name = "Microsoft.Storage/storageAccounts/moving1";
  const std::string old = world.below(name), now = world.below(name, "other");
  ASSERT_LT(world.call("PUT", old, kAccount).status, 300);
  ASSERT_LT(
      world.call("PUT", old + "/blobServices/default/containers/c", R"({"properties":{}})").status,
      300);
  world.call("PUT", old + "/providers/Microsoft.Authorization/locks/l",
             R"({"properties":{"level":"CanNotDelete"}})");
  const std::string principal = text_at(world.get(old), "identity.principalId");
  ASSERT_FALSE(principal.empty());

  EXPECT_EQ(world.outcome(world.move({old}, "validateMoveResources")).status, 204);
  EXPECT_EQ(world.call("GET", old).status, 200);
  EXPECT_EQ(world.outcome(world.move({old})).status, 204);

  EXPECT_EQ(world.call("GET", old).status, 404);
  const Json shown = world.get(now);
  EXPECT_EQ(text_at(shown, "id"), now);
  EXPECT_EQ(text_at(shown, "location"), "westeurope");
  EXPECT_EQ(text_at(shown, "identity.principalId"), principal);
  EXPECT_EQ(text_at(world.get(now + "/blobServices/default/containers/c"), "id"),
            now + "/blobServices/default/containers/c");
  EXPECT_EQ(world.call("DELETE", now).status, 409);  // its lock came along
  EXPECT_EQ(world.get(world.group() + "/resources").at("value").as_array().size(), 0U);
  EXPECT_EQ(world.get(world.group("other") + "/resources").at("value").as_array().size(), 1U);
  const bool told = world.cloud->store().read([](const State& state) {
    return std::ranges::any_of(state.table<Event>(), [](const auto& item) {
      return item.second.action ==
             "Microsoft.Resources/subscriptions/resourceGroups/moveResources/action";
    });
  });
  EXPECT_TRUE(told);
  world.restart();
  EXPECT_EQ(text_at(world.get(now), "identity.principalId"), principal);
}

TEST(MoveResources, BothGroupsTakeNoWritesMeanwhile) {
  TwoGroups world;
  const std::string old = world.below("Microsoft.Storage/storageAccounts/moving2");
  ASSERT_LT(world.call("PUT", old, kAccount).status, 300);
  world.cloud.reset();
  world.provisioning_time = std::chrono::seconds(30);
  world.restart();
  const auto accepted = world.move({old});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  for (const char* rg : {"rg", "other"}) {
    const auto refused =
        world.call("PUT", world.below("Microsoft.Storage/storageAccounts/late1", rg), kAccount);
    EXPECT_EQ(refused.status, 409);
    EXPECT_EQ(code_of(refused), "ResourcesBeingMoved");
    EXPECT_EQ(world.call("GET", world.group(rg) + "/resources").status, 200);
  }
  world.clock.advance(std::chrono::seconds(31));
  EXPECT_LT(
      world.call("PUT", world.below("Microsoft.Storage/storageAccounts/late1"), kAccount).status,
      300);
}

TEST(MoveResources, RefusesWhatCannotBeAsked) {
  TwoGroups world;
  const std::string account = world.below("Microsoft.Storage/storageAccounts/moving3");
  ASSERT_LT(world.call("PUT", account, kAccount).status, 300);
  const std::string cluster = world.below("Microsoft.ContainerService/managedClusters/k");
  world.call("PUT", cluster, R"({"location":"westeurope","properties":{}})");
  const struct {
    std::vector<std::string> ids;
    std::string to;
    int status;
    const char* code;
  } kTable[] = {
      {{},                                                            "",                  400, "InvalidRequestContent"   },
      {{"no id"},                                                     "",                  400, "InvalidRequestContent"   },
      {{account},                                                     "nowhere",           400, "InvalidRequestContent"   },
      {{account},                                                     world.sub(),         400, "InvalidRequestContent"   },
      {{account},                                                     world.group(),       400, "InvalidRequestContent"   },
      {{account},                                                     world.group("none"), 404, "ResourceGroupNotFound"   },
      {{account + "/blobServices/default"},                           "",                  400, "InvalidRequestContent"   },
      {{world.below("Microsoft.Storage/storageAccounts/gone")},       "",                  404, "ResourceNotFound"        },
      {{world.below("Microsoft.Storage/storageAccounts/x", "other")},
       "",                                                                                 400,
       "InvalidRequestContent"                                                                                            },
      {{account, cluster},                                            "",                  409, "ResourceMoveNotSupported"},
      {{account},
       "/subscriptions/33333333-3333-4333-8333-333333333333/resourceGroups/g",             404,
       "SubscriptionNotFound"                                                                                             },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.to + (row.ids.empty() ? "" : " " + row.ids.back()));
    const auto response = world.move(row.ids, "moveResources", row.to);
    EXPECT_EQ(response.status, row.status) << response.body;
    EXPECT_EQ(code_of(response), row.code);
  }
  EXPECT_EQ(world.call("GET", account).status, 200);
}

TEST(MoveResources, NeedsRightsOnBothSidesAndHeedsLocks) {
  TwoGroups world;
  const std::string account = world.below("Microsoft.Storage/storageAccounts/moving4");
  ASSERT_LT(world.call("PUT", account, kAccount).status, 300);
  const auto source_only = world.add_app("source", {
                                                       {"Contributor", world.group()}
  });
  const std::string token = world.token_of(source_only);
  const auto lacking = world.move({account}, "moveResources", "", token);
  EXPECT_EQ(lacking.status, 403);
  EXPECT_EQ(code_of(lacking), "LinkedAuthorizationFailed") << lacking.body;
  const auto target_only = world.add_app("target", {
                                                       {"Contributor", world.group("other")}
  });
  EXPECT_EQ(code_of(world.move({account}, "moveResources", "", world.token_of(target_only))),
            "AuthorizationFailed");
  for (const std::string& scope : {world.group(), world.group("other"), account}) {
    const std::string lock = scope + "/providers/Microsoft.Authorization/locks/ro";
    ASSERT_LT(world.call("PUT", lock, R"({"properties":{"level":"ReadOnly"}})").status, 300);
    EXPECT_EQ(code_of(world.move({account})), "ScopeLocked") << scope;
    ASSERT_LT(world.call("DELETE", lock).status, 300);
  }
  EXPECT_EQ(world.move({account}).status, 202);
}

TEST(MoveResources, ProvidersRefuseAtTheEnd) {
  TwoGroups world;
  const std::string vnet = world.below("Microsoft.Network/virtualNetworks/v");
  ASSERT_LT(world
                .call("PUT", vnet, R"({"location":"westeurope","properties":{"addressSpace":
    {"addressPrefixes":["10.0.0.0/16"]},"subnets":[{"name":"s","properties":
    {"addressPrefix":"10.0.0.0/24"}}]}})")
                .status,
            300);
  const std::string nic = world.below("Microsoft.Network/networkInterfaces/n");
  ASSERT_LT(world
                .call("PUT", nic,
                      R"({"location":"westeurope","properties":{"ipConfigurations":
    [{"name":"i","properties":{"subnet":{"id":")" +
                          vnet + R"(/subnets/s"}}}]}})")
                .status,
            300);
  world.clock.advance(std::chrono::seconds(60));
  for (const std::string& alone : {vnet, nic}) {
    const auto ended = world.outcome(world.move({alone}));
    EXPECT_EQ(ended.status, 409);
    EXPECT_EQ(code_of(ended), "ResourceMoveProviderValidationFailed");
    EXPECT_NE(ended.body.find("MissingMoveDependentResources"), std::string::npos) << ended.body;
    EXPECT_EQ(world.call("GET", alone).status, 200);
  }
  ASSERT_EQ(world.outcome(world.move({vnet, nic})).status, 204);
  const Json moved = world.get(world.below("Microsoft.Network/networkInterfaces/n", "other"));
  EXPECT_NE(dump(moved).find(world.below("Microsoft.Network/virtualNetworks/v", "other")),
            std::string::npos);
}

}  // namespace
}  // namespace armature::sandbox
