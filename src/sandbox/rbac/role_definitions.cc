// Role definitions: Azure's own, and custom ones. What is written here counts from the next call
// on.
#include <algorithm>
#include <set>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/bodies.h"
#include "sandbox/rbac.h"
#include "sandbox/rbac/filters.h"
#include "sandbox/rbac/hierarchy.h"
#include "sandbox/rbac/routes.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMaxName = 512;
constexpr std::size_t kMaxDescription = 2048;
constexpr std::size_t kMaxScopes = 2000;
constexpr std::size_t kMaxRoles = 5000;  // of a tenant

// Definitions are shown below the scope they were read at, as ARM does.
std::string shown_below(const Cloud& cloud, const ArmCall& call) {
  const bool below = starts_with_ci(call.at.scope, "/subscriptions/");
  return below ? "/subscriptions/" + cloud.subscription() : "";
}

Json to_json(const arm::Role& role, const std::string& scope, const CustomRole* custom) {
  Json out = arm::role_to_json(role, scope);
  JsonObject& properties = out.get_object()["properties"].get_object();
  const auto or_null = [&](const std::string& text) {
    return custom && !text.empty() ? Json(text) : Json(nullptr);
  };
  properties["createdOn"] = or_null(custom ? to_rfc3339(custom->created) : "");
  properties["updatedOn"] = or_null(custom ? to_rfc3339(custom->updated) : "");
  properties["createdBy"] = or_null(custom ? custom->created_by : "");
  properties["updatedBy"] = or_null(custom ? custom->updated_by : "");
  return out;
}

// Can the role be assigned at the scope? With `or_below`: at one below it as well.
bool is_for(const State& state, const arm::Role& role, const std::string& scope, bool or_below) {
  return std::ranges::any_of(role.assignable_scopes, [&](const std::string& one) {
    return at_or_above(state, one, scope) || (or_below && at_or_above(state, scope, one));
  });
}

ArmAnswer role_not_found(const std::string& id) {
  return refuse(404, "RoleDefinitionDoesNotExist",
                "The specified role definition with ID '" + id + "' does not exist.");
}

// The namespaces whose actions Azure's own roles speak of.
const std::set<std::string>& known_namespaces() {
  static const std::set<std::string> kNames = [] {
    std::set<std::string> out;
    const auto add = [&](const std::vector<std::string>& actions) {
      for (const std::string& action : actions) {
        const std::size_t slash = action.find('/');
        if (slash != std::string::npos) out.insert(to_lower(action.substr(0, slash)));
      }
    };
    for (const arm::Role* role : arm::builtin_roles()) {
      for (const arm::Permission& permission : role->permissions) {
        add(permission.actions);
        add(permission.data_actions);
      }
    }
    return out;
  }();
  return kNames;
}

// A verb or a wildcard at the end, and a namespace that exists unless a wildcard stands for it. The
// full list of operations is not public: a misspelt type passes.
bool is_action(const std::string& action) {
  const std::string_view last = std::string_view(action).substr(action.rfind('/') + 1);
  const bool wild = last.find('*') != std::string_view::npos;
  const bool verb = equal_ci(last, "read") || equal_ci(last, "write") || equal_ci(last, "delete") ||
                    equal_ci(last, "action");
  const std::string ns = to_lower(action.substr(0, action.find('/')));
  const bool any = ns.find('*') != std::string::npos;
  if (any) return wild || verb;
  return ns.size() < action.size() && (wild || verb) && known_namespaces().contains(ns);
}

std::optional<ArmAnswer> check_actions(const arm::Role& role) {
  const auto check = [](const std::vector<std::string>& actions, const char* code) {
    const auto bad = std::ranges::find_if_not(actions, is_action);
    if (bad == actions.end()) return std::optional<ArmAnswer>();
    return std::optional(refuse(
        400, code, "'" + *bad + "' does not match any of the actions supported by the providers."));
  };
  for (const arm::Permission& permission : role.permissions) {
    for (const auto* list : {&permission.actions, &permission.not_actions}) {
      if (auto refused = check(*list, "InvalidActionOrNotAction")) return refused;
    }
    for (const auto* list : {&permission.data_actions, &permission.not_data_actions}) {
      if (auto refused = check(*list, "InvalidDataActionOrNotDataAction")) return refused;
    }
    if (permission.condition.empty()) continue;
    if (const auto parsed = arm::Condition::parse(permission.condition); !parsed) {
      return refuse(
          400, "InvalidCondition",
          "The condition of the role definition cannot be read: " + parsed.error().message + ".");
    }
  }
  return std::nullopt;
}

bool has_data_actions(const arm::Role& role) {
  return std::ranges::any_of(role.permissions,
                             [](const auto& one) { return !one.data_actions.empty(); });
}

// Their existence and the right to write at each are a linked check (linked.h).
std::optional<ArmAnswer> check_scopes(const arm::Role& role) {
  const auto wrong = [](const std::string& text) {
    return refuse(400, "InvalidRoleDefinitionAssignableScopes", text);
  };
  const auto& scopes = role.assignable_scopes;
  if (scopes.empty() || scopes.size() > kMaxScopes) {
    return wrong("A custom role has 1 to 2000 assignable scopes.");
  }
  std::size_t groups = 0;
  for (const std::string& scope : scopes) {
    const auto id = arm::ResourceId::parse(scope);
    const bool usable = id && (id->kind == arm::ScopeKind::kManagementGroup ||
                               id->kind == arm::ScopeKind::kSubscription ||
                               id->kind == arm::ScopeKind::kResourceGroup);
    if (!usable) {
      return wrong("The assignable scope '" + scope +
                   "' is not valid. A custom role is assignable at management groups, "
                   "subscriptions and resource groups.");
    }
    groups += id->kind == arm::ScopeKind::kManagementGroup ? 1 : 0;
  }
  if (groups > 1) return wrong("A custom role has at most one management group among its scopes.");
  if (groups > 0 && has_data_actions(role)) {
    return wrong("A custom role with data actions cannot have a management group as its scope.");
  }
  return std::nullopt;
}

std::optional<ArmAnswer> check_role(const State& state, const std::string& guid,
                                    const arm::Role& role) {
  if (role.name.empty() || role.name.size() > kMaxName) {
    return refuse(400, "InvalidRoleDefinitionName", "A role's name has 1 to 512 characters.");
  }
  if (role.description.size() > kMaxDescription) {
    return refuse(400, "InvalidRoleDefinitionDescription",
                  "A role's description has at most 2048 characters.");
  }
  if (auto refused = check_scopes(role)) return refused;
  if (auto refused = check_actions(role)) return refused;
  const auto& custom = state.table<CustomRole>();
  const bool taken = std::ranges::any_of(custom, [&](const auto& item) {
    return item.first != guid && equal_ci(item.second.role.name, role.name);
  });
  const arm::Role* builtin = arm::find_builtin_role(role.name);
  if (taken || (builtin && equal_ci(builtin->name, role.name))) {
    return refuse(409, "RoleDefinitionWithSameNameExists",
                  "A custom role with the same name already exists in this directory. Use a "
                  "different name.");
  }
  if (custom.size() >= kMaxRoles && !custom.contains(guid)) {
    return refuse(400, "RoleDefinitionLimitExceeded",
                  "Role definition limit exceeded. No more role definitions can be created.");
  }
  return std::nullopt;
}

}  // namespace

ArmAnswer get_role(const Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string below = shown_below(cloud, call);
  const std::string scope = scope_of(call);
  const auto shown = [&](const arm::Role& role) {
    return to_json(role, below, role.custom ? state.get<CustomRole>(role.id) : nullptr);
  };
  if (call.at.instance()) {
    const arm::Role* role = find_role(state, call.at.tail[1]);
    if (!role || !is_for(state, *role, scope, true)) return role_not_found(call.at.tail[1]);
    return answer(200, shown(*role));
  }
  const std::string text = call.query_value("$filter");
  const auto filter = read_filter(text, {"roleName", "type"}, {"atScope", "atScopeAndBelow"});
  if (!filter) return invalid_filter(text);
  const auto name = filter->value("roleName");
  const auto type = filter->value("type");
  const bool or_below = filter->has("atScopeAndBelow");
  JsonArray out;
  const auto add = [&](const arm::Role& role) {
    if (name && !equal_ci(role.name, *name)) return;
    if (type && !equal_ci(role.custom ? "CustomRole" : "BuiltInRole", *type)) return;
    if (role.custom && !is_for(state, role, scope, or_below)) return;
    out.push_back(shown(role));
  };
  if (name) {
    if (const arm::Role* role = arm::find_builtin_role(*name)) add(*role);
  } else if (!type || equal_ci(*type, "BuiltInRole")) {
    for (const arm::Role* role : arm::builtin_roles()) add(*role);
  }
  for (const auto& [key, custom] : state.table<CustomRole>()) add(custom.role);
  return list_answer(std::move(out));
}

ArmAnswer put_role(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string guid = to_lower(call.at.tail[1]);
  if (!is_uuid(guid)) {
    return refuse(400, "InvalidRoleDefinitionId", "The role definition ID must be a GUID.");
  }
  if (!call.body || !call.body->is_object()) return *read_body(call).refusal;
  if (arm::find_builtin_role(guid)) {
    return refuse(403, "RoleDefinitionUpdateNotPermitted", "A built-in role cannot be changed.");
  }
  Json definition = *call.body;
  definition.get_object()["name"] = guid;
  auto role = arm::role_from_json(definition);
  if (!role) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: '" +
                      role.error().message + "'.");
  }
  role->custom = true;
  if (auto refused = check_role(change.state(), guid, *role)) return *std::move(refused);
  const CustomRole* old = change.state().get<CustomRole>(guid);
  const bool same =
      old && canonical(arm::role_to_json(old->role, "")) == canonical(arm::role_to_json(*role, ""));
  if (same) return answer(201, to_json(old->role, shown_below(cloud, call), old));
  CustomRole item = old ? *old : CustomRole{};
  item.role = *std::move(role);
  item.updated = cloud.clock().now();
  item.updated_by = call.caller.object_id;
  if (!old) {
    item.created = item.updated;
    item.created_by = item.updated_by;
    change.created(call.op.target);
  } else {
    change.updated(call.op.target);
  }
  Json body = to_json(item.role, shown_below(cloud, call), &item);
  change.put(guid, std::move(item));
  return answer(201, std::move(body));
}

ArmAnswer delete_role(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string guid = to_lower(call.at.tail[1]);
  const State& state = change.state();
  if (arm::find_builtin_role(guid)) {
    return refuse(403, "RoleDefinitionDeleteNotPermitted", "A built-in role cannot be deleted.");
  }
  const CustomRole* old = state.get<CustomRole>(guid);
  if (!old) return answer(204);
  for (const std::string& scope : old->role.assignable_scopes) {
    const AccessAsk ask{call.caller.object_id, call.op.action, scope, false, {}};
    if (auto refused = refuse_access(cloud, state, call.caller, ask)) return *std::move(refused);
  }
  const bool in_use = std::ranges::any_of(
      state.table<Assignment>(), [&](const auto& item) { return item.second.role_id == guid; });
  if (in_use) {
    return refuse(400, "RoleDefinitionHasAssignments",
                  "There are existing role assignments referencing role (code: "
                  "RoleDefinitionHasAssignments)");
  }
  Json body = to_json(old->role, shown_below(cloud, call), old);
  change.deleted(call.op.target);
  change.erase<CustomRole>(guid);
  return answer(200, std::move(body));
}

}  // namespace armature::sandbox
