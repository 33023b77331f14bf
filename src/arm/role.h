#pragma once
// Azure role definitions and how they match: actions, notActions, wildcards, without regard to
// case.
//
//   covers    "*" stands for any run of characters, slashes included, anywhere in the pattern;
//             between two slashes it also stands for no segment at all: Key Vault Reader's
//             "vaults/*/read" reads a vault, Managed Identity Operator's
//             "userAssignedIdentities/*/assign/action" assigns an identity
//   permits   an action is in `actions` and not in `not_actions` of the same permission; the union
//             over permissions; data actions are a world of their own. A permission with a
//             condition permits nothing here: whoever can evaluate it (condition.h) asks covers()
//   builtin   Azure's built-in roles by name and guid (data/builtin_roles.json, compiled in); each
//             is read when it is first asked for, and its address never changes
//   Errors    role_from_json: kInvalid for a list that cannot be read whole
//   Source    role-definitions, overview pages of Azure RBAC
//   Threads   pure; the built-in table may be asked from any thread
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
  std::string condition = "";
  std::string condition_version = "";
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
bool covers(const Permission& permission, std::string_view action, bool data_action = false);
bool permits(const Permission& permission, std::string_view action, bool data_action = false);
bool permits(const Role& role, std::string_view action, bool data_action = false);

const std::vector<const Role*>& builtin_roles();  // the common ones first, then by id
// By name without regard to case, by guid, or by a role definition's full id. Null when unknown.
const Role* find_builtin_role(std::string_view name_or_id);
// What a denial proposes: of the roles that the table marks as common, the one of the fewest
// actions that permits the action. Roles made for one service's own identities are not proposed.
const Role* smallest_builtin_role(std::string_view action);
const Role* smallest_builtin_role(const std::vector<std::string>& actions);  // permits them all

// ARM's shape: {id, name, type, properties: {roleName, type, permissions: […], assignableScopes}}.
Result<Role> role_from_json(const Json& definition);
Json role_to_json(const Role& role, std::string_view scope);
// The list of permissions alone, as role definitions and deny assignments hold it.
Result<std::vector<Permission>> permissions_from_json(const Json& list);
JsonArray permissions_to_json(const std::vector<Permission>& permissions);

}  // namespace armature::arm
