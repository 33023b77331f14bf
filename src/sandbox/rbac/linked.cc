#include "sandbox/rbac/linked.h"

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/rbac.h"

namespace armature::sandbox {
namespace {

ArmAnswer linked_failed(const ArmCall& call, const std::string& what) {
  return refuse(403, "LinkedAuthorizationFailed",
                "The client '" + call.caller.app_id + "' with object id '" + call.caller.object_id +
                    "' has permission to perform action '" + call.op.action + "' on scope '" +
                    call.op.scope + "'; however" + what);
}

ArmAnswer lacking(const ArmCall& call, const std::string& actions, const std::string& scopes) {
  return linked_failed(call, ", it does not have permission to perform action(s) '" + actions +
                                 "' on the linked scope(s) '" + scopes +
                                 "' (respectively) or the linked scope(s) are invalid.");
}

}  // namespace

std::optional<ArmAnswer> check_linked(const Cloud& cloud, const State& state, const ArmCall& call) {
  const bool writes = call.op.method == "PUT" || call.op.method == "PATCH";
  if (!writes || !call.body || !call.at.instance()) return std::nullopt;
  std::vector<std::string> actions, scopes;
  for (arm::Link& link : arm::links_of(call.at.type(), *call.body)) {
    const auto id = arm::ResourceId::parse(link.target);
    if (!id || !link.target.starts_with('/')) {
      return refuse(400, "LinkedInvalidPropertyId",
                    "Property id '" + link.target + "' at path '" + link.path +
                        "' is invalid. Expect fully qualified resource Id that start with "
                        "'/subscriptions/{subscriptionId}' or "
                        "'/providers/{resourceProviderNamespace}/'.");
    }
    if (!id->subscription_id.empty() && !equal_ci(id->subscription_id, cloud.subscription())) {
      return linked_failed(call,
                           " the linked subscription '" + id->subscription_id + "' was not found.");
    }
    if (link.action == "read") link.action = id->type + "/read";
    if (may(cloud, state, call.caller.object_id, link.action, id->text)) continue;
    if (std::ranges::find(actions, link.action) == actions.end()) actions.push_back(link.action);
    if (std::ranges::find(scopes, id->text) == scopes.end()) scopes.push_back(id->text);
  }
  if (actions.empty()) return std::nullopt;
  return lacking(call, join(actions, ","), join(scopes, ","));
}

std::optional<ArmAnswer> check_linked_right(const Cloud& cloud, const State& state,
                                            const ArmCall& call, const std::string& action,
                                            const std::string& scope) {
  if (may(cloud, state, call.caller.object_id, action, scope)) return std::nullopt;
  return lacking(call, action, scope);
}

}  // namespace armature::sandbox
