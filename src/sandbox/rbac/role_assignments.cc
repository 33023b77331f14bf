// Role assignments. What is written here counts from the next call on, or after the propagation
// delay.
#include <algorithm>
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/bodies.h"
#include "sandbox/entra/directory.h"
#include "sandbox/rbac.h"
#include "sandbox/rbac/filters.h"
#include "sandbox/rbac/hierarchy.h"
#include "sandbox/rbac/routes.h"
#include "sandbox/resource_kinds.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kMaxInSubscription = 4000;
constexpr std::size_t kMaxInGroup = 500;  // of a management group

std::string definition_id(const Cloud& cloud, std::string_view scope, std::string_view guid) {
  const bool below = starts_with_ci(scope, "/subscriptions/");
  return (below ? "/subscriptions/" + cloud.subscription() : "") +
         "/providers/Microsoft.Authorization/roleDefinitions/" + std::string(guid);
}

Json to_json(const Cloud& cloud, const Assignment& item) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  const Instant updated = std::max(item.created, item.updated);
  const std::string& updated_by = item.updated_by.empty() ? item.created_by : item.updated_by;
  JsonObject properties{
      {"roleDefinitionId",                definition_id(cloud, item.scope, item.role_id)},
      {"principalId",                    item.principal_id                                      },
      {"principalType",item.principal_type},
      {"scope",                  item.scope                                                           },
      {"condition",      or_null(item.condition)},
      {"conditionVersion",     or_null(item.condition_version)                                                          },
      {"createdOn",to_rfc3339(item.created)},
      {"updatedOn",            to_rfc3339(updated)                                                                        },
      {"createdBy",   item.created_by},
      {"updatedBy",                updated_by                                                                                     },
      {"delegatedManagedIdentityResourceId",        or_null(item.delegated_identity)},
      {"description",or_null(item.description)                                                                       }
  };
  return JsonObject{
      {"properties", std::move(properties)                    },
      {"id",         item.id                                  },
      {"type",       "Microsoft.Authorization/roleAssignments"},
      {"name",       item.name                                }
  };
}

std::optional<ArmAnswer> settle_principal(const Cloud& cloud, const State& state,
                                          Assignment& item) {
  constexpr std::array<std::string_view, 5> kTypes = {"User", "Group", "ServicePrincipal",
                                                      "ForeignGroup", "Device"};
  if (!is_uuid(item.principal_id)) {
    return refuse(400, "InvalidPrincipalId", "A valid principal ID must be provided.");
  }
  const auto given = std::ranges::find_if(
      kTypes, [&](std::string_view one) { return equal_ci(one, item.principal_type); });
  if (!item.principal_type.empty() && given == kTypes.end()) {
    return refuse(400, "InvalidPrincipalType",
                  "The principal type '" + item.principal_type + "' is not valid.");
  }
  const std::string known = principal_type(state, item.principal_id);
  if (known.empty() && item.principal_type.empty()) {
    return refuse(
        400, "PrincipalNotFound",
        "Principal " + item.principal_id + " does not exist in the directory " + cloud.tenant() +
            ". Check that you have the correct principal ID. If you are creating this principal "
            "and then immediately assigning a role, this error might be related to a replication "
            "delay. In this case, set the role assignment principalType property to a value, such "
            "as ServicePrincipal, User, or Group. See https://aka.ms/docs-principaltype");
  }
  if (!known.empty() && given != kTypes.end() && known != *given) {
    return refuse(400, "UnmatchedPrincipalType",
                  "The PrincipalId '" + item.principal_id + "' has type '" + known +
                      "' , which is different from specified PrinciaplType '" +
                      item.principal_type + "'.");
  }
  item.principal_type = known.empty() ? std::string(*given) : known;
  return std::nullopt;
}

std::optional<ArmAnswer> check_condition(const Assignment& item) {
  if (item.condition.empty() && item.condition_version.empty()) return std::nullopt;
  if (item.condition_version != "2.0" && item.condition_version != "1.0") {
    return refuse(400, "InvalidConditionVersion",
                  "The condition version '" + item.condition_version +
                      "' of the role assignment is not supported. Use '2.0'.");
  }
  const auto parsed = arm::Condition::parse(item.condition);
  if (parsed) return std::nullopt;
  return refuse(
      400, "InvalidCondition",
      "The condition of the role assignment cannot be read: " + parsed.error().message + ".");
}

std::optional<ArmAnswer> check_role(const State& state, const Assignment& item) {
  const arm::Role* role = find_role(state, item.role_id);
  const bool here = role && std::ranges::any_of(role->assignable_scopes, [&](const auto& scope) {
                      return at_or_above(state, scope, item.scope);
                    });
  if (!here) {
    return refuse(400, "RoleDefinitionDoesNotExist",
                  "The specified role definition with ID '" + item.role_id + "' does not exist.");
  }
  const bool with_data = std::ranges::any_of(
      role->permissions, [](const auto& permission) { return !permission.data_actions.empty(); });
  if (role->custom && with_data && !management_group_name(item.scope).empty()) {
    return refuse(400, "InvalidCreateRoleAssignmentRequest",
                  "Role assignments to Management Groups can not be made to custom role "
                  "definitions with DataActions");
  }
  return std::nullopt;
}

// One principal, role and scope make one assignment.
std::optional<ArmAnswer> check_unique(const State& state, const Assignment& item) {
  const auto* scopes = state.assignments().of(item.principal_id);
  if (!scopes) return std::nullopt;
  for (const Assignment* other : AssignmentIndex::at(*scopes, to_lower(item.scope))) {
    if (other->role_id != item.role_id || equal_ci(other->id, item.id)) continue;
    std::string digits = other->name;
    std::erase(digits, '-');
    return refuse(409, "RoleAssignmentExists",
                  "The role assignment already exists. The ID of the existing role assignment is " +
                      digits + ".");
  }
  return std::nullopt;
}

std::optional<ArmAnswer> check_limit(const State& state, const Assignment& item) {
  const auto count_below = [&](const std::string& prefix) {
    const auto& table = state.table<Assignment>();
    auto it = table.lower_bound(prefix);
    std::size_t count = 0;
    for (; it != table.end() && it->first.starts_with(prefix); ++it) ++count;
    return count;
  };
  const auto id = arm::ResourceId::parse(item.scope);
  if (!id) return std::nullopt;
  bool full = false;
  if (!id->subscription_id.empty()) {
    full = count_below("/subscriptions/" + id->subscription_id + "/") >= kMaxInSubscription;
  } else if (id->kind == arm::ScopeKind::kManagementGroup) {
    full = count_below(to_lower(id->text) + "/providers/microsoft.authorization/") >= kMaxInGroup;
  }
  if (!full) return std::nullopt;
  return refuse(400, "RoleAssignmentLimitExceeded",
                "The number of role assignments allowed has been exceeded.");
}

Assignment read_assignment(const ArmCall& call, const arm::RoleGrantRequest& asked) {
  const Json& body = *call.body;
  Assignment item;
  item.id = call.op.target;
  item.name = to_lower(call.at.tail[1]);
  item.scope = scope_of(call);
  item.principal_id = to_lower(asked.principal_id);
  item.principal_type = text_at(body, "properties.principalType");
  item.role_id = to_lower(asked.role_definition_id);
  item.description = text_at(body, "properties.description");
  item.condition = text_at(body, "properties.condition");
  item.condition_version = text_at(body, "properties.conditionVersion");
  item.delegated_identity = text_at(body, "properties.delegatedManagedIdentityResourceId");
  return item;
}

// Description and condition may change; whom, what and where may not.
ArmAnswer update(Cloud& cloud, Change& change, const ArmCall& call, const Assignment& item,
                 const Assignment& old) {
  if (old.principal_id != item.principal_id || old.role_id != item.role_id) {
    return refuse(400, "RoleAssignmentUpdateNotPermitted",
                  "Tenant ID, application ID, principal ID, and scope are not allowed to be "
                  "updated.");
  }
  if (old.description == item.description && old.condition == item.condition &&
      old.condition_version == item.condition_version) {
    return answer(200, to_json(cloud, old));
  }
  Assignment changed = old;
  changed.description = item.description;
  changed.condition = item.condition;
  changed.condition_version = item.condition_version;
  changed.updated = cloud.clock().now();
  changed.updated_by = call.caller.object_id;
  change.updated(changed.id);
  Json body = to_json(cloud, changed);
  change.put(to_lower(call.op.target), std::move(changed));
  return answer(200, std::move(body));
}

}  // namespace

ArmAnswer get_assignment(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (call.at.instance()) {
    const Assignment* item = state.get<Assignment>(to_lower(call.op.target));
    if (item) return answer(200, to_json(cloud, *item));
    return refuse(404, "RoleAssignmentNotFound",
                  "The role assignment '" + call.at.tail[1] + "' is not found.");
  }
  const std::string text = call.query_value("$filter");
  const auto filter = read_filter(text, {"principalId"}, {"atScope", "assignedTo"});
  if (!filter) return invalid_filter(text);
  const std::string scope = scope_of(call);
  const std::vector<std::string> above = ancestors(state, scope);
  const bool below = !filter->has("atScope");
  JsonArray out;
  const auto add = [&](const Assignment& item) {
    const bool inherited = std::ranges::find(above, to_lower(item.scope)) != above.end();
    if (inherited || (below && at_or_above(state, scope, item.scope))) {
      out.push_back(to_json(cloud, item));
    }
  };
  std::vector<std::string> principals;
  if (const auto direct = filter->value("principalId")) principals = {to_lower(*direct)};
  if (const auto assigned = filter->value("assignedTo")) {
    principals = principals_of(state, *assigned);
  }
  if (principals.empty()) {
    for (const auto& [key, item] : state.table<Assignment>()) add(item);
  }
  for (const std::string& principal : principals) {
    const auto* scopes = state.assignments().of(principal);
    if (!scopes) continue;
    for (const auto& [key, items] : *scopes) {
      for (const Assignment* item : items) add(*item);
    }
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
  Assignment item = read_assignment(call, *asked);
  if (!exists(cloud, state, item.scope)) return resource_not_found(item.scope);
  if (auto refused = check_role(state, item)) return *std::move(refused);
  if (auto refused = check_condition(item)) return *std::move(refused);
  if (const Assignment* old = state.get<Assignment>(to_lower(item.id))) {
    return update(cloud, change, call, item, Assignment(*old));
  }
  if (auto refused = settle_principal(cloud, state, item)) return *std::move(refused);
  if (auto refused = check_unique(state, item)) return *std::move(refused);
  if (auto refused = check_limit(state, item)) return *std::move(refused);
  item.created = item.updated = cloud.clock().now();
  item.created_by = item.updated_by = call.caller.object_id;
  const auto fault = cloud.faults().take(FaultUse::kRole, call.op.method, item.id);
  item.counts_from = item.created + (fault ? fault->duration : cloud.options().rbac_propagation);
  change.created(item.id);
  Json body = to_json(cloud, item);
  change.put(to_lower(call.op.target), std::move(item));
  return answer(201, std::move(body));
}

ArmAnswer delete_assignment(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string key = to_lower(call.op.target);
  const Assignment* old = change.state().get<Assignment>(key);
  if (!old) return answer(204);
  Json body = to_json(cloud, *old);
  change.deleted(key);
  change.erase<Assignment>(key);
  return answer(200, std::move(body));
}

}  // namespace armature::sandbox
