#include "sandbox/routes.h"

#include "base/bytes.h"
#include "sandbox/activity_query.h"
#include "sandbox/deployments/export.h"
#include "sandbox/front/locks.h"
#include "sandbox/front/name_rules.h"
#include "sandbox/front/providers.h"
#include "sandbox/front/tags.h"
#include "sandbox/keyvault/vault_routes.h"
#include "sandbox/move.h"
#include "sandbox/policy/insights.h"
#include "sandbox/policy/resources.h"
#include "sandbox/rbac/deny.h"
#include "sandbox/rbac/routes.h"
#include "sandbox/template/template.h"

namespace armature::sandbox {
namespace {

ArmAnswer not_found(const ArmCall& call) {
  return refuse(404, "NotFound",
                "No route of the sandbox answers " + call.op.method + " '" + call.op.target + "'.");
}

ArmAnswer hash_template(const ArmCall& call) {
  if (!call.body || !call.body->is_object()) {
    return refuse(400, "InvalidRequestContent",
                  "The request content was invalid and could not be deserialized: 'a template is "
                  "expected'.");
  }
  return answer(200, JsonObject{
                         {"minifiedTemplate", tmpl::minified_template(*call.body)},
                         {"templateHash",     tmpl::template_hash(*call.body)    }
  });
}

ArmAnswer not_allowed(const ArmCall& call, const char* what) {
  return refuse(405, "MethodNotAllowed",
                "The http method '" + call.op.method + "' is not supported for " + what + ".");
}

bool is_poll(const ArmCall& call) {
  const auto& head = call.at.head;
  if (!call.at.providers && head.size() == 4 && equal_ci(head[2], "operationresults")) return true;
  const auto& tail = call.at.tail;
  if (tail.size() == 2 && call.at.is("Microsoft.Resources", "operationResults")) return true;
  return tail.size() == 4 && equal_ci(tail[0], "locations") &&
         (equal_ci(tail[2], "operationStatuses") || ends_with_ci(tail[2], "operationResults") ||
          equal_ci(tail[2], "deploymentStackOperationStatus"));
}

bool is_tags(const ArmCall& call) {
  return call.at.is("Microsoft.Resources", "tags") && call.at.tail.size() == 2 &&
         equal_ci(call.at.tail[1], "default");
}

// Below no "providers": tenants, subscriptions, groups and their lists.
ArmAnswer read_scope(Cloud& cloud, const State& state, const ArmCall& call) {
  const auto& head = call.at.head;
  const auto is = [&](std::size_t at, const char* word) { return equal_ci(head[at], word); };
  if (head.size() == 1 && is(0, "tenants")) return list_tenants(cloud);
  if (head.empty() || !is(0, "subscriptions")) return not_found(call);
  switch (head.size()) {
    case 1:
      return list_subscriptions(cloud, state, call);
    case 2:
      return answer(200, subscription_json(cloud, state));
    case 3:
      if (is(2, "resourceGroups")) return list_groups(cloud, state, call);
      if (is(2, "resources")) return list_resources(cloud, state, call);
      if (is(2, "locations")) return list_locations(cloud);
      if (is(2, "tagNames")) return list_tag_names(cloud, state);
      return not_found(call);
    case 4:
      return is(2, "resourceGroups") ? get_group(cloud, state, call) : not_found(call);
    case 5:
      return is(4, "resources") ? list_resources(cloud, state, call) : not_found(call);
    default:
      return not_found(call);
  }
}

}  // namespace

std::optional<ArmAnswer> check_scope(const Cloud& cloud, const State& state, const ArmCall& call) {
  const auto& head = call.at.head;
  if (head.size() < 2 || !equal_ci(head[0], "subscriptions")) return std::nullopt;
  if (!equal_ci(head[1], cloud.subscription())) {
    return refuse(404, "SubscriptionNotFound",
                  "The subscription '" + head[1] + "' could not be found.");
  }
  const bool in_group = head.size() >= 4 && equal_ci(head[2], "resourceGroups");
  if (!in_group || (head.size() == 4 && !call.at.providers)) return std::nullopt;
  const Record* group =
      find_group(cloud, state, "/subscriptions/" + head[1] + "/resourceGroups/" + head[3]);
  if (!group) {
    return refuse(404, "ResourceGroupNotFound",
                  "Resource group '" + head[3] + "' could not be found.");
  }
  if (group->deleting && call.op.method != "GET" && call.op.method != "HEAD") {
    return refuse(409, "ResourceGroupBeingDeleted",
                  "The resource group '" + head[3] +
                      "' is in deprovisioning state and cannot perform this operation.");
  }
  if (call.op.mutates) return check_moving(cloud, state, *group);
  return std::nullopt;
}

ArmAnswer route_read(Cloud& cloud, const State& state, const ArmCall& call) {
  if (is_poll(call)) return poll_operation(cloud, state, call);
  if (!call.at.providers) return read_scope(cloud, state, call);
  if (call.at.tail.empty()) return get_providers(cloud, state, call);
  if (is_management(call)) return read_management(cloud, state, call);
  if (call.at.is("Microsoft.Authorization", "roleAssignments")) {
    return get_assignment(cloud, state, call);
  }
  if (call.at.is("Microsoft.Authorization", "roleDefinitions")) return get_role(cloud, state, call);
  if (call.at.is("Microsoft.Authorization", "denyAssignments")) {
    return get_deny_assignment(state, call);
  }
  if (call.at.is("Microsoft.Authorization", "permissions")) {
    return get_permissions(cloud, state, call);
  }
  if (policy::is_policy(call)) return policy::read_policy(cloud, state, call);
  if (policy::is_insights(call)) return policy::read_insights(cloud, state, call);
  if (is_always_empty(call)) return list_answer({});
  if (call.at.is("Microsoft.Insights", "eventtypes")) return list_events(cloud, state, call);
  if (call.at.is("Microsoft.Insights", "eventcategories")) return list_event_categories();
  if (auto out = read_vaults(cloud, state, call)) return *std::move(out);
  if (call.at.is("Microsoft.Authorization", "locks") && !call.at.instance()) {
    return list_locks(cloud, state, call);
  }
  if (is_tags(call)) return get_tags(cloud, state, call);
  return call.at.instance() ? get_resource(cloud, state, call) : list_of_type(cloud, state, call);
}

ArmAnswer route_change(Cloud& cloud, Change& change, const ArmCall& call) {
  const std::string& method = call.op.method;
  if (!call.at.providers) {
    const auto& head = call.at.head;
    if (head.size() >= 4 && equal_ci(head[2], "tagNames")) {
      return change_tag_name(cloud, change, call);
    }
    if (head.size() < 4 || !equal_ci(head[2], "resourceGroups")) return not_found(call);
    if (method == "POST" && head.size() == 5 && equal_ci(head[4], "exportTemplate")) {
      return export_group(cloud, change.state(), call);
    }
    if (method == "POST" && head.size() == 5 &&
        (equal_ci(head[4], "moveResources") || equal_ci(head[4], "validateMoveResources"))) {
      return move_resources(cloud, change, call);
    }
    if (head.size() != 4) return not_found(call);
    if (method == "PUT") return put_group(cloud, change, call);
    if (method == "PATCH") return patch_group(cloud, change, call);
    if (method == "DELETE") return delete_group(cloud, change, call);
    return not_found(call);
  }
  if (auto out = change_vaults(cloud, change, call)) return *std::move(out);
  if (policy::is_policy(call)) return policy::change_policy(cloud, change, call);
  if (is_management(call) && !call.at.tail.empty()) return change_management(cloud, change, call);
  if (method == "POST") {
    if (call.at.is("Microsoft.Resources", "calculateTemplateHash")) return hash_template(call);
    if (is_elevate_access(call)) return elevate_access(cloud, change, call);
    if (call.at.tail.size() == 1 &&
        (equal_ci(call.at.tail[0], "register") || equal_ci(call.at.tail[0], "unregister"))) {
      return change_provider(cloud, change, call);
    }
    if (auto answered = availability(change.state(), call)) return *answered;
    return call.at.tail.empty() ? not_found(call) : post_action(cloud, change, call);
  }
  if (!call.at.instance()) return not_allowed(call, "a resource collection");
  if (call.at.is("Microsoft.Authorization", "roleAssignments") && call.at.tail.size() == 2) {
    if (method == "PUT") return put_assignment(cloud, change, call);
    if (method == "DELETE") return delete_assignment(cloud, change, call);
    return not_allowed(call, "role assignments");
  }
  if (call.at.is("Microsoft.Authorization", "denyAssignments")) {
    return not_allowed(call, "deny assignments");
  }
  if (call.at.is("Microsoft.Authorization", "roleDefinitions") && call.at.tail.size() == 2) {
    if (method == "PUT") return put_role(cloud, change, call);
    if (method == "DELETE") return delete_role(cloud, change, call);
    return not_allowed(call, "role definitions");
  }
  if (is_tags(call)) {
    if (method == "PUT") return put_tags(cloud, change, call);
    if (method == "PATCH") return patch_tags(cloud, change, call);
    return delete_tags(cloud, change, call);
  }
  if (method == "PUT" && call.at.is("Microsoft.Authorization", "locks")) {
    if (auto refused = check_lock(change.state(), call)) return *refused;
  }
  if (method == "PUT") return put_resource(cloud, change, call);
  if (method == "PATCH") return patch_resource(cloud, change, call);
  if (method == "DELETE") return delete_resource(cloud, change, call);
  return not_allowed(call, "the resource");
}

}  // namespace armature::sandbox
