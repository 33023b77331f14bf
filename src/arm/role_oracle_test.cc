// Every built-in role against a second reading of the rules: nothing here is shared with role.cc.
#include <gtest/gtest.h>

#include <set>

#include "arm/role.h"
#include "arm/testing.h"
#include "base/bytes.h"

namespace armature::arm {
namespace {

using Texts = std::vector<std::string>;

// By definition: a star is any text, and "/*/" may be "/" alone.
bool oracle_covers(const std::string& pattern, const std::string& action) {
  const std::size_t star = pattern.find('*');
  if (star == std::string::npos) return pattern == action;
  const std::string before = pattern.substr(0, star), after = pattern.substr(star + 1);
  const bool optional = before.ends_with('/') && after.starts_with('/');
  if (optional && oracle_covers(before + after.substr(1), action)) return true;
  if (!action.starts_with(before)) return false;
  for (std::size_t at = before.size(); at <= action.size(); ++at) {
    if (oracle_covers(after, action.substr(at))) return true;
  }
  return false;
}

bool oracle_any(const Json& permission, const char* list, const std::string& action) {
  const Json* texts = find(permission, list);
  if (!texts || !texts->is_array()) return false;
  return std::ranges::any_of(texts->get_array(), [&](const Json& text) {
    return oracle_covers(to_lower(trim(as_text(text))), action);
  });
}

bool oracle_permits(const Json& definition, const std::string& action, bool data) {
  const std::string lower = to_lower(action);
  const auto& permissions = definition.at("properties").at("permissions").as_array();
  return std::ranges::any_of(permissions, [&](const Json& one) {
    const Json* condition = find(one, "condition");
    const bool conditional = condition && condition->is_string() && *condition != Json("");
    return !conditional && oracle_any(one, data ? "dataActions" : "actions", lower) &&
           !oracle_any(one, data ? "notDataActions" : "notActions", lower);
  });
}

Texts texts_of(const Json& list) {
  Texts out;
  for (const Json& one : list.as_array()) out.emplace_back(as_text(one));
  return out;
}

struct Corpus {
  JsonArray roles;
  Texts actions;
  Texts data_actions;
};
std::optional<Corpus> read_corpus() {
  const auto roles = testing::corpus("builtin-roles.json");
  const auto operations = testing::corpus("operations-from-roles.json");
  if (!roles || !operations) return std::nullopt;
  const Json names = *parse_json(*read_file(*operations));
  return Corpus{parse_json(*read_file(*roles))->as_array(), texts_of(names.at("actions")),
                texts_of(names.at("dataActions"))};
}

// The operations that the role names itself, and every 31st of all, from another start each time.
Texts sample_for(const Json& definition, const Texts& all, std::size_t start, bool data) {
  Texts out;
  for (const Json& one : definition.at("properties").at("permissions").as_array()) {
    for (const char* list :
         {data ? "dataActions" : "actions", data ? "notDataActions" : "notActions"}) {
      const Json* texts = find(one, list);
      if (!texts || !texts->is_array()) continue;
      for (const std::string& text : texts_of(*texts)) {
        if (text.find('*') == std::string::npos) out.push_back(to_upper(trim(text)));
      }
    }
  }
  for (std::size_t i = start % 31; i < all.size(); i += 31) out.push_back(all[i]);
  return out;
}

TEST(BuiltinRoles, EvaluateAsTheRulesSay) {
  const auto corpus = read_corpus();
  if (!corpus) GTEST_SKIP() << "no corpus: set ARMATURE_CORPUS to the folder of shared data";
  std::size_t permitted = 0, refused = 0;
  for (std::size_t i = 0; i < corpus->roles.size(); ++i) {
    const Json& definition = corpus->roles[i];
    const Role* role = find_builtin_role(text_at(definition, "name"));
    ASSERT_NE(role, nullptr) << text_at(definition, "properties.roleName");
    for (const bool data : {false, true}) {
      const Texts& all = data ? corpus->data_actions : corpus->actions;
      for (const std::string& action : sample_for(definition, all, i, data)) {
        const bool expected = oracle_permits(definition, action, data);
        ASSERT_EQ(permits(*role, action, data), expected) << role->name << " " << action;
        ++(expected ? permitted : refused);
      }
    }
  }
  EXPECT_EQ(corpus->roles.size(), builtin_roles().size());
  EXPECT_GT(permitted, 9'000u);
  EXPECT_GT(refused, 100'000u);
}

// Each wildcard that a role uses, on an eighth of all operations.
TEST(BuiltinRoles, WildcardsMatchAsTheRulesSay) {
  const auto corpus = read_corpus();
  if (!corpus) GTEST_SKIP() << "no corpus: set ARMATURE_CORPUS to the folder of shared data";
  std::set<std::string> patterns;
  for (const Role* role : builtin_roles()) {
    for (const Permission& one : role->permissions) {
      for (const auto* list :
           {&one.actions, &one.not_actions, &one.data_actions, &one.not_data_actions}) {
        for (const std::string& text : *list) {
          if (text.find('*') != std::string::npos) patterns.insert(text);
        }
      }
    }
  }
  std::size_t start = 0, hits = 0;
  for (const std::string& pattern : patterns) {
    const std::string lower = to_lower(pattern);
    for (std::size_t i = start++ % 8; i < corpus->actions.size(); i += 8) {
      const bool expected = oracle_covers(lower, to_lower(corpus->actions[i]));
      ASSERT_EQ(covers(pattern, corpus->actions[i]), expected)
          << pattern << " " << corpus->actions[i];
      hits += expected ? 1 : 0;
    }
  }
  EXPECT_GT(patterns.size(), 500u);
  EXPECT_GT(hits, 800u);
}

// The project's own table says what the corpus says, entry by entry.
TEST(BuiltinRoles, AreThoseOfTheCorpus) {
  const auto corpus = read_corpus();
  if (!corpus) GTEST_SKIP() << "no corpus: set ARMATURE_CORPUS to the folder of shared data";
  const auto sorted = [](const Json& permission, const char* name) {
    std::set<std::string> out;
    const Json* list = find(permission, name);
    if (list && list->is_array()) {
      for (const std::string& text : texts_of(*list)) out.emplace(trim(text));
    }
    return out;
  };
  const auto as_set = [](const Texts& texts) {
    return std::set<std::string>(texts.begin(), texts.end());
  };
  for (const Json& definition : corpus->roles) {
    const Role* role = find_builtin_role(text_at(definition, "id"));
    ASSERT_NE(role, nullptr);
    SCOPED_TRACE(role->name);
    EXPECT_EQ(role->name, text_at(definition, "properties.roleName"));
    const auto& permissions = definition.at("properties").at("permissions").as_array();
    ASSERT_EQ(role->permissions.size(), permissions.size());
    for (std::size_t i = 0; i < permissions.size(); ++i) {
      const Permission& own = role->permissions[i];
      EXPECT_EQ(as_set(own.actions), sorted(permissions[i], "actions"));
      EXPECT_EQ(as_set(own.not_actions), sorted(permissions[i], "notActions"));
      EXPECT_EQ(as_set(own.data_actions), sorted(permissions[i], "dataActions"));
      EXPECT_EQ(as_set(own.not_data_actions), sorted(permissions[i], "notDataActions"));
      EXPECT_EQ(own.condition, trim(text_at(permissions[i], "condition")));
    }
  }
}

}  // namespace
}  // namespace armature::arm
