// Properties of a decision over random sets of role assignments, on a state without a file.
#include <gtest/gtest.h>

#include "sandbox/rbac.h"
#include "sandbox/rbac/hierarchy.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::must;

struct Field {
  armature::testing::FakeClock clock;
  armature::testing::FakeRandom random;
  armature::testing::CaptureLog log;
  http::Runtime runtime{
      {1, 1}
  };
  std::unique_ptr<Cloud> cloud;
  std::vector<std::string> scopes;
  std::vector<const arm::Role*> roles;
  std::vector<std::pair<std::string, std::string>> asks;  // action, scope

  Field() {
    cloud = must(Cloud::open(Options{}, runtime, nullptr, clock, random, log.log));
    const std::string sub = "/subscriptions/" + cloud->subscription();
    const std::string account =
        sub + "/resourceGroups/a/providers/Microsoft.Storage/storageAccounts/s";
    scopes = {"/",
              management_group_id("corp"),
              sub,
              sub + "/resourceGroups/a",
              sub + "/resourceGroups/b",
              account,
              account + "/blobServices/default"};
    must(cloud->store().change([&](Change& change) {
      ManagementGroup corp;
      corp.name = "corp";
      change.put("corp", corp);
      change.put(cloud->subscription(), Placement{"corp"});
      return 0;
    }));
    const std::vector<std::string> actions = {
        "Microsoft.Storage/storageAccounts/write", "Microsoft.Storage/storageAccounts/read",
        "Microsoft.Storage/storageAccounts/listKeys/action",
        "Microsoft.Authorization/roleAssignments/write",
        "Microsoft.Resources/subscriptions/resourceGroups/delete"};
    for (const auto& action : actions) {
      for (const auto& scope : scopes) asks.emplace_back(action, scope);
    }
    for (const arm::Role* role : arm::builtin_roles()) {
      const bool of_use =
          std::ranges::any_of(actions, [&](const auto& a) { return arm::permits(*role, a); });
      if (of_use) roles.push_back(role);
    }
  }

  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[random.u64() % from.size()];
  }
  std::string put(const std::string& principal) {
    Assignment item;
    item.scope = pick(scopes);
    item.name = random.uuid();
    item.id = (item.scope == "/" ? "" : item.scope) +
              "/providers/Microsoft.Authorization/roleAssignments/" + item.name;
    item.principal_id = principal;
    item.role_id = pick(roles)->id;
    const std::string key = testing::World::to_key(item.id);
    must(cloud->store().change([&](Change& change) {
      change.put(key, item);
      return 0;
    }));
    return key;
  }
  void take(const std::string& key) {
    must(cloud->store().change([&](Change& change) {
      change.erase<Assignment>(key);
      return 0;
    }));
  }
  std::vector<bool> rights(const std::string& principal) {
    return cloud->store().read([&](const State& state) {
      std::vector<bool> out;
      for (const auto& [action, scope] : asks) {
        out.push_back(may(*cloud, state, principal, action, scope));
      }
      return out;
    });
  }
};

// Every right in `less` is in `more`.
bool within(const std::vector<bool>& less, const std::vector<bool>& more) {
  for (std::size_t i = 0; i < less.size(); ++i) {
    if (less[i] && !more[i]) return false;
  }
  return true;
}

TEST(DecideAccess, GrantsOnlyAddAndTheirEndOnlyTakes) {
  Field field;
  int gained = 0, lost = 0;
  for (int round = 0; round < 60; ++round) {
    const std::string principal = field.random.uuid();
    std::vector<std::string> given;
    auto before = field.rights(principal);
    EXPECT_TRUE(std::ranges::none_of(before, [](bool right) { return right; }));
    for (int i = 0; i < 4; ++i) {
      given.push_back(field.put(principal));
      auto after = field.rights(principal);
      EXPECT_TRUE(within(before, after)) << "a grant took a right away";
      gained += before == after ? 0 : 1;
      before = std::move(after);
    }
    while (!given.empty()) {
      const std::size_t at = field.random.u64() % given.size();
      field.take(given[at]);
      given.erase(given.begin() + static_cast<std::ptrdiff_t>(at));
      auto after = field.rights(principal);
      EXPECT_TRUE(within(after, before)) << "the end of a grant gave a right";
      lost += before == after ? 0 : 1;
      before = std::move(after);
    }
    EXPECT_TRUE(std::ranges::none_of(before, [](bool right) { return right; }));
  }
  EXPECT_GT(gained, 50);
  EXPECT_GT(lost, 50);
}

// The index answers as reading every assignment would.
TEST(DecideAccess, AgreesWithAScanOfAllAssignments) {
  Field field;
  const std::vector<std::string> principals = {field.random.uuid(), field.random.uuid(),
                                               field.random.uuid()};
  for (int i = 0; i < 12; ++i) field.put(field.pick(principals));
  field.cloud->store().read([&](const State& state) {
    for (const std::string& principal : principals) {
      for (const auto& [action, scope] : field.asks) {
        const bool scanned = std::ranges::any_of(state.table<Assignment>(), [&](const auto& item) {
          const arm::Role* role = find_role(state, item.second.role_id);
          return item.second.principal_id == principal && role && arm::permits(*role, action) &&
                 at_or_above(state, item.second.scope, scope);
        });
        EXPECT_EQ(may(*field.cloud, state, principal, action, scope), scanned)
            << action << " " << scope;
      }
    }
    return 0;
  });
}

}  // namespace
}  // namespace armature::sandbox
