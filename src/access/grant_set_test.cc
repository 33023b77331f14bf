// The index is held to what it stands for: a walk over all grants, one by one.
#include "access/grant_set.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "access/decide.h"
#include "access/testing.h"
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/testing.h"

namespace armature::access {
namespace {

using armature::testing::facts_of;

bool applies(const Grant& grant, const arm::Need& need, Instant now) {
  return (!grant.expires || now < *grant.expires) && arm::at_or_above(grant.scope, need.scope) &&
         arm::permits(grant.role, need.action);
}

const Grant* walked(const GrantSet& set, const arm::Need& need, Instant now) {
  for (const Grant& grant : set.list()) {
    if (applies(grant, need, now)) return &grant;
  }
  return nullptr;
}

bool walked_assign(const GrantSet& set, const arm::Need& need, const std::string& role_id,
                   Instant now) {
  return std::ranges::any_of(set.list(), [&](const Grant& grant) {
    return applies(grant, need, now) &&
           std::ranges::any_of(grant.assignable_roles,
                               [&](const arm::Role& role) { return equal_ci(role.id, role_id); });
  });
}

// Few words, so that what is granted and what is asked meet often.
class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) { return random_.u64() % count; }
  bool one_in(std::size_t count) { return below(count) == 0; }

  std::string pick(const std::vector<std::string>& from) {
    return any_case(from[below(from.size())]);
  }

  std::string scope() {
    static const std::vector<std::string> kWords = {"a", "b", "rg", "subscriptions", "a.b"};
    if (one_in(40)) return "";
    std::string out = one_in(20) ? "a" : "";
    for (std::size_t left = below(5); left > 0; --left) out += "/" + pick(kWords);
    if (out.empty() || one_in(10)) out += "/";
    return one_in(30) ? out + "//a" : out;
  }

  std::string action() {
    static const std::vector<std::string> kFirst = {"A.B", "A.C", "A"};
    static const std::vector<std::string> kMiddle = {"x", "y", "xy", "x/y", "y/x"};
    static const std::vector<std::string> kLast = {"read", "write", "x/action", "delete"};
    if (one_in(50)) return "";
    return pick(kFirst) + "/" + pick(kMiddle) + "/" + pick(kLast);
  }

  std::string pattern() {
    static const std::vector<std::string> kWhole = {"*",          "*/read",   "A.*/read", "A.B/*",
                                                    "A.B/*/read", "*/x/*",    "A.B*",     "**",
                                                    "A.B/x/*",    "*/action", "/*",       ""};
    if (one_in(2)) return pick(kWhole);
    std::string out = action();
    if (!out.empty() && one_in(2)) out[below(out.size())] = '*';
    return out;
  }

  arm::Role role() {
    arm::Role out;
    out.id = "r" + std::to_string(below(6));  // ids that several different roles share
    out.name = "role";
    for (std::size_t left = 1 + below(2); left > 0; --left) {
      arm::Permission permission;
      for (std::size_t n = below(4); n > 0; --n) permission.actions.push_back(pattern());
      for (std::size_t n = below(3); n > 0; --n) permission.not_actions.push_back(pattern());
      if (one_in(12)) permission.condition = "@Resource[x] StringEquals 'y'";
      out.permissions.push_back(std::move(permission));
    }
    return out;
  }

  std::vector<Grant> grants(const std::vector<arm::Role>& roles) {
    std::vector<Grant> out(below(40));
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = {roles[below(roles.size())], scope(), {}, std::to_string(i), {}};
      if (one_in(2)) out[i].expires = from_micros(static_cast<std::int64_t>(below(6)));
      for (std::size_t n = below(3); n > 0; --n) {
        out[i].assignable_roles.push_back(roles[below(roles.size())]);
      }
    }
    return out;
  }

 private:
  std::string any_case(std::string text) {
    if (one_in(3)) return to_upper(text);
    return one_in(2) ? to_lower(text) : text;
  }

  armature::testing::FakeRandom random_;
};

TEST(GrantSet, FindsWhatAWalkOverAllGrantsFinds) {
  Generator make(7);
  int found = 0, assigned = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<arm::Role> roles;
    for (std::size_t n = 1 + make.below(12); n > 0; --n) roles.push_back(make.role());
    const GrantSet set = make.grants(roles);
    for (int i = 0; i < 50; ++i) {
      const arm::Need need{make.action(), make.scope()};
      const Instant now = from_micros(static_cast<std::int64_t>(make.below(7)));
      const std::string role_id = "R" + std::to_string(make.below(6));
      const Grant* const expected = walked(set, need, now);
      ASSERT_EQ(set.first(need, now), expected) << need.action << " on " << need.scope;
      const bool may = walked_assign(set, need, role_id, now);
      ASSERT_EQ(set.may_assign(need, role_id, now), may) << need.action << " on " << need.scope;
      found += expected != nullptr;
      assigned += may;
    }
  }
  EXPECT_GT(found, 2000);
  EXPECT_LT(found, 18000);
  EXPECT_GT(assigned, 500);
}

// Azure's own roles, all of them at few scopes: many roles at one scope.
TEST(GrantSet, FindsWhatAWalkFindsAmongAllBuiltInRoles) {
  std::vector<Grant> grants;
  std::vector<std::string> actions;
  const std::vector<std::string> scopes = {"/", "/subscriptions/s",
                                           "/subscriptions/s/resourceGroups/g"};
  for (const arm::Role* role : arm::builtin_roles()) {
    if (role->name == "Owner" || role->name == "Contributor") continue;
    grants.push_back({*role, scopes[grants.size() % 3], {}, std::to_string(grants.size()), {}});
    for (const arm::Permission& permission : role->permissions) {
      for (const std::string& text : permission.actions) {
        std::string action = text;
        std::ranges::replace(action, '*', 'x');
        if (actions.size() < 4000 && grants.size() % 4 == 0) actions.push_back(action);
      }
    }
  }
  const GrantSet set = std::move(grants);
  int found = 0;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const arm::Need need{actions[i], scopes[i % 3]};
    const Grant* const expected = walked(set, need, Instant{});
    ASSERT_EQ(set.first(need, Instant{}), expected) << need.action << " on " << need.scope;
    found += expected != nullptr;
  }
  EXPECT_GT(found, 100);
  EXPECT_LT(found, static_cast<int>(actions.size()));
}

TEST(GrantSet, NamesTheGrantThatWasDeclaredFirst) {
  const auto grant = [](const char* role, const char* scope, const char* at) {
    return *make_grant(role, scope, {}, at);
  };
  Grant soon_over = grant("Owner", "/", "first");
  soon_over.expires = from_micros(10);
  const GrantSet set = {soon_over, grant("Reader", "/subscriptions/s/resourceGroups/g", "second"),
                        grant("Contributor", "/subscriptions/s", "third"),
                        grant("Owner", "/", "fourth")};
  const arm::Need need{"A.B/c/read", "/subscriptions/s/resourceGroups/g"};
  EXPECT_EQ(set.first(need, from_micros(9))->declared_at, "first");
  EXPECT_EQ(set.first(need, from_micros(10))->declared_at, "second");
  EXPECT_EQ(set.first({"A.B/c/write", need.scope}, from_micros(10))->declared_at, "third");
  EXPECT_EQ(set.first({"A.B/c/write", "/subscriptions/t"}, from_micros(10))->declared_at, "fourth");
}

TEST(GrantSet, ACopyOutlivesWhatItWasCopiedFrom) {
  std::optional<GrantSet> original = GrantSet{*make_grant("Reader", "/", {}, "x")};
  const GrantSet copy = *original;
  original.reset();
  ASSERT_NE(copy.first({"A.B/c/read", "/subscriptions/s"}, Instant{}), nullptr);
  EXPECT_EQ(GrantSet{}.first({"A.B/c/read", "/"}, Instant{}), nullptr);
  EXPECT_TRUE(GrantSet{}.list().empty());
}

}  // namespace
}  // namespace armature::access
