#include <gtest/gtest.h>

#include "sandbox/rbac/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::RoleWorld;

constexpr const char* kGroups = "/providers/Microsoft.Management/managementGroups";

struct TreeWorld : RoleWorld {
  static std::string mg(const std::string& name) { return std::string(kGroups) + "/" + name; }
  static std::string below(const std::string& parent, const std::string& shown = "Shown") {
    return R"({"properties":{"displayName":")" + shown + R"(","details":{"parent":{"id":")" +
           mg(parent) + R"("}}}})";
  }
  int make(const std::string& name, const std::string& parent = "") {
    return call("PUT", mg(name), parent.empty() ? "{}" : below(parent)).status;
  }
};

TEST(ManagementGroups, AreMadeShownAndDeleted) {
  TreeWorld world;
  EXPECT_EQ(world.make("Corp"), 200);
  EXPECT_EQ(world.make("corp", "Corp"), 400) << "not below itself";
  EXPECT_EQ(world.make("online", "corp"), 200);
  EXPECT_EQ(world.effect(world.mg("online")).created, 1);
  const Json shown = world.get(world.mg("ONLINE"));
  EXPECT_EQ(text_at(shown, "name"), "online");
  EXPECT_EQ(text_at(shown, "type"), "Microsoft.Management/managementGroups");
  EXPECT_EQ(text_at(shown, "properties.displayName"), "Shown");
  EXPECT_EQ(text_at(shown, "properties.details.parent.id"), world.mg("Corp"));
  EXPECT_EQ(text_at(shown, "properties.tenantId"), world.cloud->tenant());
  const Json tree = world.get(world.mg("Corp") + "?$expand=children&$recurse=true");
  EXPECT_EQ(text_at(tree.at("properties").at("children").at(0), "name"), "online");
  EXPECT_EQ(text_at(tree, "properties.details.parent.displayName"), "Tenant root group");
  const Json path = world.get(world.mg("online") + "?$expand=path");
  EXPECT_EQ(path.at("properties").at("details").at("path").as_array().size(), 2u);
  world.restart();
  EXPECT_EQ(world.call("GET", world.mg("online")).status, 200);
  EXPECT_EQ(world.call("PATCH", world.mg("online"), R"({"displayName":"Other"})").status, 200);
  EXPECT_EQ(text_at(world.get(world.mg("online")), "properties.displayName"), "Other");
  EXPECT_EQ(world.call("DELETE", world.mg("Corp")).status, 400) << "it has a child";
  EXPECT_EQ(world.call("DELETE", world.mg("online")).status, 204);
  EXPECT_EQ(world.call("GET", world.mg("online")).status, 403) << "nobody has rights there now";
  EXPECT_EQ(world.call("DELETE", world.mg("Corp")).status, 204);
}

TEST(ManagementGroups, HoldTheSubscription) {
  TreeWorld world;
  const std::string root = world.mg(world.cloud->tenant());
  world.make("corp");
  world.make("lab");
  const std::string place = "/subscriptions/" + world.cloud->subscription();
  EXPECT_EQ(world.call("PUT", world.mg("corp") + place).status, 200);
  EXPECT_EQ(text_at(world.get(world.mg("corp") + place), "properties.parent.id"), world.mg("corp"));
  EXPECT_EQ(world.count(world.mg("corp") + "/descendants"), 1u);
  EXPECT_EQ(world.count(world.mg("lab") + "/subscriptions"), 0u);
  EXPECT_EQ(world.call("DELETE", world.mg("corp")).status, 400);
  // A role at the group counts in the subscription, and goes with its place.
  world.give("Reader", world.mg("corp"));
  EXPECT_EQ(world.call("GET", world.group(), "", world.as_guest).status, 200);
  EXPECT_EQ(world.count(kGroups), 2u);
  EXPECT_EQ(must(parse_json(world.call("GET", kGroups, "", world.as_guest).body))
                .at("value")
                .as_array()
                .size(),
            1u)
      << "the groups that the guest may read";
  EXPECT_EQ(world.call("PUT", world.mg("lab") + place).status, 200);
  EXPECT_EQ(world.call("GET", world.group(), "", world.as_guest).status, 403);
  EXPECT_EQ(world.call("DELETE", world.mg("corp") + place).status, 204) << "it is not there";
  EXPECT_EQ(world.call("DELETE", world.mg("lab") + place).status, 200);
  const Json entities =
      must(parse_json(world.call("POST", "/providers/Microsoft.Management/getEntities").body));
  EXPECT_EQ(entities.at("value").as_array().size(), 3u) << "two groups and the subscription";
  EXPECT_EQ(code_of(world.call("PUT", world.mg("lab") + "/subscriptions/" +
                                          "99999999-9999-4999-8999-999999999999")),
            "SubscriptionNotFound");
  EXPECT_EQ(world.call("GET", root).status, 403) << "the root group needs a right at the root";
}

TEST(ManagementGroups, NeedRights) {
  TreeWorld world;
  world.make("corp");
  const auto as_guest = [&](const char* method, const std::string& path, const std::string& body) {
    return code_of(world.call(method, path, body, world.as_guest));
  };
  EXPECT_EQ(as_guest("PUT", world.mg("x"), world.below("corp")), "AuthorizationFailed");
  EXPECT_EQ(as_guest("PUT", world.mg("corp"), "{}"), "AuthorizationFailed");
  EXPECT_EQ(as_guest("DELETE", world.mg("corp"), ""), "AuthorizationFailed");
  EXPECT_EQ(as_guest("PUT", world.mg("corp") + "/subscriptions/" + world.cloud->subscription(), ""),
            "AuthorizationFailed");
  EXPECT_EQ(world.call("PUT", world.mg("mine"), "{}", world.as_guest).status, 200)
      << "anybody may start a group below the root";
  EXPECT_EQ(as_guest("PATCH", world.mg("mine"), R"({"parentGroupId":")" + world.mg("corp") + "\"}"),
            "AuthorizationFailed");
  world.give("Management Group Contributor", world.mg("corp"));
  EXPECT_EQ(world.call("PUT", world.mg("x"), world.below("corp"), world.as_guest).status, 200);
}

TEST(ManagementGroups, KeepTheTreeATree) {
  TreeWorld world;
  world.make("l1");
  for (int level = 2; level <= 6; ++level) {
    EXPECT_EQ(world.make("l" + std::to_string(level), "l" + std::to_string(level - 1)), 200);
  }
  EXPECT_EQ(world.make("l7", "l6"), 400) << "six levels below the root";
  EXPECT_EQ(world.call("PUT", world.mg("l1"), world.below("l3")).status, 400) << "a ring";
  world.make("top");
  EXPECT_EQ(world.call("PUT", world.mg("l1"), world.below("top")).status, 400) << "too deep then";
  EXPECT_EQ(world.call("PUT", world.mg("l4"), world.below("top")).status, 200);
  EXPECT_EQ(world.call("PUT", world.mg("l1"), world.below("top")).status, 200);
  EXPECT_EQ(code_of(world.call("PUT", world.mg("new"), world.below("absent"))), "NotFound");
  EXPECT_EQ(code_of(world.call("PUT", world.mg("a*b"), "{}")), "BadRequest");
  EXPECT_EQ(code_of(world.call("PUT", world.mg(std::string(91, 'x')), "{}")), "BadRequest");
  const auto available = [&](const std::string& name) {
    return bool_at(must(parse_json(world
                                       .call("POST",
                                             "/providers/Microsoft.Management/"
                                             "checkNameAvailability",
                                             R"({"name":")" + name + "\"}")
                                       .body)),
                   "nameAvailable");
  };
  EXPECT_TRUE(available("free"));
  EXPECT_FALSE(available("TOP"));
}

TEST(ManagementGroups, KeepCustomRolesWithTheirBranch) {
  TreeWorld world;
  world.make("corp");
  world.make("lab");
  const std::string place = "/subscriptions/" + world.cloud->subscription();
  EXPECT_EQ(world.call("PUT", world.mg("corp") + place).status, 200);
  const std::string guid = "22222222-2222-4222-8222-222222222222";
  const std::string role =
      world.mg("corp") + "/providers/Microsoft.Authorization/roleDefinitions/" + guid;
  EXPECT_EQ(
      world
          .call(
              "PUT", role,
              R"({"properties":{"roleName":"R","permissions":[{"actions":["*/read"]}],"assignableScopes":[")" +
                  world.mg("corp") + "\"]}}")
          .status,
      201);
  const std::string id = world.give(guid, world.group());
  EXPECT_EQ(world.call("PUT", world.mg("lab") + place).status, 400);
  EXPECT_EQ(world.call("DELETE", world.mg("corp") + place).status, 400);
  world.call("DELETE", id);
  EXPECT_EQ(world.call("PUT", world.mg("lab") + place).status, 200);
  const std::string data =
      R"({"properties":{"roleName":"D","permissions":[{"actions":[],"dataActions":["Microsoft.Storage/*/read"]}],"assignableScopes":[")" +
      world.mg("corp") + "\"]}}";
  EXPECT_EQ(code_of(world.call("PUT", role, data)), "InvalidRoleDefinitionAssignableScopes");
}

}  // namespace
}  // namespace armature::sandbox
