#include <gtest/gtest.h>

#include "sandbox/rbac/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::RoleWorld;

constexpr const char* kAccount = R"({"location":"westeurope"})";

TEST(Roles, AreEnforcedAtOnce) {
  RoleWorld world;
  const std::string account = world.group() + "/providers/Microsoft.Storage/storageAccounts/acc1";
  const auto denied = world.call("PUT", account, kAccount, world.as_guest);
  EXPECT_EQ(denied.status, 403);
  EXPECT_EQ(code_of(denied), "AuthorizationFailed");
  EXPECT_EQ(world.effect(account).created, 0);
  const std::string id = world.give("Contributor", world.group());
  EXPECT_EQ(world.call("PUT", account, kAccount, world.as_guest).status, 200);
  EXPECT_EQ(world.call("DELETE", id).status, 200);
  EXPECT_EQ(world.call("DELETE", id).status, 204);
  EXPECT_EQ(world.call("DELETE", account, "", world.as_guest).status, 403);
}

TEST(RoleAssignments, AreMadeOnce) {
  RoleWorld world;
  const std::string id = world.assignment(world.group(), world.random.uuid());
  const std::string body = world.grant("Reader", world.guest.object_id);
  EXPECT_EQ(world.call("PUT", id, body, world.as_guest).status, 403);
  EXPECT_EQ(world.call("PUT", id, body).status, 201);
  EXPECT_EQ(world.call("PUT", id, body).status, 200);
  EXPECT_EQ(world.effect(id).updated, 0);
  const std::string other = world.assignment(world.group(), world.random.uuid());
  EXPECT_EQ(world.call("PUT", other, body).status, 409);
  EXPECT_EQ(code_of(world.call("PUT", other, body)), "RoleAssignmentExists");
  EXPECT_EQ(code_of(world.call("PUT", id, world.grant("Owner", world.guest.object_id))),
            "RoleAssignmentUpdateNotPermitted");
  const auto described = world.call("PUT", id,
                                    world.grant("Reader", world.guest.object_id,
                                                {
                                                    {"description", "why"}
  }));
  EXPECT_EQ(described.status, 200);
  EXPECT_EQ(world.effect(id).updated, 1);
  world.restart();
  const Json shown = world.get(id).at("properties");
  EXPECT_EQ(text_at(shown, "description"), "why");
  EXPECT_EQ(text_at(shown, "principalType"), "ServicePrincipal");
  EXPECT_EQ(text_at(shown, "createdBy"), world.app.object_id);
  EXPECT_TRUE(text_at(shown, "createdOn") <= text_at(shown, "updatedOn"));
  EXPECT_TRUE(shown.at("condition").is_null());
}

TEST(RoleAssignments, RefuseWhatArmRefuses) {
  RoleWorld world;
  const std::string nobody = "11111111-1111-1111-1111-111111111111";
  const auto code = [&](const std::string& body, const std::string& scope) {
    return code_of(world.call("PUT", world.assignment(scope, world.random.uuid()), body));
  };
  const std::string group = world.group();
  const std::string guest = world.guest.object_id;
  EXPECT_EQ(code(world.grant("Reader", nobody), group), "PrincipalNotFound");
  EXPECT_EQ(code(world.grant("Reader", "me"), group), "InvalidPrincipalId");
  EXPECT_EQ(code(world.grant("Reader", guest,
                             {
                                 {"principalType", "User"}
  }),
                 group),
            "UnmatchedPrincipalType");
  EXPECT_EQ(code(world.grant("Reader", guest,
                             {
                                 {"principalType", "Robot"}
  }),
                 group),
            "InvalidPrincipalType");
  EXPECT_EQ(code(world.grant(nobody, guest), group), "RoleDefinitionDoesNotExist");
  EXPECT_EQ(code("{}", group), "InvalidRequestContent");
  EXPECT_EQ(code(world.grant("Reader", guest), world.group() + "/providers/A.B/c/none"),
            "ResourceNotFound");
  const std::string condition = "@Resource[a:b] StringEquals 'x'";
  EXPECT_EQ(code(world.grant("Reader", guest,
                             {
                                 {"condition", condition}
  }),
                 group),
            "InvalidConditionVersion");
  EXPECT_EQ(code(world.grant("Reader", guest,
                             {
                                 {"condition",        "what?"},
                                 {"conditionVersion", "2.0"  }
  }),
                 group),
            "InvalidCondition");
  EXPECT_EQ(
      code_of(world.call("PUT", world.assignment(group, "no-guid"), world.grant("Reader", guest))),
      "InvalidRoleAssignmentId");
  EXPECT_EQ(world
                .call("PUT", world.assignment(group, nobody),
                      world.grant("Reader", nobody,
                                  {
                                      {"principalType", "User"}
  }))
                .status,
            201)
      << "a type given stands for the look-up";
}

TEST(RoleAssignments, AreListedAboveAtAndBelow) {
  RoleWorld world;
  world.make_group("other");
  world.give("Reader", world.group());
  world.give("Reader", world.group("other"));
  const std::string below = "/providers/Microsoft.Authorization/roleAssignments";
  const std::string guest = world.guest.object_id;
  EXPECT_EQ(world.count(world.sub() + below), 3u) << "the tester's own is at the subscription";
  EXPECT_EQ(world.count(world.sub() + below + "?$filter=atScope()"), 1u);
  EXPECT_EQ(world.count(world.group() + below), 2u);
  EXPECT_EQ(world.count(world.group() + below + "?$filter=atScope()"), 2u);
  const std::string by_principal = "?$filter=principalId%20eq%20'" + guest + "'";
  EXPECT_EQ(world.count(world.sub() + below + by_principal), 2u);
  EXPECT_EQ(world.count(world.group() + below + by_principal), 1u);
  EXPECT_EQ(
      world.count(world.group() + below + "?$filter=atScope()%20and%20assignedTo('" + guest + "')"),
      1u);
  EXPECT_EQ(code_of(world.call("GET", world.sub() + below + "?$filter=color%20eq%20'red'")),
            "InvalidFilterInQueryString");
  EXPECT_EQ(code_of(world.call("GET", world.sub() + below + "?$filter=principalId%20eq%20x")),
            "InvalidFilterInQueryString");
}

// What Key Vault Data Access Administrator is for: it hands out the roles of its condition.
TEST(RoleAssignments, FollowTheConditionOfTheRole) {
  RoleWorld world;
  const Application other = world.add_app("other", {});
  world.give("Key Vault Data Access Administrator", world.group());
  const auto assign = [&](const std::string& role) {
    return world.call("PUT", world.assignment(world.group(), world.random.uuid()),
                      world.grant(role, other.object_id), world.as_guest);
  };
  EXPECT_EQ(assign("Key Vault Secrets User").status, 201);
  const auto refused = assign("Owner");
  EXPECT_EQ(code_of(refused), "AuthorizationFailed");
  EXPECT_NE(refused.body.find("ABAC condition not fulfilled"), std::string::npos);
  const std::string reader = world.assignment(world.group(), world.random.uuid());
  world.call("PUT", reader, world.grant("Reader", other.object_id));
  EXPECT_EQ(world.call("DELETE", reader, "", world.as_guest).status, 403);
}

TEST(RoleAssignments, FollowTheirOwnCondition) {
  RoleWorld world;
  const Application other = world.add_app("other", {});
  world.give("Role Based Access Control Administrator", world.group(),
             {
                 {"condition",
                  "!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}) OR "
                  "@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
                  "ForAnyOfAllValues:GuidNotEquals "
                  "{8e3af657-a8ff-443c-a75c-2fe8c4bcb635}"},
                 {"conditionVersion", "2.0"               }
  });
  const auto assign = [&](const std::string& role) {
    return world.call("PUT", world.assignment(world.group(), world.random.uuid()),
                      world.grant(role, other.object_id), world.as_guest);
  };
  EXPECT_EQ(assign("Owner").status, 403);
  EXPECT_EQ(assign("Reader").status, 201);
}

// A body in another case than usual is the same body, for the condition too.
TEST(RoleAssignments, ShowTheConditionWhatIsAssigned) {
  RoleWorld world;
  world.give("Role Based Access Control Administrator", world.group(),
             {
                 {"condition",
                  "!(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] "
                  "ForAnyOfAnyValues:GuidEquals {8e3af657-a8ff-443c-a75c-2fe8c4bcb635})"},
                 {"conditionVersion", "2.0"                                             }
  });
  std::string body = world.grant("Owner", world.guest.object_id);
  const std::string id = world.assignment(world.group(), world.random.uuid());
  EXPECT_EQ(world.call("PUT", id, body, world.as_guest).status, 403);
  body.replace(body.find("roleDefinitionId"), 16, "ROLEDEFINITIONID");
  EXPECT_NE(world.call("PUT", id, body, world.as_guest).status, 201);
}

TEST(RoleAssignments, TakeTheirTimeToCount) {
  RoleWorld world;
  Fault slow;
  slow.kind = "rbac_delay";
  slow.duration = std::chrono::minutes(2);
  ASSERT_TRUE(world.cloud->faults().add(slow));
  const std::string id = world.give("Reader", world.group());
  EXPECT_EQ(world.call("GET", world.group(), "", world.as_guest).status, 403);
  EXPECT_EQ(world.call("GET", id).status, 200) << "it is there; it only does not count yet";
  world.clock.advance(std::chrono::seconds(121));
  world.token = world.token_of(world.app);
  EXPECT_EQ(world.call("GET", world.group(), "", world.as_guest).status, 200);
}

TEST(Permissions, TellWhatTheCallerMayDo) {
  RoleWorld world;
  const std::string path = world.group() + "/providers/Microsoft.Authorization/permissions";
  EXPECT_EQ(world.call("GET", path, "", world.as_guest).status, 403);
  world.give("Reader", world.sub());
  world.give("Key Vault Data Access Administrator", world.group());
  const Json shown = must(parse_json(world.call("GET", path, "", world.as_guest).body));
  const auto& list = shown.at("value").as_array();
  ASSERT_EQ(list.size(), 2u);
  const auto with_condition = std::ranges::count_if(
      list, [](const Json& one) { return one.as_object().contains("condition"); });
  EXPECT_EQ(with_condition, 1);
  for (const char* none : {"classicAdministrators", "roleEligibilitySchedules",
                           "roleAssignmentScheduleInstances", "roleManagementPolicies"}) {
    EXPECT_EQ(world.count(world.sub() + "/providers/Microsoft.Authorization/" + none), 0u) << none;
  }
}

TEST(ElevateAccess, IsForGlobalAdministrators) {
  RoleWorld world;
  const std::string path = "/providers/Microsoft.Authorization/elevateAccess";
  EXPECT_EQ(world.call("POST", path).status, 403) << "an owner of the subscription is none";
  AppSeed seed;
  seed.display_name = "root";
  seed.client_secret = Secret(testing::kSecret);
  seed.global_administrator = true;
  const Application root = must(ensure_app(*world.cloud, seed));
  const std::string as = world.token_of(root);
  EXPECT_EQ(world.call("GET", world.group(), "", as).status, 403);
  EXPECT_EQ(world.call("POST", path, "", as).status, 200);
  EXPECT_EQ(world.call("POST", path, "", as).status, 200);
  EXPECT_EQ(world.call("GET", world.group(), "", as).status, 200);
  EXPECT_EQ(world
                .call("PUT", world.assignment("/", world.random.uuid()),
                      world.grant("Owner", root.object_id), as)
                .status,
            201);
}

}  // namespace
}  // namespace armature::sandbox
