#include "arm/role.h"

#include <algorithm>

#include "base/bytes.h"

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

// A condition that is no text would be lost, and with it what it guards.
Result<std::string> optional_text(const Json& permission, std::string_view name) {
  const Json* text = find_ci(permission.get_object(), name);
  if (!text || text->is_null()) return std::string();
  if (!text->is_string()) return fail(Code::kInvalid, std::string(name) + " is a text");
  return std::string(trim(as_text(*text)));
}

Result<Permission> permission_from(const Json& value) {
  if (!value.is_object()) return fail(Code::kInvalid, "permissions holds objects");
  Permission out;
  ARMATURE_TRY(out.actions, texts(value, "actions"));
  ARMATURE_TRY(out.not_actions, texts(value, "notActions"));
  ARMATURE_TRY(out.data_actions, texts(value, "dataActions"));
  ARMATURE_TRY(out.not_data_actions, texts(value, "notDataActions"));
  ARMATURE_TRY(out.condition, optional_text(value, "condition"));
  ARMATURE_TRY(out.condition_version, optional_text(value, "conditionVersion"));
  return out;
}

JsonArray array_of(const std::vector<std::string>& texts) {
  JsonArray out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

}  // namespace

// Greedy with one point to come back to: a piece between stars is taken where it first fits. For a
// star between slashes the first place is the one right after the slash before it.
bool covers(std::string_view pattern, std::string_view action) {
  constexpr std::size_t kNone = std::string_view::npos;
  std::size_t p = 0, a = 0, star = kNone, resume = 0;
  bool skipped = false;  // the star and the slash after it stand for nothing, so far
  while (a < action.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = a;
      skipped = star > 0 && pattern[star - 1] == '/' && p < pattern.size() && pattern[p] == '/';
      if (skipped) ++p;
    } else if (p < pattern.size() && lower(pattern[p]) == lower(action[a])) {
      ++p;
      ++a;
    } else if (star != kNone) {
      a = skipped ? resume : ++resume;
      skipped = false;
      p = star + 1;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

bool covers(const Permission& permission, std::string_view action, bool data_action) {
  const auto hit = [&](const std::string& pattern) { return covers(pattern, action); };
  const auto& allowed = data_action ? permission.data_actions : permission.actions;
  const auto& taken_out = data_action ? permission.not_data_actions : permission.not_actions;
  return std::ranges::any_of(allowed, hit) && std::ranges::none_of(taken_out, hit);
}

bool permits(const Permission& permission, std::string_view action, bool data_action) {
  return permission.condition.empty() && covers(permission, action, data_action);
}

bool permits(const Role& role, std::string_view action, bool data_action) {
  return std::ranges::any_of(role.permissions, [&](const Permission& permission) {
    return permits(permission, action, data_action);
  });
}

Result<std::vector<Permission>> permissions_from_json(const Json& list) {
  if (!list.is_array()) return fail(Code::kInvalid, "permissions is a list");
  std::vector<Permission> out;
  for (const Json& one : list.get_array()) {
    ARMATURE_TRY(auto permission, permission_from(one));
    out.push_back(std::move(permission));
  }
  return out;
}

JsonArray permissions_to_json(const std::vector<Permission>& permissions) {
  JsonArray out;
  for (const Permission& permission : permissions) {
    JsonObject one;
    one["actions"] = array_of(permission.actions);
    one["notActions"] = array_of(permission.not_actions);
    one["dataActions"] = array_of(permission.data_actions);
    one["notDataActions"] = array_of(permission.not_data_actions);
    if (!permission.condition.empty()) {
      one["condition"] = permission.condition;
      one["conditionVersion"] = permission.condition_version;
    }
    out.push_back(std::move(one));
  }
  return out;
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
  const Json* list = find(*properties, "permissions");
  auto permissions = permissions_from_json(list ? *list : Json(nullptr));
  if (!permissions) return std::move(permissions).error().in("properties");
  role.permissions = *std::move(permissions);
  return role;
}

Json role_to_json(const Role& role, std::string_view scope) {
  JsonObject properties;
  properties["roleName"] = role.name;
  properties["type"] = role.custom ? "CustomRole" : "BuiltInRole";
  properties["description"] = role.description;
  properties["assignableScopes"] = array_of(role.assignable_scopes);
  properties["permissions"] = permissions_to_json(role.permissions);
  JsonObject out;
  out["properties"] = std::move(properties);
  out["id"] = std::string(scope == "/" ? "" : scope) +
              "/providers/Microsoft.Authorization/roleDefinitions/" + role.id;
  out["type"] = "Microsoft.Authorization/roleDefinitions";
  out["name"] = role.id;
  return out;
}

}  // namespace armature::arm
