#include "arm/operation.h"

#include <gtest/gtest.h>

#include "arm/testing.h"

namespace armature::arm {
namespace {

const char* word(Repeat repeat) {
  switch (repeat) {
    case Repeat::kSafe:
      return "safe";
    case Repeat::kIdempotent:
      return "idempotent";
    case Repeat::kConditional:
      return "conditional";
    case Repeat::kNever:
      return "never";
  }
  return "";
}

Result<Operation> read(const std::string& request) {
  const auto blank = request.find(' ');
  return operation_of(request.substr(0, blank), request.substr(blank + 1));
}

TEST(OperationOf, FollowsTheTable) {
  const JsonArray rows = testing::cases("rbac/operations.json");
  ASSERT_GT(rows.size(), 60u);
  for (const Json& row : rows) {
    const std::string request = text_at(row, "request");
    SCOPED_TRACE(request);
    const auto op = read(request);
    if (bool_at(row, "invalid")) {
      ASSERT_FALSE(op) << op->action;
      EXPECT_EQ(op.error().code, Code::kInvalid);
      continue;
    }
    ASSERT_TRUE(op) << op.error().message;
    EXPECT_EQ(op->action, text_at(row, "action"));
    EXPECT_EQ(op->scope, text_at(row, "scope"));
    EXPECT_STREQ(word(op->repeat), text_at(row, "repeat", "safe").c_str());
    EXPECT_EQ(op->mutates, op->repeat != Repeat::kSafe);
    EXPECT_EQ(op->is_collection, bool_at(row, "collection"));
    EXPECT_EQ(op->is_deployment, bool_at(row, "deployment"));
    EXPECT_EQ(op->is_operation_poll, bool_at(row, "poll"));
    EXPECT_EQ(op->returns_secrets, bool_at(row, "secrets"));
    // The canonical target means the same: reading it again changes nothing.
    const auto again = operation_of(op->method, op->target);
    ASSERT_TRUE(again) << op->target;
    EXPECT_EQ(again->action, op->action);
    EXPECT_EQ(again->scope, op->scope);
    EXPECT_EQ(again->target, op->target);
  }
}

TEST(OperationOf, KeepsTheQueryAndDecodesNames) {
  const auto op = operation_of(
      "GET", "/subscriptions/S/resourcegroups/my%20group?$top=5&Api-Version=2021-04-01");
  ASSERT_TRUE(op) << op.error().message;
  EXPECT_EQ(op->target, "/subscriptions/s/resourceGroups/my group");
  EXPECT_EQ(op->query, "$top=5&Api-Version=2021-04-01");
  EXPECT_EQ(op->api_version, "2021-04-01");
}

TEST(RoleGrantRequest, ReadsRoleAndPrincipal) {
  const auto request = role_grant_request(*parse_json(
      R"({"properties":{"roleDefinitionId":"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/ACDD72A7-3385-48ef-bd42-f606fba81ae7","principalId":"p"}})"));
  ASSERT_TRUE(request);
  EXPECT_EQ(request->role_definition_id, "acdd72a7-3385-48ef-bd42-f606fba81ae7");
  EXPECT_EQ(request->principal_id, "p");
  for (const char* body :
       {"{}", "[]", "1", R"({"properties":{}})", R"({"properties":{"principalId":"p"}})",
        R"({"properties":{"roleDefinitionId":"x/y","principalId":"p"}})",
        R"({"properties":{"roleDefinitionId":"acdd72a7-3385-48ef-bd42-f606fba81ae7"}})"}) {
    EXPECT_FALSE(role_grant_request(*parse_json(body))) << body;
  }
}

}  // namespace
}  // namespace armature::arm
