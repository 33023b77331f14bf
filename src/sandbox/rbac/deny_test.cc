#include "sandbox/rbac/deny.h"

#include <gtest/gtest.h>

#include "sandbox/rbac.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

DenyAssignment deny_of(const std::string& scope) {
  DenyAssignment item;
  item.scope = scope;
  item.display_name = "Stack";
  item.permissions = {
      {{"*/delete", "*/write"}, {"Microsoft.Resources/tags/write"}, {}, {}}
  };
  item.principals = {
      JsonObject{{"id", kEveryone}, {"type", "SystemDefined"}}
  };
  return item;
}

TEST(DenyAssignments, WinOverEveryRole) {
  World world;
  world.make_group();
  const std::string account = world.group() + "/providers/Microsoft.Storage/storageAccounts/acc1";
  const std::string body = R"({"location":"westeurope"})";
  EXPECT_EQ(world.call("PUT", account, body).status, 200);
  const Application spared = world.add_app("spared", {
                                                         {"Owner", ""}
  });
  const auto put = [&](DenyAssignment item) {
    return must(world.cloud->store().change([&](Change& change) {
      return put_deny_assignment(*world.cloud, change, std::move(item));
    }));
  };
  DenyAssignment item = deny_of(world.group());
  item.excluded = {
      JsonObject{{"id", spared.object_id}, {"type", "ServicePrincipal"}}
  };
  const std::string id = put(item);
  const auto refused = world.call("DELETE", account);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code_of(refused), "DenyAssignmentAuthorizationFailed");
  EXPECT_NE(refused.body.find("deny assignment with name 'Stack'"), std::string::npos);
  EXPECT_EQ(world.call("GET", account).status, 200) << "reading is not denied";
  EXPECT_EQ(world.call("PUT", account, body, world.token_of(spared)).status, 200) << "excluded";
  world.restart();
  EXPECT_EQ(code_of(world.call("PUT", account, body)), "DenyAssignmentAuthorizationFailed");
  const Json shown = world.get(id);
  EXPECT_EQ(text_at(shown, "properties.denyAssignmentName"), "Stack");
  EXPECT_EQ(shown.at("properties").at("excludePrincipals").as_array().size(), 1u);
  EXPECT_EQ(world.call("PUT", id, "{}").status, 403) << "nobody makes one by a call";
  const std::string list = world.sub() + "/providers/Microsoft.Authorization/denyAssignments";
  EXPECT_EQ(world.get(list).at("value").as_array().size(), 1u) << "below";
  EXPECT_EQ(world.get(list + "?$filter=atScope()").at("value").as_array().size(), 0u);
  EXPECT_EQ(
      world.get(list + "?$filter=denyAssignmentName%20eq%20'stack'").at("value").as_array().size(),
      1u);
  EXPECT_EQ(code_of(world.call("GET", list + "?$filter=color%20eq%20'red'")),
            "InvalidFilterInQueryString");
  must(world.cloud->store().change([&](Change& change) {
    erase_deny_assignment(change, id);
    return 0;
  }));
  EXPECT_EQ(world.call("DELETE", account).status, 200);
}

TEST(DenyAssignments, AreListedInTheVersionsThatClientsAskFor) {
  World world;
  world.strict = true;
  world.restart();
  const std::string below = world.sub() + "/providers/Microsoft.Authorization/";
  for (const char* path :
       {"denyAssignments?api-version=2022-04-01", "denyAssignments?api-version=2018-07-01-preview",
        "roleEligibilitySchedules?api-version=2020-10-01",
        "roleManagementPolicies?api-version=2020-10-01"}) {
    EXPECT_EQ(world.call("GET", below + path).status, 200) << path;
  }
}

TEST(DenyAssignments, KeepToTheirScopePrincipalsAndActions) {
  World world;
  const std::string group = world.group();
  const auto denied = [&](const DenyAssignment& item, const std::string& action,
                          const std::string& scope) {
    must(world.cloud->store().change([&](Change& change) {
      while (!change.state().table<DenyAssignment>().empty()) {
        erase_deny_assignment(change, change.state().table<DenyAssignment>().begin()->first);
      }
      put_deny_assignment(*world.cloud, change, item);
      return 0;
    }));
    return world.cloud->store().read([&](const State& state) {
      const AccessAsk ask{world.app.object_id, action, scope, false, {}};
      return decide_access(*world.cloud, state, ask).verdict == Verdict::kDenied;
    });
  };
  const DenyAssignment all = deny_of(group);
  const std::string below = group + "/providers/A.B/c/d";
  EXPECT_TRUE(denied(all, "A.B/c/write", below));
  EXPECT_TRUE(denied(all, "A.B/c/write", group));
  EXPECT_FALSE(denied(all, "A.B/c/read", below));
  EXPECT_FALSE(denied(all, "Microsoft.Resources/tags/write", below));
  EXPECT_FALSE(denied(all, "A.B/c/write", group + "x/providers/A.B/c/d"));
  DenyAssignment own = all;
  own.not_for_children = true;
  EXPECT_FALSE(denied(own, "A.B/c/write", below));
  EXPECT_TRUE(denied(own, "A.B/c/write", group));
  DenyAssignment other = all;
  other.principals = {JsonObject{{"id", "11111111-1111-4111-8111-111111111111"}}};
  EXPECT_FALSE(denied(other, "A.B/c/write", below));
  DenyAssignment conditional = all;
  conditional.condition = "ActionMatches{'A.B/c/delete'}";
  EXPECT_FALSE(denied(conditional, "A.B/c/write", below));
  EXPECT_TRUE(denied(conditional, "A.B/c/delete", below));
  conditional.condition = "what is this?";
  EXPECT_TRUE(denied(conditional, "A.B/c/write", below)) << "unreadable: it denies";
}

}  // namespace
}  // namespace armature::sandbox
