// Management groups: a tree below the tenant's root group, with the subscription as one of its
// leaves. Changes answer when they are done; ARM may also answer 202, and clients take both.
#include <algorithm>
#include <array>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/bodies.h"
#include "sandbox/rbac.h"
#include "sandbox/rbac/hierarchy.h"
#include "sandbox/rbac/management_tree.h"
#include "sandbox/rbac/routes.h"
#include "sandbox/routes.h"

namespace armature::sandbox {
namespace {

constexpr const char* kWrite = "Microsoft.Management/managementGroups/write";
constexpr std::size_t kMaxName = 90;
constexpr std::size_t kMaxGroups = 10'000;

ArmAnswer bad_request(const std::string& message) { return refuse(400, "BadRequest", message); }

ArmAnswer group_not_found(const std::string& name) {
  return refuse(404, "NotFound", "'" + management_group_id(name) + "' not found");
}

bool is_name(std::string_view name) {
  const bool allowed = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-_().").find(c) != std::string_view::npos;
  });
  return allowed && !name.empty() && name.size() <= kMaxName && !name.ends_with('.');
}

std::optional<ArmAnswer> need(const Cloud& cloud, const State& state, const ArmCall& call,
                              std::string_view action, const std::string& scope) {
  return refuse_access(cloud, state, call.caller,
                       {call.caller.object_id, action, scope, false, {}});
}

// Below the root group anybody may put something; any other group needs the right to write it.
std::optional<ArmAnswer> need_group(const Cloud& cloud, const State& state, const ArmCall& call,
                                    const std::string& name, std::string_view action) {
  if (equal_ci(name, root_group(state))) return std::nullopt;
  return need(cloud, state, call, action, management_group_id(name));
}

// What a body says of a group; PUT and PATCH name the parent in two ways.
struct Wanted {
  std::optional<std::string> display_name;
  std::optional<std::string> parent;  // a name
  std::optional<ArmAnswer> refusal;
};
Wanted read_wanted(const State& state, const ArmCall& call) {
  Wanted out;
  if (!call.body) return out;
  if (!call.body->is_object()) {
    out.refusal = read_body(call).refusal;
    return out;
  }
  const bool patch = call.op.method == "PATCH";
  const Json* name = at(*call.body, patch ? "displayName" : "properties.displayName");
  if (name && name->is_string()) out.display_name = std::string(as_text(*name));
  const Json* parent = at(*call.body, patch ? "parentGroupId" : "properties.details.parent.id");
  if (!parent || !parent->is_string()) return out;
  const std::string id(as_text(*parent));
  const std::string_view group = management_group_name(id);
  if (group.empty() || !management_group_exists(state, group)) {
    out.refusal = refuse(404, "NotFound", "The parent '" + id + "' was not found.");
  } else {
    out.parent = std::string(group);
  }
  return out;
}

std::size_t depth_of(const State& state, std::string name) {
  std::size_t depth = 0;
  for (; name != root_group(state) && !name.empty() && depth <= kMaxGroupDepth; ++depth) {
    name = parent_group(state, name);
  }
  return depth;
}

// A group cannot go below itself, nor so that anything below it gets too deep.
std::optional<ArmAnswer> check_place(const State& state, const std::string& name,
                                     const std::string& parent) {
  const auto above = ancestors(state, management_group_id(parent));
  if (std::ranges::find(above, to_lower(management_group_id(name))) != above.end()) {
    return bad_request("The management group '" + name + "' cannot be moved below itself.");
  }
  if (depth_of(state, to_lower(parent)) + height_of(state, name) > kMaxGroupDepth) {
    return bad_request("A management group tree has at most 6 levels below the root group.");
  }
  return std::nullopt;
}

// Who makes a group owns it.
void grant_owner(Cloud& cloud, Change& change, const ArmCall& call, const std::string& name) {
  Assignment item;
  item.scope = management_group_id(name);
  item.name = cloud.random().uuid();
  item.id = item.scope + "/providers/Microsoft.Authorization/roleAssignments/" + item.name;
  item.principal_id = call.caller.object_id;
  item.principal_type = "ServicePrincipal";
  item.role_id = arm::find_builtin_role("Owner")->id;
  item.created = item.updated = cloud.clock().now();
  item.created_by = item.updated_by = kSystem;
  const std::string key = to_lower(item.id);
  change.put(key, std::move(item));
}

ArmAnswer create_group(Cloud& cloud, Change& change, const ArmCall& call, const Wanted& wanted) {
  const State& state = change.state();
  const std::string& name = call.at.tail[1];
  if (!is_name(name)) {
    return bad_request("The management group ID '" + name +
                       "' is not valid. It has 1 to 90 letters, digits and the characters -_(). "
                       "and does not end in a period.");
  }
  const std::string parent = wanted.parent.value_or(root_group(state));
  if (auto refused = need_group(cloud, state, call, parent, kWrite)) return *std::move(refused);
  if (auto refused = check_place(state, name, parent)) return *std::move(refused);
  if (state.table<ManagementGroup>().size() >= kMaxGroups) {
    return bad_request("A directory has at most 10000 management groups.");
  }
  ManagementGroup group;
  group.name = name;
  group.display_name = wanted.display_name.value_or(name);
  if (!equal_ci(parent, root_group(state))) group.parent = parent;
  group.changed = cloud.clock().now();
  group.changed_by = call.caller.object_id;
  change.created(management_group_id(name));
  change.put(to_lower(name), std::move(group));
  grant_owner(cloud, change, call, name);
  return answer(200, group_json(state, name, {}));
}

ArmAnswer update_group(Cloud& cloud, Change& change, const ArmCall& call, const Wanted& wanted) {
  const State& state = change.state();
  const std::string& name = call.at.tail[1];
  const std::string key = to_lower(name);
  const ManagementGroup* old = state.get<ManagementGroup>(key);
  if (!old) return bad_request("The root management group cannot be changed.");
  ManagementGroup group = *old;
  group.display_name = wanted.display_name.value_or(old->display_name);
  const std::string was = parent_group(state, name);
  const std::string parent = wanted.parent.value_or(was);
  if (!equal_ci(parent, was)) {
    const char* assign = "Microsoft.Authorization/roleAssignments/write";
    if (auto refused = need(cloud, state, call, assign, management_group_id(name))) return *refused;
    for (const std::string& end : {was, parent}) {
      if (auto refused = need_group(cloud, state, call, end, kWrite)) return *std::move(refused);
    }
    if (auto refused = check_place(state, name, parent)) return *std::move(refused);
    group.parent = equal_ci(parent, root_group(state)) ? "" : parent;
  }
  if (canonical(to_item(group)) != canonical(to_item(*old))) {
    group.version += 1;
    group.changed = cloud.clock().now();
    group.changed_by = call.caller.object_id;
    change.updated(management_group_id(name));
    change.put(key, std::move(group));
  }
  return answer(200, group_json(state, name, {}));
}

ArmAnswer delete_group(const Cloud& cloud, Change& change, const std::string& name) {
  const State& state = change.state();
  const std::string key = to_lower(name);
  if (key == root_group(state)) {
    return bad_request("The root management group cannot be deleted.");
  }
  const ManagementGroup* group = state.get<ManagementGroup>(key);
  if (!group) return answer(204);
  if (!children_of(state, key).empty() || !subscriptions_of(state, key).empty()) {
    return bad_request("The management group '" + group->name +
                       "' has children and cannot be deleted.");
  }
  const std::string id = management_group_id(group->name);
  erase_below(cloud, change, id);
  change.deleted(id);
  change.erase<ManagementGroup>(key);
  return answer(204);
}

// An assignment of a custom role must stay one that its role allows.
bool strands_custom_role(const State& state, const std::string& subscription,
                         const std::string& to_group) {
  const auto above = ancestors(state, management_group_id(to_group));
  const std::string prefix = to_lower(subscription) + "/";
  const auto& table = state.table<Assignment>();
  for (auto it = table.lower_bound(prefix); it != table.end() && it->first.starts_with(prefix);
       ++it) {
    const CustomRole* custom = state.get<CustomRole>(it->second.role_id);
    if (!custom) continue;
    const auto& scopes = custom->role.assignable_scopes;
    const bool stays = std::ranges::any_of(scopes, [&](const std::string& scope) {
      return arm::at_or_above(scope, it->second.scope) ||
             std::ranges::find(above, to_lower(scope)) != above.end();
    });
    if (!stays) return true;
  }
  return false;
}

ArmAnswer place_subscription(Cloud& cloud, Change& change, const ArmCall& call) {
  const State& state = change.state();
  const std::string& group = call.at.tail[1];
  const std::string id = to_lower(call.at.tail[3]);
  const std::string scope = "/subscriptions/" + id;
  if (!management_group_exists(state, group)) return group_not_found(group);
  if (!equal_ci(id, cloud.subscription())) {
    return refuse(404, "SubscriptionNotFound", "The subscription '" + id + "' could not be found.");
  }
  const char* assign = "Microsoft.Authorization/roleAssignments/write";
  const char* place = "Microsoft.Management/managementGroups/subscriptions/write";
  if (auto refused = need(cloud, state, call, assign, scope)) return *std::move(refused);
  if (auto refused = need_group(cloud, state, call, group, place)) return *std::move(refused);
  const std::string was = group_of_subscription(state, id);
  if (!equal_ci(was, group)) {
    for (const std::string& end : {was, group}) {
      if (auto refused = need_group(cloud, state, call, end, kWrite)) return *std::move(refused);
    }
    if (strands_custom_role(state, scope, group)) {
      return bad_request("The subscription '" + id +
                         "' has role assignments of a custom role that is not assignable below "
                         "the management group '" +
                         group + "'.");
    }
    change.updated(call.op.target);
    if (equal_ci(group, root_group(state))) {
      change.erase<Placement>(id);
    } else {
      change.put(id, Placement{group});
    }
  }
  return answer(200, placed_subscription_json(cloud, state));
}

ArmAnswer take_subscription_out(Cloud& cloud, Change& change, const ArmCall& call) {
  const State& state = change.state();
  const std::string id = to_lower(call.at.tail[3]);
  const bool inside = equal_ci(id, cloud.subscription()) &&
                      equal_ci(group_of_subscription(state, id), call.at.tail[1]);
  if (!inside || equal_ci(call.at.tail[1], root_group(state))) return answer(204);
  if (strands_custom_role(state, "/subscriptions/" + id, root_group(state))) {
    return bad_request("The subscription '" + id +
                       "' has role assignments of a custom role of its management group.");
  }
  change.updated(call.op.target);
  change.erase<Placement>(id);
  return answer(200);
}

ArmAnswer name_availability(const State& state, const ArmCall& call) {
  const std::string name = call.body ? text_at(*call.body, "name") : "";
  const bool taken = management_group_exists(state, name);
  JsonObject out{
      {"nameAvailable", !taken && is_name(name)}
  };
  if (taken) {
    out["reason"] = "AlreadyExists";
    out["message"] = "The group with the specified name already exists";
  } else if (!is_name(name)) {
    out["reason"] = "Invalid";
    out["message"] = "The group name is not valid";
  }
  return answer(200, std::move(out));
}

bool is_group(const ArmCall& call, std::size_t size) {
  return call.at.tail.size() == size && equal_ci(call.at.tail[0], "managementGroups");
}
bool is_child(const ArmCall& call, std::size_t size, const char* type) {
  return is_group(call, size) && equal_ci(call.at.tail[2], type);
}

ArmAnswer not_here(const ArmCall& call) {
  return refuse(404, "NotFound",
                "No route of the sandbox answers " + call.op.method + " '" + call.op.target + "'.");
}

}  // namespace

bool is_management(const ArmCall& call) {
  // Service groups are plain resources of the tenant.
  const bool plain = !call.at.tail.empty() && equal_ci(call.at.tail[0], "serviceGroups");
  return call.at.scope.empty() && equal_ci(call.at.provider, "Microsoft.Management") && !plain;
}

bool management_needs_no_right(const State& state, const ArmCall& call) {
  if (!is_management(call) || call.at.tail.empty()) return false;
  const std::string& method = call.op.method;
  if (is_group(call, 1)) return method == "GET";
  if (is_group(call, 2)) {
    return method == "PUT" && !management_group_exists(state, call.at.tail[1]);
  }
  if (is_child(call, 4, "subscriptions")) return method == "PUT";
  constexpr std::array kOpen = {"getEntities", "checkNameAvailability", "startTenantBackfill",
                                "tenantBackfillStatus"};
  return method == "POST" && call.at.tail.size() == 1 &&
         std::ranges::any_of(kOpen,
                             [&](const char* name) { return equal_ci(call.at.tail[0], name); });
}

ArmAnswer read_management(const Cloud& cloud, const State& state, const ArmCall& call) {
  if (is_group(call, 1)) return list_groups_of_caller(cloud, state, call);
  if (!is_group(call, call.at.tail.size()) || call.at.tail.size() < 2) return not_here(call);
  const std::string& name = call.at.tail[1];
  if (!management_group_exists(state, name)) return group_not_found(name);
  if (is_group(call, 2)) {
    GroupView view;
    const std::string expand = call.query_value("$expand");
    view.children = equal_ci(expand, "children");
    view.path = equal_ci(expand, "path");
    view.ancestors = equal_ci(expand, "ancestors");
    view.recurse = equal_ci(call.query_value("$recurse"), "true");
    return answer(200, group_json(state, name, view));
  }
  if (is_child(call, 3, "descendants")) return list_descendants(cloud, state, name);
  const bool has = !subscriptions_of(state, to_lower(name)).empty();
  if (is_child(call, 3, "subscriptions")) {
    return list_answer(has ? JsonArray{placed_subscription_json(cloud, state)} : JsonArray{});
  }
  if (is_child(call, 4, "subscriptions") && has &&
      equal_ci(call.at.tail[3], cloud.subscription())) {
    return answer(200, placed_subscription_json(cloud, state));
  }
  return not_here(call);
}

ArmAnswer change_management(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& method = call.op.method;
  const State& state = change.state();
  if (is_group(call, 2)) {
    if (method == "DELETE") return delete_group(cloud, change, call.at.tail[1]);
    const bool there = management_group_exists(state, call.at.tail[1]);
    if (method == "PATCH" && !there) return group_not_found(call.at.tail[1]);
    if (method != "PUT" && method != "PATCH") return not_here(call);
    Wanted wanted = read_wanted(state, call);
    if (wanted.refusal) return *std::move(wanted.refusal);
    return there ? update_group(cloud, change, call, wanted)
                 : create_group(cloud, change, call, wanted);
  }
  if (is_child(call, 4, "subscriptions")) {
    if (method == "PUT") return place_subscription(cloud, change, call);
    if (method == "DELETE") return take_subscription_out(cloud, change, call);
  }
  if (method != "POST" || call.at.tail.size() != 1) return not_here(call);
  if (equal_ci(call.at.tail[0], "getEntities")) return list_entities(cloud, state, call);
  if (equal_ci(call.at.tail[0], "checkNameAvailability")) return name_availability(state, call);
  return answer(200, JsonObject{
                         {"tenantId", root_group(state)},
                         {"status",   "Completed"      }
  });
}

}  // namespace armature::sandbox
