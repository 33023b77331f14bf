#include "access/grant.h"

#include <gtest/gtest.h>

#include "access/testing.h"

namespace armature::access {
namespace {

using armature::testing::attempt_of;
using armature::testing::grant_of;

TEST(MakeGrant, ResolvesRolesAndScope) {
  const auto grant = make_grant("contributor", "/Subscriptions/S1/resourcegroups/Rg/",
                                {"Reader", "b24988ac-6180-42a0-ab88-20f7382dd24c"}, "a.yaml:3");
  ASSERT_TRUE(grant) << grant.error().message;
  EXPECT_EQ(grant->role.name, "Contributor");
  EXPECT_EQ(grant->scope, "/subscriptions/s1/resourceGroups/Rg");
  ASSERT_EQ(grant->assignable_roles.size(), 2u);
  EXPECT_EQ(grant->assignable_roles[1].name, "Contributor");
}

TEST(MakeGrant, SaysWhatIsWrongAndWhere) {
  const struct {
    const char* role;
    const char* scope;
    std::vector<std::string> assignable;
    const char* says;
  } kTable[] = {
      {"Contributer", "/",               {},       "did you mean 'Contributor'"},
      {"Reader",      "subscriptions/s", {},       "scope 'subscriptions/s'"   },
      {"Reader",      "",                {},       "scope ''"                  },
      {"Reader",      "/",               {"Ownr"}, "did you mean 'Owner'"      },
  };
  for (const auto& row : kTable) {
    const auto grant = make_grant(row.role, row.scope, row.assignable, "a.yaml:3");
    ASSERT_FALSE(grant) << row.says;
    EXPECT_NE(grant.error().message.find(row.says), std::string::npos) << grant.error().message;
    EXPECT_NE(grant.error().message.find("a.yaml:3"), std::string::npos);
  }
}

TEST(GrantStore, KeepsTheNewestAttemptOfATask) {
  GrantStore store({
      {"default", {grant_of("Reader", "/")}}
  });
  const Attempt first = attempt_of("d", "r", "t", 1), second = attempt_of("d", "r", "t", 2);
  EXPECT_EQ(store.facts_for(first), nullptr);
  ASSERT_TRUE(store.put(first, "default", {grant_of("Reader", "/")}));
  const auto held = store.facts_for(first);
  ASSERT_NE(held, nullptr);
  ASSERT_TRUE(store.put(second, "default", {}));
  EXPECT_EQ(store.facts_for(first), nullptr) << "the older attempt lost its grants";
  ASSERT_NE(store.facts_for(second), nullptr);
  EXPECT_EQ(held->grants.list().size(), 1u) << "who holds a snapshot keeps it as it was";
  EXPECT_FALSE(store.put(first, "default", {})) << "an older attempt does not come back";
  store.erase(first);
  EXPECT_NE(store.facts_for(second), nullptr) << "the end of the old one is not the new one's";
  store.erase(second);
  EXPECT_EQ(store.facts_for(second), nullptr);
}

TEST(GrantStore, NamesTheKnownIdentities) {
  GrantStore store({
      {"prod", {}},
      {"test", {}}
  });
  const Status put = store.put(attempt_of("d", "r", "t"), "stage", {});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, Code::kNotFound);
  EXPECT_NE(put.error().message.find("prod, test"), std::string::npos);
}

TEST(GrantStore, ReplacesAllOrNothing) {
  const std::vector<Grant> reader = {grant_of("Reader", "/")};
  const std::vector<Ceiling> ceilings = {
      {"prod", reader}
  };
  GrantStore store(ceilings);
  const Attempt gone = attempt_of("d", "r", "gone"), kept = attempt_of("d", "r", "kept"),
                fresh = attempt_of("d", "r", "fresh");
  const std::vector<Attempt> before = {gone, kept};
  const Entitled good{fresh, "prod", reader, "a"};
  ASSERT_TRUE(store.replace(ceilings,
                            {
  },
                            {Entitled{gone, "prod", reader, ""}}));
  const Status wrong = store.replace({}, before, {good});
  ASSERT_FALSE(wrong);
  EXPECT_TRUE(wrong.error().message.starts_with("a: no identity is called 'prod'"));
  EXPECT_NE(store.facts_for(gone), nullptr);
  EXPECT_EQ(store.facts_for(fresh), nullptr);
  EXPECT_TRUE(store.put(kept, "prod", reader)) << "the ceilings are those of before";
  const std::vector<Ceiling> lower = {
      {"prod", {}}
  };
  ASSERT_TRUE(store.replace(lower, before, {good}));
  EXPECT_EQ(store.facts_for(gone), nullptr);
  EXPECT_EQ(store.facts_for(kept), nullptr);
  ASSERT_NE(store.facts_for(fresh), nullptr);
  EXPECT_TRUE(store.facts_for(fresh)->ceiling.grants.list().empty());
}

}  // namespace
}  // namespace armature::access
