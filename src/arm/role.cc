#include "arm/role.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "base/bytes.h"

namespace armature::embedded {
extern const std::string_view kBuiltinRoles;
}

namespace armature::arm {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// A list that cannot be read whole is an error: an entry lost from notActions would be a right won.
Result<std::vector<std::string>> texts(const Json& permission, std::string_view name) {
  std::vector<std::string> out;
  const Json* list = find_ci(permission.get_object(), name);
  if (!list || list->is_null()) return out;
  if (!list->is_array()) return fail(Code::kInvalid, std::string(name) + " is no list");
  for (const Json& text : list->get_array()) {
    if (!text.is_string()) return fail(Code::kInvalid, std::string(name) + " holds texts only");
    out.emplace_back(trim(as_text(text)));  // Azure's own roles hold stray blanks
  }
  return out;
}

// Nothing when the permission holds under a condition only: conditions are not evaluated, so what
// they guard is not granted.
Result<std::optional<Permission>> permission_from(const Json& value) {
  if (!value.is_object()) return fail(Code::kInvalid, "permissions holds objects");
  const Json* condition = find_ci(value.get_object(), "condition");
  if (condition && !condition->is_null() && *condition != Json("")) {
    return std::optional<Permission>();
  }
  Permission out;
  ARMATURE_TRY(out.actions, texts(value, "actions"));
  ARMATURE_TRY(out.not_actions, texts(value, "notActions"));
  ARMATURE_TRY(out.data_actions, texts(value, "dataActions"));
  ARMATURE_TRY(out.not_data_actions, texts(value, "notDataActions"));
  return std::optional<Permission>(std::move(out));
}

Result<std::vector<Permission>> permissions_from(const Json& holder) {
  const Json* list = find(holder, "permissions");
  if (!list || !list->is_array()) return fail(Code::kInvalid, "permissions is a list");
  std::vector<Permission> out;
  for (const Json& one : list->get_array()) {
    ARMATURE_TRY(auto permission, permission_from(one));
    if (permission) out.push_back(*std::move(permission));
  }
  return out;
}

JsonArray array_of(const std::vector<std::string>& texts) {
  JsonArray out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

std::vector<Role> read_builtin_roles() {
  const auto table = parse_json(embedded::kBuiltinRoles);
  if (!table || !table->is_array()) std::abort();  // the table is part of the program
  std::vector<Role> roles;
  for (const Json& entry : table->get_array()) {
    Role role;
    role.id = text_at(entry, "id");
    role.name = text_at(entry, "name");
    role.description = text_at(entry, "description");
    role.assignable_scopes = {"/"};
    auto permissions = permissions_from(entry);
    if (!permissions) std::abort();
    role.permissions = *std::move(permissions);
    roles.push_back(std::move(role));
  }
  return roles;
}

// How much a role permits, roughly: a wildcard weighs more the shorter it is.
std::size_t breadth(const Role& role) {
  std::size_t total = 0;
  for (const Permission& permission : role.permissions) {
    for (const std::string& action : permission.actions) {
      total += action.find('*') == std::string::npos ? 1 : 10'000 / (action.size() + 1);
    }
    total += permission.data_actions.size() * 10;
  }
  return total;
}

}  // namespace

bool covers(std::string_view pattern, std::string_view action) {
  std::size_t p = 0, a = 0;
  std::size_t star = std::string_view::npos, resume = 0;
  while (a < action.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = a;
    } else if (p < pattern.size() && lower(pattern[p]) == lower(action[a])) {
      ++p;
      ++a;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      a = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool permits(const Permission& permission, std::string_view action, bool data_action) {
  const auto hit = [&](const std::string& pattern) { return covers(pattern, action); };
  const auto& allowed = data_action ? permission.data_actions : permission.actions;
  const auto& taken_out = data_action ? permission.not_data_actions : permission.not_actions;
  return std::ranges::any_of(allowed, hit) && std::ranges::none_of(taken_out, hit);
}

bool permits(const Role& role, std::string_view action, bool data_action) {
  return std::ranges::any_of(role.permissions, [&](const Permission& permission) {
    return permits(permission, action, data_action);
  });
}

const std::vector<Role>& builtin_roles() {
  static const std::vector<Role> kRoles = read_builtin_roles();
  return kRoles;
}

const Role* find_builtin_role(std::string_view name_or_id) {
  const auto slash = name_or_id.rfind('/');
  const std::string_view guid =
      slash == std::string_view::npos ? name_or_id : name_or_id.substr(slash + 1);
  for (const Role& role : builtin_roles()) {
    if (equal_ci(role.name, name_or_id) || equal_ci(role.id, guid)) return &role;
  }
  return nullptr;
}

const Role* smallest_builtin_role(std::string_view action) {
  return smallest_builtin_role(std::vector<std::string>{std::string(action)});
}

const Role* smallest_builtin_role(const std::vector<std::string>& actions) {
  const Role* best = nullptr;
  for (const Role& role : builtin_roles()) {
    const bool enough =
        std::ranges::all_of(actions, [&](const std::string& a) { return permits(role, a); });
    if (enough && (!best || breadth(role) < breadth(*best))) best = &role;
  }
  return best;
}

Result<Role> role_from_json(const Json& definition) {
  const Json* properties = find(definition, "properties");
  if (!properties || !properties->is_object()) {
    return fail(Code::kInvalid, "a role definition has an object 'properties'");
  }
  Role role;
  const std::string id = text_at(definition, "name", text_at(definition, "id"));
  role.id = to_lower(std::string_view(id).substr(id.rfind('/') + 1));
  role.name = text_at(*properties, "roleName");
  if (role.name.empty()) return fail(Code::kInvalid, "properties.roleName is missing");
  role.description = text_at(*properties, "description");
  role.custom = equal_ci(text_at(*properties, "type", "CustomRole"), "CustomRole");
  ARMATURE_TRY(role.assignable_scopes, texts(*properties, "assignableScopes"));
  auto permissions = permissions_from(*properties);
  if (!permissions) return std::move(permissions).error().in("properties");
  role.permissions = *std::move(permissions);
  return role;
}

Json role_to_json(const Role& role, std::string_view scope) {
  JsonArray permissions;
  for (const Permission& permission : role.permissions) {
    JsonObject one;
    one["actions"] = array_of(permission.actions);
    one["notActions"] = array_of(permission.not_actions);
    one["dataActions"] = array_of(permission.data_actions);
    one["notDataActions"] = array_of(permission.not_data_actions);
    permissions.push_back(std::move(one));
  }
  JsonObject properties;
  properties["roleName"] = role.name;
  properties["type"] = role.custom ? "CustomRole" : "BuiltInRole";
  properties["description"] = role.description;
  properties["assignableScopes"] = array_of(role.assignable_scopes);
  properties["permissions"] = std::move(permissions);
  JsonObject out;
  out["properties"] = std::move(properties);
  out["id"] = std::string(scope == "/" ? "" : scope) +
              "/providers/Microsoft.Authorization/roleDefinitions/" + role.id;
  out["type"] = "Microsoft.Authorization/roleDefinitions";
  out["name"] = role.id;
  return out;
}

}  // namespace armature::arm
