#pragma once
// Azure role definitions and how they match: actions, notActions, wildcards, without regard to
// case.
//
//   covers    "*" stands for any run of characters, slashes included, anywhere in the pattern
//   permits   an action is in `actions` and not in `not_actions` of the same permission; the union
//             over permissions; data actions are a world of their own
//   builtin   the built-in roles Armature knows by name and guid (data/builtin_roles.json,
//             compiled in)
//   Errors    role_from_json: kInvalid for a list that cannot be read whole
//   Not here  conditions: a permission that has one grants nothing
//   Source    role-definitions, overview pages of Azure RBAC
//   Threads   pure; the built-in table is made once and never changes
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace armature::arm {

struct Permission {
  std::vector<std::string> actions;
  std::vector<std::string> not_actions;
  std::vector<std::string> data_actions;
  std::vector<std::string> not_data_actions;
};

struct Role {
  std::string id;    // guid, lower case
  std::string name;  // "Contributor"
  std::string description;
  bool custom = false;
  std::vector<Permission> permissions;
  std::vector<std::string> assignable_scopes;
};

bool covers(std::string_view pattern, std::string_view action);
bool permits(const Permission& permission, std::string_view action, bool data_action = false);
bool permits(const Role& role, std::string_view action, bool data_action = false);

const std::vector<Role>& builtin_roles();
// By name without regard to case, by guid, or by a role definition's full id. Null when unknown.
const Role* find_builtin_role(std::string_view name_or_id);
// The built-in role of the fewest actions that permits the action: what a denial proposes.
const Role* smallest_builtin_role(std::string_view action);
const Role* smallest_builtin_role(const std::vector<std::string>& actions);  // permits them all

// ARM's shape: {id, name, type, properties: {roleName, type, permissions: […], assignableScopes}}.
Result<Role> role_from_json(const Json& definition);
Json role_to_json(const Role& role, std::string_view scope);

}  // namespace armature::arm
