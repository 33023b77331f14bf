#include "sandbox/rbac/hierarchy.h"

#include <gtest/gtest.h>

#include "sandbox/rbac/deny.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

// tenant root ─ corp ─ platform ─ the subscription
void grow(World& world) {
  must(world.cloud->store().change([&](Change& change) {
    ManagementGroup corp;
    corp.name = "Corp";
    change.put("corp", corp);
    ManagementGroup platform;
    platform.name = "Platform";
    platform.parent = "Corp";
    change.put("platform", platform);
    change.put(world.cloud->subscription(), Placement{"Platform"});
    return 0;
  }));
}

TEST(Hierarchy, StandsAboveEveryScope) {
  World world;
  const auto above = [&](const std::string& scope) {
    return world.cloud->store().read([&](const State& state) { return ancestors(state, scope); });
  };
  const std::string mg = "/providers/microsoft.management/managementgroups/";
  const std::string root = mg + world.cloud->tenant();
  const std::string sub = world.sub();
  using Scopes = std::vector<std::string>;
  EXPECT_EQ(above("/"), Scopes{"/"});
  EXPECT_EQ(above(sub), (Scopes{sub, root, "/"}));
  grow(world);
  const Scopes groups = {mg + "platform", mg + "corp", root, "/"};
  const auto with = [&](Scopes own) {
    own.insert(own.end(), groups.begin(), groups.end());
    return own;
  };
  EXPECT_EQ(above(sub), with({sub}));
  EXPECT_EQ(above(mg + "Platform"), groups);
  EXPECT_EQ(above(mg + "unknown"), (Scopes{mg + "unknown", root, "/"}));
  EXPECT_EQ(
      above(sub + "/resourceGroups/RG/providers/Microsoft.Network/virtualNetworks/v/subnets/s"),
      with({sub + "/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v/subnets/s",
            sub + "/resourcegroups/rg/providers/microsoft.network/virtualnetworks/v",
            sub + "/resourcegroups/rg", sub}));
  EXPECT_EQ(above(sub + "/resourceGroups/rg/providers/A.B/c/d/providers/Microsoft.Authorization/"
                        "locks/l"),
            with({sub + "/resourcegroups/rg/providers/a.b/c/d/providers/microsoft.authorization/"
                        "locks/l",
                  sub + "/resourcegroups/rg/providers/a.b/c/d", sub + "/resourcegroups/rg", sub}));
  EXPECT_EQ(above(mg + "corp/providers/Microsoft.Authorization/policyAssignments/p"),
            (Scopes{mg + "corp/providers/microsoft.authorization/policyassignments/p", mg + "corp",
                    root, "/"}));
  EXPECT_EQ(above("/providers/Microsoft.Authorization/roleDefinitions/x"),
            (Scopes{"/providers/microsoft.authorization/roledefinitions/x", "/"}));
  world.cloud->store().read([&](const State& state) {
    EXPECT_TRUE(at_or_above(state, mg + "CORP", sub + "/resourceGroups/rg"));
    EXPECT_TRUE(at_or_above(state, mg + "corp", mg + "platform"));
    EXPECT_FALSE(at_or_above(state, mg + "platform", mg + "corp"));
    EXPECT_FALSE(at_or_above(state, mg + "other", sub));
    EXPECT_TRUE(at_or_above(state, sub, sub + "/resourceGroups/rg"));
    EXPECT_FALSE(at_or_above(state, sub + "/resourceGroups/r", sub + "/resourceGroups/rg"));
    return 0;
  });
}

TEST(Hierarchy, PassesRolesOfGroupsOn) {
  World world;
  world.make_group();
  grow(world);
  const std::string corp = "/providers/Microsoft.Management/managementGroups/Corp";
  const Application reader = world.add_app("reader", {
                                                         {"Reader", corp}
  });
  const std::string as = world.token_of(reader);
  EXPECT_EQ(world.call("GET", world.group(), "", as).status, 200);
  EXPECT_EQ(code_of(world.call("PUT", world.group(), R"({"location":"eastus"})", as)),
            "AuthorizationFailed");
  must(world.cloud->store().change([&](Change& change) {
    change.erase<Placement>(world.cloud->subscription());
    return 0;
  }));
  EXPECT_EQ(code_of(world.call("GET", world.group(), "", as)), "AuthorizationFailed");
  EXPECT_EQ(world.call("GET", "/subscriptions", "", as).body.find("Enabled"), std::string::npos);
}

TEST(Hierarchy, StandsInTheFile) {
  World world;
  grow(world);
  world.restart();
  world.cloud->store().read([&](const State& state) {
    EXPECT_EQ(group_of_subscription(state, world.cloud->subscription()), "platform");
    EXPECT_EQ(parent_group(state, "PLATFORM"), "corp");
    EXPECT_EQ(parent_group(state, "corp"), world.cloud->tenant());
    EXPECT_EQ(parent_group(state, world.cloud->tenant()), "");
    return 0;
  });
}

}  // namespace
}  // namespace armature::sandbox
