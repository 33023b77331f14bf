// What auditIfNotExists finds, by the Activity Log's events of the category Policy.
#include "sandbox/policy/existence.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::World;

class PolicyExistence : public ::testing::Test {
 protected:
  PolicyExistence() {
    world.make_group("one");
    world.make_group("two");
  }

  // Of storage accounts: there must be a resource of the type whose name holds.
  void demand(const std::string& type, const std::string& details) {
    const std::string authorization = world.sub() + "/providers/Microsoft.Authorization/";
    const auto made = world.call("PUT", authorization + "policyDefinitions/needs",
                                 R"({"properties":{"mode":"All","policyRule":{
          "if":{"field":"type","equals":"Microsoft.Storage/storageAccounts"},
          "then":{"effect":"auditIfNotExists","details":{"type":")" +
                                     type + "\"," + details + "}}}}}");
    ASSERT_EQ(made.status, 201) << made.body;
    const auto assigned = world.call("PUT", authorization + "policyAssignments/needs",
                                     R"({"properties":{"policyDefinitionId":")" + authorization +
                                         R"(policyDefinitions/needs"}})");
    ASSERT_EQ(assigned.status, 201) << assigned.body;
  }
  void put(const std::string& group, const std::string& rest, const std::string& tags = "{}") {
    const auto done = world.call("PUT", world.group(group) + "/providers/" + rest,
                                 R"({"location":"westeurope","tags":)" + tags + "}");
    ASSERT_LT(done.status, 300) << done.body;
  }
  // Does a new storage account of group one lack what is demanded?
  bool audited(const std::string& account) {
    put("one", "Microsoft.Storage/storageAccounts/" + account);
    const Json events = world.get(
        world.sub() + "/providers/microsoft.insights/eventtypes/management/values?$filter=" +
        http::percent_encode("eventTimestamp ge '" +
                             to_rfc3339(world.clock.now() - std::chrono::hours(1)) + "'"));
    for (const Json& event : events.at("value").as_array()) {
      if (text_at(event, "category.value") == "Policy" &&
          text_at(event, "resourceId").ends_with("/" + account)) {
        return true;
      }
    }
    return false;
  }

  World world;
};

TEST_F(PolicyExistence, LooksInTheGroupUnlessTheScopeIsTheSubscription) {
  demand("Microsoft.Network/networkWatchers",
         R"("existenceCondition":{"field":"tags.kind","equals":"flow"})");
  EXPECT_TRUE(audited("none"));
  put("two", "Microsoft.Network/networkWatchers/w", R"({"kind":"flow"})");
  EXPECT_TRUE(audited("elsewhere"));
  put("one", "Microsoft.Network/networkWatchers/w", R"({"kind":"other"})");
  EXPECT_TRUE(audited("another"));
  put("one", "Microsoft.Network/networkWatchers/w2", R"({"kind":"flow"})");
  EXPECT_FALSE(audited("there"));
}

TEST_F(PolicyExistence, LooksInAllGroupsOfTheSubscription) {
  demand("Microsoft.Network/networkWatchers",
         R"("existenceScope":"subscription","existenceCondition":
            {"field":"tags.kind","equals":"flow"})");
  EXPECT_TRUE(audited("none"));
  put("two", "Microsoft.Network/networkWatchers/a", R"({"kind":"other"})");
  put("two", "Microsoft.Network/routeTables/b", R"({"kind":"flow"})");
  EXPECT_TRUE(audited("another"));
  put("two", "Microsoft.Network/networkWatchers/w", R"({"kind":"flow"})");
  EXPECT_FALSE(audited("there"));
}

TEST_F(PolicyExistence, GroupsAreFoundByTheTypeThatPoliciesCallThem) {
  demand("Microsoft.Resources/subscriptions/resourceGroups",
         R"("existenceScope":"subscription","name":"three")");
  EXPECT_TRUE(audited("none"));
  world.make_group("three");
  EXPECT_FALSE(audited("there"));
}

}  // namespace
}  // namespace armature::sandbox
