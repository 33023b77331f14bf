#include "arm/condition.h"

#include <gtest/gtest.h>

#include "arm/role.h"
#include "arm/testing.h"

namespace armature::arm {
namespace {

ConditionFacts facts_of(const Json& row) {
  ConditionFacts facts;
  for (const auto& member : row.get_object()) {
    if (member.key() == "action") {
      facts.action = as_text(member.value());
    } else if (member.key() == "sub") {
      facts.sub_operation = as_text(member.value());
    } else {
      facts.attributes[std::string(member.key())] = member.value();
    }
  }
  return facts;
}

TEST(Conditions, FollowTheTable) {
  for (const Json& row : testing::cases("rbac/conditions.json")) {
    SCOPED_TRACE(text_at(row, "condition"));
    const auto condition = Condition::parse(text_at(row, "condition"));
    if (bool_at(row, "invalid")) {
      EXPECT_FALSE(condition);
      continue;
    }
    ASSERT_TRUE(condition) << condition.error().message;
    for (const Json& facts : row.at("holds").as_array()) {
      EXPECT_TRUE(condition->holds(facts_of(facts))) << dump(facts);
    }
    for (const Json& facts : row.at("not").as_array()) {
      EXPECT_FALSE(condition->holds(facts_of(facts))) << dump(facts);
    }
  }
}

// Those that Azure's own roles carry, on what they are written for.
TEST(Conditions, OfBuiltInRolesAreRead) {
  int with_condition = 0;
  for (const Role* role : builtin_roles()) {
    for (const Permission& permission : role->permissions) {
      if (permission.condition.empty()) continue;
      ++with_condition;
      const auto condition = Condition::parse(permission.condition);
      EXPECT_TRUE(condition) << role->name << ": " << condition.error().message;
      // What a condition guards is never open to a call that says nothing about itself.
      ConditionFacts silent;
      silent.action = "Microsoft.Authorization/roleAssignments/write";
      const bool about_writes =
          permission.condition.find("roleAssignments/write") != std::string::npos;
      if (condition && about_writes) {
        EXPECT_FALSE(condition->holds(silent)) << role->name;
      }
    }
  }
  EXPECT_GE(with_condition, 29);
}

TEST(Conditions, OfKeyVaultDataAccessAdministrator) {
  const Role* role = find_builtin_role("Key Vault Data Access Administrator");
  ASSERT_NE(role, nullptr);
  const auto condition = Condition::parse(role->permissions.at(0).condition);
  ASSERT_TRUE(condition);
  const auto may_assign = [&](const char* source, const char* action, const char* guid) {
    ConditionFacts facts;
    facts.action = std::string("Microsoft.Authorization/roleAssignments/") + action;
    facts.set(source, "Microsoft.Authorization/roleAssignments:RoleDefinitionId", guid);
    return condition->holds(facts);
  };
  const char* secrets_user = "4633458b-17de-408a-b874-0445c86b69e6";
  const char* owner = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
  EXPECT_TRUE(may_assign("Request", "write", secrets_user));
  EXPECT_FALSE(may_assign("Request", "write", owner));
  EXPECT_FALSE(may_assign("Resource", "write", secrets_user));
  EXPECT_TRUE(may_assign("Resource", "delete", secrets_user));
  EXPECT_FALSE(may_assign("Resource", "delete", owner));
}

TEST(Conditions, AreBounded) {
  const std::string core = "Exists @Request[a:b]";
  EXPECT_TRUE(Condition::parse(std::string(60, '(') + core + std::string(60, ')')));
  EXPECT_FALSE(Condition::parse(std::string(70, '(') + core + std::string(70, ')')));
  EXPECT_FALSE(Condition::parse(std::string(2000, '!') + core));
  EXPECT_FALSE(Condition::parse(core + std::string(Condition::kMaxSize, ' ')));
  std::string wide = core;
  while (wide.size() + core.size() + 4 < Condition::kMaxSize) wide += " OR " + core;
  EXPECT_TRUE(Condition::parse(wide));
}

}  // namespace
}  // namespace armature::arm
