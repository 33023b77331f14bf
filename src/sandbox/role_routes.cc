// Role definitions and role assignments. What is written here is enforced from the next call on.
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/bodies.h"
#include "sandbox/rbac.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

// Definitions are shown below the scope they were read at, as ARM does.
std::string definition_scope(const Cloud& cloud, const ArmCall& call) {
  const bool below = starts_with_ci(call.at.scope, "/subscriptions/");
  return below ? "/subscriptions/" + cloud.subscription() : "";
}

std::string definition_id(const Cloud& cloud, std::string_view guid) {
  return "/subscriptions/" + cloud.subscription() +
         "/providers/Microsoft.Authorization/roleDefinitions/" + std::string(guid);
}

Json assignment_json(const Cloud& cloud, const Assignment& item) {
  return JsonObject{
      {"properties", JsonObject{{"roleDefinitionId", definition_id(cloud, item.role_id)},
                                {"principalId", item.principal_id},
                                {"principalType", item.principal_type},
                                {"scope", item.scope},
                                {"description",
                                 item.description.empty() ? Json(nullptr) : Json(item.description)},
                                {"condition", nullptr},
                                {"conditionVersion", nullptr},
                                {"createdOn", to_rfc3339(item.created)},
                                {"updatedOn", to_rfc3339(item.created)},
                                {"createdBy", item.created_by},
                                {"updatedBy", item.created_by}}},
      {"id",         item.id                                                       },
      {"type",       "Microsoft.Authorization/roleAssignments"                     },
      {"name",       item.name                                                     }
  };
}

// Applications, and the identities of resources.
bool principal_known(const Cloud& cloud, const State& state, std::string_view principal) {
  for (const auto& [key, app] : state.table<Application>()) {
    if (equal_ci(app.object_id, principal)) return true;
  }
  for (const auto& [key, record] : state.table<Record>()) {
    if (equal_ci(record.type, "Microsoft.ManagedIdentity/userAssignedIdentities") &&
        equal_ci(stable_guid(cloud, record.id, "properties.principalId"), principal)) {
      return true;
    }
    if (at(record.body, "identity.type") &&
        equal_ci(stable_guid(cloud, record.id, "principalId"), principal)) {
      return true;
    }
  }
  return false;
}

// "principalId eq 'x'", "assignedTo('x')" and "atScope()" out of a filter.
struct AssignmentFilter {
  std::string principal;
  bool at_scope = false;  // at and above, not below
};
std::optional<AssignmentFilter> read_assignment_filter(std::string_view text) {
  AssignmentFilter out;
  std::string rest(trim(text));
  const auto quoted = [&](std::size_t from) -> std::optional<std::string> {
    const std::size_t open = rest.find('\'', from);
    const std::size_t close = open == std::string::npos ? open : rest.find('\'', open + 1);
    if (close == std::string::npos) return std::nullopt;
    std::string value = rest.substr(open + 1, close - open - 1);
    rest = rest.substr(close + 1);
    if (rest.starts_with(')')) rest.erase(0, 1);
    return value;
  };
  while (!rest.empty()) {
    if (starts_with_ci(rest, "atScope()")) {
      out.at_scope = true;
      rest = rest.substr(9);
    } else if (starts_with_ci(rest, "principalId eq") || starts_with_ci(rest, "assignedTo(")) {
      const auto value = quoted(0);
      if (!value) return std::nullopt;
      out.principal = *value;
    } else {
      return std::nullopt;
    }
    rest = std::string(trim(rest));
    if (starts_with_ci(rest, "and ")) rest = std::string(trim(std::string_view(rest).substr(4)));
  }
  return out;
}

std::optional<ArmAnswer> check_new(const Cloud& cloud, const State& state, const Assignment& item) {
  for (const auto& [key, other] : state.table<Assignment>()) {
    if (equal_ci(other.id, item.id)) continue;
    if (equal_ci(other.principal_id, item.principal_id) && other.role_id == item.role_id &&
        equal_ci(other.scope, item.scope)) {
      return refuse(
          409, "RoleAssignmentExists",
          "The role assignment already exists. The ID of the existing role assignment is " +
              other.name + ".");
    }
  }
  if (item.principal_type.empty() && !principal_known(cloud, state, item.principal_id)) {
    return refuse(
        400, "PrincipalNotFound",
        "Principal " + item.principal_id + " does not exist in the directory " + cloud.tenant() +
            ". Check that you have the correct principal ID. If you are creating this "
            "principal and then immediately assigning a role, this error might be related "
            "to a replication delay. In this case, set the role assignment principalType "
            "property to a value, such as ServicePrincipal, User, or Group. See "
            "https://aka.ms/docs-principaltype");
  }
  return std::nullopt;
}

}  // namespace

ArmAnswer get_assignment(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (call.at.instance()) {
    const Assignment* item = state.get<Assignment>(to_lower(call.op.target));
    if (item) return answer(200, assignment_json(cloud, *item));
    return refuse(404, "RoleAssignmentNotFound",
                  "The role assignment '" + call.at.tail[1] + "' is not found.");
  }
  const std::string text = call.query_value("$filter");
  const auto filter = read_assignment_filter(text);
  if (!filter) return invalid_filter(text);
  const std::string scope = call.at.scope.empty() ? "/" : call.at.scope;
  JsonArray out;
  for (const auto& [key, item] : state.table<Assignment>()) {
    const bool above = arm::at_or_above(item.scope, scope);
    const bool below = !filter->at_scope && arm::at_or_above(scope, item.scope);
    if (!above && !below) continue;
    if (!filter->principal.empty() && !equal_ci(filter->principal, item.principal_id)) continue;
    out.push_back(assignment_json(cloud, item));
  }
  return list_answer(std::move(out));
}

ArmAnswer put_assignment(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& name = call.at.tail[1];
  if (!is_uuid(name)) {
    return refuse(400, "InvalidRoleAssignmentId",
                  "The role assignment ID '" + name + "' is not valid. It must be a GUID.");
  }
  if (!call.body) return *read_body(call).refusal;
  const auto asked = arm::role_grant_request(*call.body);
  if (!asked) return refuse(400, "InvalidRequestContent", asked.error().message);
  const State& state = change.state();
  const std::string scope = call.at.scope.empty() ? "/" : call.at.scope;
  if (!exists(cloud, state, scope)) return resource_not_found(scope);
  if (!find_role(state, asked->role_definition_id)) {
    return refuse(400, "RoleDefinitionDoesNotExist",
                  "The specified role definition with ID '" + asked->role_definition_id +
                      "' does not exist.");
  }
  const auto parsed_scope = arm::ResourceId::parse(scope);
  Assignment item;
  item.id = call.op.target;
  item.name = to_lower(name);
  item.scope = parsed_scope ? parsed_scope->text : scope;
  item.principal_id = to_lower(asked->principal_id);
  item.principal_type = text_at(*call.body, "properties.principalType");
  item.role_id = to_lower(asked->role_definition_id);
  item.description = text_at(*call.body, "properties.description");
  item.created = cloud.clock().now();
  item.created_by = call.caller.object_id;
  if (!is_uuid(item.principal_id)) {
    return refuse(400, "InvalidPrincipalId", "A valid principal ID must be provided.");
  }
  if (auto refused = check_new(cloud, state, item)) return *refused;
  if (item.principal_type.empty()) item.principal_type = "ServicePrincipal";
  const std::string key = to_lower(item.id);
  const Assignment* old = state.get<Assignment>(key);
  if (!old) {
    change.created(item.id);
  } else {
    if (old->principal_id != item.principal_id || old->role_id != item.role_id) {
      return refuse(400, "RoleAssignmentUpdateNotPermitted",
                    "Tenant ID, application ID, principal ID, and scope are not allowed to be "
                    "updated.");
    }
    item.created = old->created;
    item.created_by = old->created_by;
    if (old->description == item.description) return answer(200, assignment_json(cloud, *old));
    change.updated(item.id);
  }
  const int status = old ? 200 : 201;
  change.put(key, item);
  return answer(status, assignment_json(cloud, item));
}

ArmAnswer delete_assignment(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string key = to_lower(call.op.target);
  const Assignment* old = change.state().get<Assignment>(key);
  if (!old) return answer(204);
  Json body = assignment_json(cloud, *old);
  change.deleted(key);
  change.erase<Assignment>(key);
  return answer(200, std::move(body));
}

ArmAnswer get_role(const Cloud& cloud, const State& state, const ArmCall& call) {
  const std::string scope = definition_scope(cloud, call);
  if (call.at.instance()) {
    if (const arm::Role* role = find_role(state, call.at.tail[1])) {
      return answer(200, arm::role_to_json(*role, scope));
    }
    return refuse(
        404, "RoleDefinitionDoesNotExist",
        "The specified role definition with ID '" + call.at.tail[1] + "' does not exist.");
  }
  const std::string filter = call.query_value("$filter");
  const std::string_view trimmed = trim(filter);
  const std::size_t open = filter.find('\'');
  const std::size_t close = open == std::string::npos ? open : filter.rfind('\'');
  const std::string value = close == open ? "" : filter.substr(open + 1, close - open - 1);
  const bool by_name = starts_with_ci(trimmed, "roleName eq");
  const bool by_type = starts_with_ci(trimmed, "type eq");
  const bool by_scope = starts_with_ci(trimmed, "atScope");
  if (!trimmed.empty() && !by_name && !by_type && !by_scope) return invalid_filter(filter);
  JsonArray out;
  const auto add = [&](const arm::Role& role) {
    if (by_name && !equal_ci(role.name, value)) return;
    if (by_type && !equal_ci(role.custom ? "CustomRole" : "BuiltInRole", value)) return;
    out.push_back(arm::role_to_json(role, scope));
  };
  for (const arm::Role& role : arm::builtin_roles()) add(role);
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
  definition.get_object()["id"] = definition_id(cloud, guid);
  auto role = arm::role_from_json(definition);
  if (!role) return refuse(400, "InvalidRequestContent", role.error().message);
  role->id = guid;
  role->custom = true;
  const State& state = change.state();
  if (role->name.empty()) {
    return refuse(400, "InvalidRequestContent", "The role definition needs properties.roleName.");
  }
  for (const auto& [key, other] : state.table<CustomRole>()) {
    if (key != guid && equal_ci(other.role.name, role->name)) {
      return refuse(409, "RoleDefinitionWithSameNameExists",
                    "A custom role with the same name already exists in this directory. Use a "
                    "different name.");
    }
  }
  const bool is_new = state.get<CustomRole>(guid) == nullptr;
  Json body = arm::role_to_json(*role, definition_scope(cloud, call));
  const CustomRole* old = state.get<CustomRole>(guid);
  CustomRole item;
  item.role = *std::move(role);
  const bool same = old && canonical(arm::role_to_json(old->role, "")) ==
                               canonical(arm::role_to_json(item.role, ""));
  if (is_new) change.created(definition_id(cloud, guid));
  if (old && !same) change.updated(definition_id(cloud, guid));
  change.put(guid, std::move(item));
  return answer(is_new ? 201 : 200, std::move(body));
}

ArmAnswer delete_role(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string guid = to_lower(call.at.tail[1]);
  const CustomRole* old = change.state().get<CustomRole>(guid);
  if (!old) return answer(204);
  for (const auto& [key, item] : change.state().table<Assignment>()) {
    if (item.role_id == guid) {
      return refuse(400, "RoleDefinitionHasAssignments",
                    "There are existing role assignments referencing role (code: "
                    "RoleDefinitionHasAssignments)");
    }
  }
  Json body = arm::role_to_json(old->role, definition_scope(cloud, call));
  change.deleted(definition_id(cloud, guid));
  change.erase<CustomRole>(guid);
  return answer(200, std::move(body));
}

ArmAnswer get_permissions(const State& state, const ArmCall& call) {
  JsonArray out;
  for (const auto& [key, item] : state.table<Assignment>()) {
    if (!equal_ci(item.principal_id, call.caller.object_id)) continue;
    if (!arm::at_or_above(item.scope, call.at.scope.empty() ? "/" : call.at.scope)) continue;
    const arm::Role* role = find_role(state, item.role_id);
    if (!role) continue;
    const Json shown = arm::role_to_json(*role, "");
    if (const Json* permissions = at(shown, "properties.permissions")) {
      for (const Json& one : permissions->as_array()) out.push_back(one);
    }
  }
  return list_answer(std::move(out));
}

}  // namespace armature::sandbox
