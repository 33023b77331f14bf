#include <gtest/gtest.h>

#include "sandbox/rbac/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::RoleWorld;

constexpr const char* kGuid = "22222222-2222-4222-8222-222222222222";

struct DefinitionWorld : RoleWorld {
  std::string roles() const { return sub() + "/providers/Microsoft.Authorization/roleDefinitions"; }
  std::string role(const std::string& guid = kGuid) const { return roles() + "/" + guid; }
  std::string body(JsonObject permission, JsonArray scopes, const std::string& name = "Tagger") {
    return dump(JsonObject{
        {"properties", JsonObject{{"roleName", name},
                                  {"description", "d"},
                                  {"type", "CustomRole"},
                                  {"permissions", JsonArray{std::move(permission)}},
                                  {"assignableScopes", std::move(scopes)}}}
    });
  }
  static JsonObject writes_storage() {
    return {
        {"actions", JsonArray{"Microsoft.Storage/*/write"}}
    };
  }
};

TEST(RoleDefinitions, OfCustomRolesCountLikeBuiltInOnes) {
  DefinitionWorld world;
  const std::string body = world.body(world.writes_storage(), {Json(world.sub())});
  EXPECT_EQ(world.call("PUT", world.role(), body).status, 201);
  EXPECT_EQ(world.call("PUT", world.role(), body).status, 201);
  EXPECT_EQ(world.effect(world.role()).updated, 0) << "the same body changes nothing";
  world.give(kGuid, world.group());
  world.restart();
  world.as_guest = world.token_of(world.guest);
  const std::string account = world.group() + "/providers/Microsoft.Storage/storageAccounts/a";
  EXPECT_EQ(world.call("PUT", account, R"({"location":"eastus"})", world.as_guest).status, 200);
  EXPECT_EQ(world.call("GET", world.group(), "", world.as_guest).status, 403);
  const Json shown = world.get(world.role()).at("properties");
  EXPECT_EQ(text_at(shown, "type"), "CustomRole");
  EXPECT_EQ(text_at(shown, "createdBy"), world.app.object_id);
  EXPECT_EQ(code_of(world.call("DELETE", world.role())), "RoleDefinitionHasAssignments");
  const JsonObject reads{
      {"actions", JsonArray{"*/read"}}
  };
  EXPECT_EQ(world.call("PUT", world.role(), world.body(reads, {Json(world.sub())})).status, 201);
  EXPECT_EQ(world.call("GET", world.group(), "", world.as_guest).status, 200);
  EXPECT_EQ(world.call("DELETE", account, "", world.as_guest).status, 403);
}

TEST(RoleDefinitions, AreListedByFilter) {
  DefinitionWorld world;
  const std::size_t builtin = arm::builtin_roles().size();
  EXPECT_EQ(world.count(world.roles()), builtin);
  world.call("PUT", world.role(), world.body(world.writes_storage(), {Json(world.group())}));
  EXPECT_EQ(world.count(world.roles() + "?$filter=roleName%20eq%20'reader'"), 1u);
  EXPECT_EQ(world.count(world.roles() + "?$filter=type%20eq%20'CustomRole'"), 0u)
      << "it is assignable below only";
  EXPECT_EQ(
      world.count(world.roles() + "?$filter=atScopeAndBelow()%20and%20type%20eq%20'CustomRole'"),
      1u);
  const std::string in_group = world.group() + "/providers/Microsoft.Authorization/roleDefinitions";
  EXPECT_EQ(world.count(in_group + "?$filter=type%20eq%20'CustomRole'"), 1u);
  EXPECT_EQ(world.count(in_group + "?$filter=roleName%20eq%20'tagger'"), 1u);
  EXPECT_EQ(world.count(in_group), builtin + 1);
  EXPECT_EQ(code_of(world.call("GET", world.roles() + "?$filter=size%20eq%20'1'")),
            "InvalidFilterInQueryString");
  EXPECT_EQ(code_of(world.call("GET", world.role("33333333-3333-4333-8333-333333333333"))),
            "RoleDefinitionDoesNotExist");
  const std::string reader =
      "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";
  for (const std::string& below : {std::string(), world.sub(), world.group()}) {
    EXPECT_EQ(text_at(world.get(below + reader), "properties.roleName"), "Reader") << below;
  }
  EXPECT_EQ(text_at(world.get(reader), "id"), reader);
  EXPECT_EQ(text_at(world.get(world.group() + reader), "id"), world.sub() + reader);
}

TEST(RoleDefinitions, RefuseWhatArmRefuses) {
  DefinitionWorld world;
  const Json sub(world.sub());
  const auto code = [&](const std::string& body, const std::string& path = "") {
    return code_of(world.call("PUT", path.empty() ? world.role() : path, body));
  };
  const auto with = [&](const char* list, const char* action) {
    return world.body(
        {
            {list, JsonArray{action}}
    },
        {sub});
  };
  EXPECT_EQ(code(with("actions", "Microsoft.Nowhere/things/read")), "InvalidActionOrNotAction");
  EXPECT_EQ(code(with("actions", "Microsoft.Storage/storageAccounts")), "InvalidActionOrNotAction");
  EXPECT_EQ(code(with("notActions", "read")), "InvalidActionOrNotAction");
  EXPECT_EQ(code(with("dataActions", "Nowhere/x/read")), "InvalidDataActionOrNotDataAction");
  EXPECT_EQ(code(with("actions", "")), "InvalidActionOrNotAction");
  EXPECT_EQ(code(world.body(world.writes_storage(), {})), "InvalidRoleDefinitionAssignableScopes");
  const std::string resource = world.group() + "/providers/Microsoft.Storage/storageAccounts/a";
  EXPECT_EQ(code(world.body(world.writes_storage(), {Json(resource)})),
            "InvalidRoleDefinitionAssignableScopes");
  EXPECT_EQ(code(world.body(world.writes_storage(), {Json("/")})), "LinkedAuthorizationFailed")
      << "a right at the root scope is needed first";
  EXPECT_EQ(code(world.body(world.writes_storage(), {Json("nowhere")})), "LinkedInvalidPropertyId");
  EXPECT_EQ(code(world.body(world.writes_storage(),
                            {Json("/subscriptions/99999999-9999-4999-8999-999999999999")})),
            "LinkedAuthorizationFailed");
  EXPECT_EQ(code(world.body(world.writes_storage(), {sub}, "READER")),
            "RoleDefinitionWithSameNameExists");
  EXPECT_EQ(code(world.body(world.writes_storage(), {sub}, std::string(513, 'x'))),
            "InvalidRoleDefinitionName");
  EXPECT_EQ(code(world.body(world.writes_storage(), {sub}), world.role("x")),
            "InvalidRoleDefinitionId");
  EXPECT_EQ(code(world.body(world.writes_storage(), {sub}),
                 world.role("acdd72a7-3385-48ef-bd42-f606fba81ae7")),
            "RoleDefinitionUpdateNotPermitted");
  EXPECT_EQ(code("[]"), "InvalidRequestContent");
  EXPECT_EQ(code(R"({"properties":{"roleName":"x","permissions":"all"}})"),
            "InvalidRequestContent");
  EXPECT_EQ(world.call("PUT", world.role(), world.body(world.writes_storage(), {sub})).status, 201);
  EXPECT_EQ(code(world.body(world.writes_storage(), {sub}, "tagger"),
                 world.role("33333333-3333-4333-8333-333333333333")),
            "RoleDefinitionWithSameNameExists");
  EXPECT_EQ(world.call("DELETE", world.role()).status, 200);
  EXPECT_EQ(world.call("DELETE", world.role()).status, 204);
}

TEST(RoleDefinitions, NeedTheRightAtEveryScope) {
  DefinitionWorld world;
  world.make_group("other");
  world.give("Owner", world.group());
  const std::string in_group =
      world.group() + "/providers/Microsoft.Authorization/roleDefinitions/" + kGuid;
  const std::string one = world.body(world.writes_storage(), {Json(world.group())});
  const std::string both =
      world.body(world.writes_storage(), {Json(world.group()), Json(world.group("other"))});
  const auto refused = world.call("PUT", in_group, both, world.as_guest);
  EXPECT_EQ(code_of(refused), "LinkedAuthorizationFailed");
  EXPECT_NE(refused.body.find("/resourceGroups/other'"), std::string::npos);
  EXPECT_EQ(world.call("PUT", in_group, one, world.as_guest).status, 201);
  EXPECT_EQ(world.call("PUT", in_group, both).status, 201);
  EXPECT_EQ(code_of(world.call("DELETE", in_group, "", world.as_guest)), "AuthorizationFailed");
  EXPECT_EQ(code_of(world.call("PUT", world.assignment(world.sub(), kGuid),
                               world.grant(kGuid, world.guest.object_id))),
            "RoleDefinitionDoesNotExist")
      << "not assignable at the subscription";
}

}  // namespace
}  // namespace armature::sandbox
