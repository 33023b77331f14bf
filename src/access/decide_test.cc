#include "access/decide.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "access/testing.h"
#include "base/testing.h"

namespace armature::access {
namespace {

using armature::testing::facts_of;
using armature::testing::grant_of;

const Instant kNow = from_micros(1'000'000);
const std::string kSub = "/subscriptions/s1";
const std::string kRg = kSub + "/resourceGroups/rg";
const std::string kSa = kRg + "/providers/Microsoft.Storage/storageAccounts/sa";
const std::string kReaderId = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const std::string kOwnerId = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const char* const kWrite = "Microsoft.Storage/storageAccounts/write";
const char* const kAssign = "Microsoft.Authorization/roleAssignments/write";

Grant expired(Grant grant, Instant at) {
  grant.expires = at;
  return grant;
}

TEST(Decide, FollowsTheTable) {
  const Grant contributor = grant_of("Contributor", kRg), reader = grant_of("Reader", kSub);
  const Grant all = grant_of("Owner", kSub, {"Reader", "Owner"});
  const Grant admin = grant_of("Role Based Access Control Administrator", kRg, {"Reader"});
  const Grant tenant_owner = grant_of("Owner", "/");
  const Ask write{kWrite, kSa, {}, {}, {}};
  const Ask assign{kAssign, kRg, {}, kReaderId, {}};
  const std::string other = kSub + "/resourceGroups/rg2";
  const struct {
    const char* name;
    std::vector<Grant> grants;
    std::vector<Grant> ceiling;
    Ask ask;
    Layer layer;
    const char* reason;
  } kTable[] = {
      {"nothing granted",                          {},                           {all}, write,  Layer::kGrant,          "no_grant"       },
      {"granted above",                            {contributor},                {all}, write,  Layer::kNone,           "granted"        },
      {"case does not matter",
       {contributor},
       {all},
       Ask{"microsoft.storage/STORAGEACCOUNTS/Write",
           "/Subscriptions/S1/resourcegroups/RG",
           {},
           {},
           {}},
       Layer::kNone,
       "granted"                                                                                                                         },
      {"the role does not reach",                  {reader},                     {all}, write,  Layer::kGrant,          "no_grant"       },
      {"a prefix is no parent",
       {contributor},
       {all},
       Ask{kWrite, other, {}, {}, {}},
       Layer::kGrant,
       "no_grant"                                                                                                                        },
      {"below is not above",
       {contributor},
       {all},
       Ask{kWrite, kSub, {}, {}, {}},
       Layer::kGrant,
       "no_grant"                                                                                                                        },
      {"another grant adds",                       {reader, contributor},        {all}, write,  Layer::kNone,           "granted"        },
      {"ceiling empty",                            {contributor},                {},    write,  Layer::kCeiling,        "outside_ceiling"},
      {"ceiling elsewhere",
       {tenant_owner},
       {grant_of("Owner", other)},
       write,                                                                                   Layer::kCeiling,
       "outside_ceiling"                                                                                                                 },
      {"ceiling's role is smaller",
       {contributor},
       {reader},
       write,                                                                                   Layer::kCeiling,
       "outside_ceiling"                                                                                                                 },
      {"expired",                                  {expired(contributor, kNow)}, {all}, write,  Layer::kGrant,          "no_grant"       },
      {"not yet expired",
       {expired(contributor, kNow + Micros(1))},
       {all},
       write,                                                                                   Layer::kNone,
       "granted"                                                                                                                         },
      {"ceiling expired",
       {contributor},
       {expired(all, kNow)},
       write,                                                                                   Layer::kCeiling,
       "outside_ceiling"                                                                                                                 },
      {"unreadable",
       {contributor},
       {all},
       Ask{kWrite, kSa, {}, {}, "no"},
       Layer::kRequest,
       "unreadable_request"                                                                                                              },
      {"linked need granted",
       {contributor},
       {all},
       Ask{kWrite, kSa, {{kWrite, kRg}}, {}, {}},
       Layer::kNone,
       "granted"                                                                                                                         },
      {"linked need elsewhere",
       {contributor},
       {all},
       Ask{kWrite, kSa, {{kWrite, other}}, {}, {}},
       Layer::kGrant,
       "no_grant"                                                                                                                        },
      {"linked need over the ceiling",
       {tenant_owner},
       {contributor},
       Ask{kWrite, kSa, {{kWrite, other}}, {}, {}},
       Layer::kCeiling,
       "outside_ceiling"                                                                                                                 },
      {"may hand out",                             {admin},                      {all}, assign, Layer::kNone,           "granted"        },
      {"may not hand out",
       {admin},
       {all},
       Ask{kAssign, kRg, {}, kOwnerId, {}},
       Layer::kAssignableRole,
       "role_not_assignable"                                                                                                             },
      {"hands out nothing by default",
       {grant_of("Owner", kRg)},
       {all},
       assign,                                                                                  Layer::kAssignableRole,
       "role_not_assignable"                                                                                                             },
      {"ceiling hands out nothing",
       {admin},
       {grant_of("Owner", kSub)},
       assign,                                                                                  Layer::kCeiling,
       "role_not_assignable"                                                                                                             },
      {"the list of another grant does not count",
       {grant_of("Owner", kRg), grant_of("Reader", kRg, {"Reader"})},
       {all},
       assign,                                                                                  Layer::kAssignableRole,
       "role_not_assignable"                                                                                                             },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const Decision decision = decide(facts_of(row.grants, row.ceiling), row.ask, kNow);
    EXPECT_EQ(decision.allowed, row.layer == Layer::kNone);
    EXPECT_EQ(decision.layer, row.layer);
    EXPECT_EQ(decision.reason, row.reason);
    EXPECT_EQ(decision.rule.empty(), !decision.allowed);
    EXPECT_EQ(decision.missing.action.empty(), decision.allowed);
  }
}

TEST(Decide, NamesTheRuleAndWhatIsMissing) {
  const Facts facts = facts_of({grant_of("Contributor", kRg)}, {grant_of("Owner", kSub)});
  EXPECT_EQ(decide(facts, {kWrite, kSa, {}, {}, {}}, kNow).rule,
            "Contributor on " + kRg + " (etl.yaml:14)");
  const Decision denied = decide(facts, {kWrite, kSa, {{"A.B/c/write", kSub}}, {}, {}}, kNow);
  EXPECT_EQ(denied.missing.action, "A.B/c/write");
  EXPECT_EQ(denied.missing.scope, kSub);
}

// Grants only add: more of them, in any order, never take an allowed call away.
TEST(Decide, MoreGrantsNeverTakeAway) {
  armature::testing::FakeRandom random;
  const std::vector<std::string> scopes = {"/", kSub, kRg, kSa, kSub + "/resourceGroups/rg2"};
  const std::vector<std::string> actions = {kWrite, kAssign, "A.B/c/read",
                                            "Microsoft.Storage/storageAccounts/listKeys/action"};
  // Every role that permits one of them, and as many that permit none.
  std::vector<arm::Role> roles, others;
  for (const arm::Role* role : arm::builtin_roles()) {
    const bool of_use =
        std::ranges::any_of(actions, [&](const auto& a) { return arm::permits(*role, a); });
    (of_use ? roles : others).push_back(*role);
  }
  ASSERT_GT(others.size(), roles.size());
  roles.insert(roles.end(), others.begin(), others.begin() + std::ssize(roles));
  const auto pick = [&](const auto& from) { return from[random.u64() % from.size()]; };
  int allowed = 0;
  for (int round = 0; round < 500; ++round) {
    std::vector<Grant> grants;
    for (int i = 0; i < 3; ++i) grants.push_back({pick(roles), pick(scopes), {}, "x", {}});
    const std::vector<Grant> ceiling = {grant_of("Owner", "/")};
    const Ask ask{pick(actions), pick(scopes), {}, {}, {}};
    const bool before = decide(facts_of(grants, ceiling), ask, kNow).allowed;
    grants.push_back({pick(roles), pick(scopes), {}, "x", {}});
    std::ranges::rotate(grants, grants.begin() + static_cast<std::ptrdiff_t>(random.u64() % 4));
    if (before) {
      ++allowed;
      EXPECT_TRUE(decide(facts_of(grants, ceiling), ask, kNow).allowed);
    }
  }
  EXPECT_GT(allowed, 20);
}

}  // namespace
}  // namespace armature::access
