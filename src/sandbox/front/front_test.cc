// ARM in front of every resource: locks, tags, providers and their registration.
#include "base/bytes.h"
#include "sandbox/front/testing.h"

namespace armature::sandbox {
namespace {

using testing::ArmFront;
using testing::code_of;
using testing::kAccount;
using testing::must;
using testing::Names;

TEST_F(ArmFront, LocksAreMadeListedAndGone) {
  put_account("acc1");
  lock(world.group(), "group-lock", "CanNotDelete");
  lock(account("acc1"), "own", "ReadOnly");
  lock(world.sub(), "top", "CanNotDelete");
  const Json one = world.get(locks(world.group(), "group-lock"));
  EXPECT_EQ(text_at(one, "properties.level"), "CanNotDelete");
  EXPECT_EQ(text_at(one, "properties.notes"), "why");
  EXPECT_EQ(text_at(one, "type"), "Microsoft.Authorization/locks");
  EXPECT_FALSE(at(one, "properties.provisioningState"));
  EXPECT_EQ(names(world.get(locks(world.sub()))), (Names{"group-lock", "own", "top"}));
  EXPECT_EQ(names(world.get(locks(world.group()))), (Names{"group-lock", "own", "top"}));
  EXPECT_EQ(names(world.get(locks(world.group()) + "&$filter=atScope()")),
            (Names{"group-lock", "top"}));
  EXPECT_EQ(names(world.get(locks(account("acc1")))), (Names{"group-lock", "own", "top"}));
  EXPECT_EQ(code_of(world.call("DELETE", account("acc1"))), "ScopeLocked");
  EXPECT_EQ(world.call("GET", account("acc1")).status, 200);
  // Locks do not hold back the changes of locks.
  EXPECT_EQ(world.call("DELETE", locks(account("acc1"), "own")).status, 200);
  EXPECT_EQ(world.call("DELETE", locks(account("acc1"), "own")).status, 204);
  EXPECT_EQ(world.call("DELETE", locks(world.group(), "group-lock")).status, 200);
  EXPECT_EQ(code_of(world.call("DELETE", account("acc1"))), "ScopeLocked");
  EXPECT_EQ(world.call("DELETE", locks(world.sub(), "top")).status, 200);
  EXPECT_EQ(world.call("DELETE", account("acc1")).status, 200);
}

TEST_F(ArmFront, AScopeHasTwentyLocksAtMost) {
  for (int i = 0; i < 20; ++i) lock(world.group(), "l" + std::to_string(i), "ReadOnly");
  EXPECT_EQ(code_of(world.call("PUT", locks(world.group(), "l20"),
                               R"({"properties":{"level":"ReadOnly"}})")),
            "LockCountQuotaExceeded");
  EXPECT_EQ(
      world.call("PUT", locks(world.group(), "l3"), R"({"properties":{"level":"CanNotDelete"}})")
          .status,
      200);
}

TEST_F(ArmFront, LocksNeedARightOfTheirOwn) {
  const auto contributor = world.token_of(world.add_app("c", {
                                                                 {"Contributor", ""}
  }));
  const auto put = world.call("PUT", locks(world.group(), "l"),
                              R"({"properties":{"level":"ReadOnly"}})", contributor);
  EXPECT_EQ(code_of(put), "AuthorizationFailed");
}

TEST_F(ArmFront, TagsOfAnyScope) {
  put_account("acc1");
  const auto tags = [](const std::string& scope) {
    return scope + "/providers/Microsoft.Resources/tags/default";
  };
  for (const std::string& scope : {world.sub(), world.group(), account("acc1")}) {
    SCOPED_TRACE(scope);
    const auto made =
        world.call("PUT", tags(scope), R"({"properties":{"tags":{"Team":"A","env":"dev"}}})");
    EXPECT_EQ(made.status, 200) << made.body;
    world.call("PATCH", tags(scope),
               R"({"operation":"Merge","properties":{"tags":{"TEAM":"B","cost":"1"}}})");
    EXPECT_EQ(text_at(world.get(tags(scope)), "properties.tags.Team"), "B")
        << "the name's own case";
    world.call("PATCH", tags(scope),
               R"({"operation":"Delete","properties":{"tags":{"cost":"2","ENV":""}}})");
    const Json kept = world.get(tags(scope));
    EXPECT_EQ(text_at(kept, "properties.tags.cost"), "1") << "another value is another pair";
    EXPECT_FALSE(at(kept, "properties.tags.env"));
    world.call("PATCH", tags(scope),
               R"({"operation":"Replace","properties":{"tags":{"only":"this"}}})");
    EXPECT_EQ(dump(*at(world.get(tags(scope)), "properties.tags")), R"({"only":"this"})");
  }
  EXPECT_EQ(text_at(world.get(world.sub()), "tags.only"), "this");
  EXPECT_EQ(text_at(world.get(world.group()), "tags.only"), "this");
  EXPECT_EQ(text_at(world.get(account("acc1")), "tags.only"), "this");
  EXPECT_EQ(world.call("DELETE", tags(account("acc1"))).status, 200);
  EXPECT_EQ(dump(*at(world.get(tags(account("acc1"))), "properties.tags")), "{}");
  world.restart();
  EXPECT_EQ(text_at(world.get(world.sub()), "tags.only"), "this");
}

TEST_F(ArmFront, TagNamesCountTheirUses) {
  put_account("acc1");
  world.call("PATCH", account("acc1"), R"({"tags":{"Team":"A"}})");
  world.call("PATCH", world.group(), R"({"tags":{"team":"A"}})");
  EXPECT_EQ(world.call("PUT", world.sub() + "/tagNames/cost").status, 201);
  EXPECT_EQ(world.call("PUT", world.sub() + "/tagNames/cost").status, 200);
  EXPECT_EQ(world.call("PUT", world.sub() + "/tagNames/cost/tagValues/1").status, 201);
  const Json list = world.get(world.sub() + "/tagNames");
  ASSERT_EQ(list.at("value").as_array().size(), 2u) << dump(list);
  for (const Json& item : list.at("value").as_array()) {
    const bool team = to_lower(text_at(item, "tagName")) == "team";
    EXPECT_EQ(int_at(item, "count.value"), team ? 2 : 0);
    EXPECT_EQ(item.at("values").as_array().size(), 1u);
  }
  EXPECT_EQ(code_of(world.call("DELETE", world.sub() + "/tagNames/cost")), "TagNameHasValues");
  EXPECT_EQ(world.call("DELETE", world.sub() + "/tagNames/cost/tagValues/1").status, 200);
  EXPECT_EQ(world.call("DELETE", world.sub() + "/tagNames/cost").status, 200);
  EXPECT_EQ(world.call("DELETE", world.sub() + "/tagNames/cost").status, 204);
}

TEST_F(ArmFront, ProvidersAreThereAndCanBeRegistered) {
  const Json storage = world.get(world.sub() + "/providers/microsoft.storage");
  EXPECT_EQ(text_at(storage, "namespace"), "Microsoft.Storage");
  EXPECT_EQ(text_at(storage, "registrationState"), "Registered");
  bool found = false;
  for (const Json& type : storage.at("resourceTypes").as_array()) {
    if (text_at(type, "resourceType") != "storageAccounts") continue;
    found = true;
    EXPECT_GT(type.at("apiVersions").as_array().size(), 20u);
    EXPECT_EQ(type.at("locations").as_array().size(), 62u);
    EXPECT_NE(text_at(type, "capabilities").find("SupportsTags"), std::string::npos);
  }
  EXPECT_TRUE(found);
  EXPECT_GT(world.get("/providers").at("value").as_array().size(), 280u);
  EXPECT_GT(world.get(world.sub() + "/providers").at("value").as_array().size(), 280u);
  EXPECT_EQ(world.get(world.sub() + "/locations").at("value").as_array().size(), 102u);

  put_account("acc1");
  EXPECT_EQ(world.call("POST", world.sub() + "/providers/Microsoft.Storage/unregister").status,
            409);
  world.call("DELETE", account("acc1"));
  EXPECT_EQ(world.call("POST", world.sub() + "/providers/Microsoft.Storage/unregister").status,
            200);
  const auto refused = world.call("PUT", account("acc1"), kAccount);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code_of(refused), "MissingSubscriptionRegistration");
  EXPECT_EQ(
      text_at(must(parse_json(refused.body)).at("error").at("details").as_array()[0], "target"),
      "Microsoft.Storage");
  EXPECT_EQ(world.call("POST", world.sub() + "/providers/Microsoft.Storage/register").status, 200);
  EXPECT_EQ(world.call("PUT", account("acc1"), kAccount).status, 200);
}

TEST_F(ArmFront, RegistrationTakesItsTimeWhereItIsRequired) {
  world.require_registration = true;
  world.provisioning_time = std::chrono::seconds(5);
  world.restart();
  const std::string provider = world.sub() + "/providers/Microsoft.Storage";
  EXPECT_EQ(text_at(world.get(provider), "registrationState"), "NotRegistered");
  EXPECT_EQ(code_of(world.call("PUT", account("acc1"), kAccount)),
            "MissingSubscriptionRegistration");
  EXPECT_EQ(text_at(world.get(world.sub() + "/providers/Microsoft.Resources"), "registrationState"),
            "Registered");
  world.call("POST", provider + "/register");
  EXPECT_EQ(text_at(world.get(provider), "registrationState"), "Registering");
  world.clock.advance(std::chrono::seconds(6));
  EXPECT_EQ(text_at(world.get(provider), "registrationState"), "Registered");
  EXPECT_EQ(world.call("PUT", account("acc1"), kAccount).status, 200);
}

}  // namespace
}  // namespace armature::sandbox
