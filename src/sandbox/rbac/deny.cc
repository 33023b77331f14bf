#include "sandbox/rbac/deny.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/rbac/filters.h"
#include "sandbox/rbac/hierarchy.h"

namespace armature::sandbox {
namespace {

constexpr std::string_view kType = "/providers/Microsoft.Authorization/denyAssignments/";

std::string key_prefix(std::string_view scope) {
  return to_lower((scope == "/" ? "" : std::string(scope)) + std::string(kType));
}

bool names(const JsonArray& principals, std::string_view id) {
  return std::ranges::any_of(principals,
                             [&](const Json& one) { return equal_ci(text_at(one, "id"), id); });
}

bool concerns(const DenyAssignment& item, std::span<const std::string> principals) {
  const auto named = [&](const JsonArray& list) {
    return names(list, kEveryone) ||
           std::ranges::any_of(principals, [&](const auto& id) { return names(list, id); });
  };
  return named(item.principals) && !named(item.excluded);
}

// The other way round than for a grant: what cannot be read denies.
bool applies(const std::string& condition, std::string_view action,
             const std::function<arm::ConditionFacts()>& condition_facts) {
  if (condition.empty()) return true;
  const auto parsed = arm::Condition::parse(condition);
  if (!parsed) return true;
  arm::ConditionFacts facts = condition_facts ? condition_facts() : arm::ConditionFacts{};
  facts.action = action;
  return parsed->holds(facts);
}

Json to_json(const DenyAssignment& item) {
  const auto or_null = [](const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return JsonObject{
      {"properties", JsonObject{{"denyAssignmentName", item.display_name},
                                {"description", or_null(item.description)},
                                {"permissions", arm::permissions_to_json(item.permissions)},
                                {"scope", item.scope},
                                {"doNotApplyToChildScopes", item.not_for_children},
                                {"principals", item.principals},
                                {"excludePrincipals", item.excluded},
                                {"isSystemProtected", item.is_system_protected},
                                {"condition", or_null(item.condition)},
                                {"conditionVersion", or_null(item.condition_version)},
                                {"createdOn", to_rfc3339(item.created)},
                                {"updatedOn", to_rfc3339(item.created)},
                                {"createdBy", item.created_by},
                                {"updatedBy", item.created_by}}},
      {"id",         item.id                                                       },
      {"type",       "Microsoft.Authorization/denyAssignments"                     },
      {"name",       item.name                                                     }
  };
}

}  // namespace

std::string put_deny_assignment(Cloud& cloud, Change& change, DenyAssignment item) {
  if (item.name.empty()) item.name = cloud.random().uuid();
  if (item.id.empty()) {
    item.id = (item.scope == "/" ? "" : item.scope) + std::string(kType) + item.name;
  }
  const DenyAssignment* old = change.state().get<DenyAssignment>(to_lower(item.id));
  if (item.created == Instant{}) item.created = old ? old->created : cloud.clock().now();
  if (item.created_by.empty()) item.created_by = kSystem;
  std::string id = item.id;
  change.put(to_lower(id), std::move(item));
  return id;
}

void erase_deny_assignment(Change& change, const std::string& id) {
  change.erase<DenyAssignment>(to_lower(id));
}

// The table is sorted by id, so those of one scope stand together.
const DenyAssignment* denying(const State& state, std::span<const std::string> scopes,
                              std::span<const std::string> principals, std::string_view action,
                              bool data_action,
                              const std::function<arm::ConditionFacts()>& condition_facts) {
  const auto& table = state.table<DenyAssignment>();
  if (table.empty()) return nullptr;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    const std::string prefix = key_prefix(scopes[i]);
    for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
         ++it) {
      const DenyAssignment& item = it->second;
      if ((i > 0 && item.not_for_children) || !concerns(item, principals)) continue;
      const bool covered = std::ranges::any_of(item.permissions, [&](const auto& permission) {
        return arm::covers(permission, action, data_action) &&
               applies(permission.condition, action, condition_facts);
      });
      if (covered && applies(item.condition, action, condition_facts)) return &item;
    }
  }
  return nullptr;
}

ArmAnswer deny_assignment_failed(const Caller& caller, std::string_view action,
                                 std::string_view scope, const DenyAssignment& by) {
  return refuse(403, "DenyAssignmentAuthorizationFailed",
                "The client '" + caller.app_id + "' with object id '" + caller.object_id +
                    "' has permission to perform action '" + std::string(action) + "' on scope '" +
                    std::string(scope) +
                    "'; however, the access is denied because of the deny assignment with name '" +
                    by.display_name + "' and Id '" + by.name + "' at scope '" + by.scope + "'.");
}

ArmAnswer get_deny_assignment(const State& state, const ArmCall& call) {
  if (call.at.instance()) {
    const DenyAssignment* item = state.get<DenyAssignment>(to_lower(call.op.target));
    if (item) return answer(200, to_json(*item));
    return refuse(404, "DenyAssignmentNotFound",
                  "The deny assignment '" + call.at.tail[1] + "' is not found.");
  }
  const auto filter = read_filter(call.query_value("$filter"),
                                  {"principalId", "denyAssignmentName", "gdprExportPrincipalId"},
                                  {"atScope", "assignedTo"});
  if (!filter) return invalid_filter(call.query_value("$filter"));
  const std::string scope = scope_of(call);
  JsonArray out;
  for (const auto& [key, item] : state.table<DenyAssignment>()) {
    const bool above = at_or_above(state, item.scope, scope);
    if (!above && (filter->has("atScope") || !at_or_above(state, scope, item.scope))) continue;
    const auto about = [&](const char* field) {
      const auto id = filter->value(field);
      return !id || names(item.principals, *id) || names(item.principals, kEveryone);
    };
    const auto name = filter->value("denyAssignmentName");
    if (name && !equal_ci(*name, item.display_name)) continue;
    if (!about("principalId") || !about("gdprExportPrincipalId") || !about("assignedTo")) continue;
    out.push_back(to_json(item));
  }
  return list_answer(std::move(out));
}

}  // namespace armature::sandbox
