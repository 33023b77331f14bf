#include "arm/role.h"

#include <gtest/gtest.h>

#include "arm/testing.h"
#include "base/testing.h"

namespace armature::arm {
namespace {

std::vector<std::string> texts(const Json& row, std::string_view key) {
  std::vector<std::string> out;
  if (const Json* list = find(row, key)) {
    for (const Json& text : list->get_array()) out.emplace_back(as_text(text));
  }
  return out;
}

TEST(Covers, FollowsTheTable) {
  for (const Json& row : testing::cases("rbac/covers.json")) {
    const std::string pattern = text_at(row, "pattern");
    for (const auto& action : texts(row, "covers")) {
      EXPECT_TRUE(covers(pattern, action)) << pattern << " " << action;
    }
    for (const auto& action : texts(row, "not")) {
      EXPECT_FALSE(covers(pattern, action)) << pattern << " " << action;
    }
  }
}

TEST(BuiltinRoles, FollowTheTable) {
  for (const Json& row : testing::cases("rbac/roles.json")) {
    const std::string name = text_at(row, "role");
    SCOPED_TRACE(name);
    const Role* role = find_builtin_role(name);
    ASSERT_NE(role, nullptr);
    for (const auto& action : texts(row, "permits")) EXPECT_TRUE(permits(*role, action)) << action;
    for (const auto& action : texts(row, "refuses")) EXPECT_FALSE(permits(*role, action)) << action;
    for (const auto& action : texts(row, "data_permits")) {
      EXPECT_TRUE(permits(*role, action, true)) << action;
    }
  }
  EXPECT_EQ(find_builtin_role("Contribtor"), nullptr);
  EXPECT_EQ(find_builtin_role(""), nullptr);
}

TEST(SmallestBuiltinRole, PrefersTheNarrowest) {
  EXPECT_EQ(smallest_builtin_role("Microsoft.Storage/storageAccounts/write")->name,
            "Storage Account Contributor");
  EXPECT_EQ(smallest_builtin_role("Microsoft.Web/sites/write")->name, "Website Contributor");
  EXPECT_EQ(smallest_builtin_role("No.Such/thing/write")->name, "Contributor");
  EXPECT_EQ(smallest_builtin_role("No.Such/thing/read")->name, "Reader");
  EXPECT_EQ(smallest_builtin_role("Microsoft.Authorization/roleAssignments/write")->name,
            "Role Based Access Control Administrator");
}

TEST(RoleJson, GoesThereAndBack) {
  for (const Role* builtin : builtin_roles()) {
    const Role& role = *builtin;
    const auto again = role_from_json(role_to_json(role, "/subscriptions/s"));
    ASSERT_TRUE(again) << role.name;
    EXPECT_EQ(again->id, role.id);
    EXPECT_EQ(again->name, role.name);
    EXPECT_FALSE(again->custom);
    ASSERT_EQ(again->permissions.size(), role.permissions.size());
    for (std::size_t i = 0; i < role.permissions.size(); ++i) {
      EXPECT_EQ(again->permissions[i].actions, role.permissions[i].actions);
      EXPECT_EQ(again->permissions[i].not_actions, role.permissions[i].not_actions);
    }
  }
}

TEST(RoleJson, RefusesListsItCannotReadWhole) {
  for (const char* properties :
       {R"({})", R"({"roleName":"x"})", R"({"roleName":"x","permissions":[1]})",
        R"({"roleName":"x","permissions":[{"actions":["*"],"notActions":[1]}]})",
        R"({"roleName":"x","permissions":[{"actions":["*"],"notActions":"a"}]})"}) {
    const Json role = JsonObject{
        {"name",       "x"                    },
        {"properties", *parse_json(properties)}
    };
    EXPECT_FALSE(role_from_json(role)) << properties;
  }
}

TEST(RoleJson, ReadsEveryRoleOfTheCorpus) {
  const auto path = testing::corpus("builtin-roles.json");
  if (!path) GTEST_SKIP() << "no corpus: set ARMATURE_CORPUS to the folder of shared data";
  const auto roles = parse_json(*read_file(*path));
  ASSERT_TRUE(roles);
  std::size_t known = 0;
  for (const Json& definition : roles->get_array()) {
    const auto role = role_from_json(definition);
    ASSERT_TRUE(role) << dump(definition).substr(0, 200);
    if (const Role* builtin = find_builtin_role(role->name)) {
      ++known;
      EXPECT_EQ(builtin->id, role->id);
    }
  }
  EXPECT_GT(roles->get_array().size(), 900u);
  EXPECT_EQ(known, builtin_roles().size());
}

// Adding a permission to a role never takes a right away.
TEST(Permits, GrowsWithEveryPermission) {
  testing::FakeRandom random;
  std::vector<std::string> actions, patterns;
  for (const Role* role : builtin_roles()) {
    for (const Permission& p : role->permissions) {
      patterns.insert(patterns.end(), p.actions.begin(), p.actions.end());
    }
  }
  for (const std::string& pattern : patterns) {
    if (pattern.find('*') == std::string::npos) actions.push_back(pattern);
  }
  ASSERT_GT(actions.size(), 100u);
  const auto any_of = [&](const auto& from) { return from[random.u64() % from.size()]; };
  for (int round = 0; round < 200; ++round) {
    Role role;
    for (int i = 0; i < 3; ++i) {
      role.permissions.push_back({
          {any_of(patterns), any_of(patterns)},
          {any_of(patterns)               },
          {     },
          {                           }
      });
    }
    Role more = role;
    more.permissions.push_back({{any_of(patterns)}, {any_of(patterns)}, {}, {}});
    for (int i = 0; i < 50; ++i) {
      const std::string action = any_of(actions);
      if (permits(role, action)) {
        EXPECT_TRUE(permits(more, action)) << action;
      }
    }
  }
}

}  // namespace
}  // namespace armature::arm
