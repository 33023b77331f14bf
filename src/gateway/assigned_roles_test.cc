#include "gateway/assigned_roles.h"

#include <gtest/gtest.h>

#include <ostream>

namespace armature::gateway {
namespace {

constexpr auto kReader = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

struct Row {
  const char* role;
  bool readable;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.role; }

class RoleAsks : public ::testing::TestWithParam<Row> {};

TEST_P(RoleAsks, TakesOnlyARoleThatStandsInTheTemplate) {
  const Json body = JsonObject{
      {"properties",
       {{"template",
         {{"resources",
           JsonArray{JsonObject{{"type", "Microsoft.Authorization/roleAssignments"},
                                {"properties", {{"roleDefinitionId", GetParam().role}}}}}}}}}}
  };
  const auto asks = role_asks(
      {
          {"Microsoft.Authorization/roleAssignments/write", "/s"}
  },
      body);
  ASSERT_EQ(asks.has_value(), GetParam().readable);
  if (!asks) return;
  ASSERT_EQ(asks->size(), 1u);
  EXPECT_EQ(asks->front().assigns_role_id, kReader);
  EXPECT_EQ(asks->front().scope, "/s");
}

const Row kRows[] = {
    {"acdd72a7-3385-48ef-bd42-f606fba81ae7",                                                    true },
    {"/providers/Microsoft.Authorization/roleDefinitions/ACDD72A7-3385-48ef-bd42-f606fba81ae7",
     true                                                                                            },
    {"[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', "
     "'acdd72a7-3385-48ef-bd42-f606fba81ae7')]",                                           true },
    {"[concat(subscription().id, '/providers/Microsoft.Authorization/roleDefinitions/', "
     "'acdd72a7-3385-48ef-bd42-f606fba81ae7')]",                                           true },
    {"[parameters('role')]",                                                                    false},
    {"[if(true(), parameters('x'), 'acdd72a7-3385-48ef-bd42-f606fba81ae7')]",                   false},
    {"[concat(parameters('p'), 'acdd72a7-3385-48ef-bd42-f606fba81ae7')]",                       false},
    {"[replace('acdd72a7-3385-48ef-bd42-f606fba81ae7','a','b')]",                               false},
    {"[concat('/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7', '0')]",                  false},
    {"[concat('x', '0acdd72a7-3385-48ef-bd42-f606fba81ae7')]",                                  false},
    {"",                                                                                        false},
};
INSTANTIATE_TEST_SUITE_P(Table, RoleAsks, ::testing::ValuesIn(kRows));

TEST(RoleAsks, ATemplateWithoutRoleAssignmentsAsksNothingMore) {
  const auto asks = role_asks(
      {
          {"Microsoft.Storage/storageAccounts/write", "/s"}
  },
      Json());
  ASSERT_TRUE(asks);
  EXPECT_TRUE(asks->empty());
}

TEST(RoleAsks, EveryRoleMustBeAssignableAtEveryScope) {
  const auto body = parse_json(R"({"properties":{"template":{"resources":{
    "a":{"type":"Microsoft.Authorization/roleAssignments","properties":{"roleDefinitionId":"acdd72a7-3385-48ef-bd42-f606fba81ae7"}},
    "n":{"type":"Microsoft.Resources/deployments","properties":{"template":{"resources":[
      {"type":"Microsoft.Storage/storageAccounts/providers/roleAssignments","properties":{"roleDefinitionId":"b24988ac-6180-42a0-ab88-20f7382dd24c"}}]}}}}}}})");
  ASSERT_TRUE(body);
  const std::string action = "Microsoft.Authorization/roleAssignments/write";
  const auto asks = role_asks(
      {
          {action, "/s"   },
          {action, "/s/rg"}
  },
      *body);
  ASSERT_TRUE(asks);
  EXPECT_EQ(asks->size(), 4u);
}

}  // namespace
}  // namespace armature::gateway
