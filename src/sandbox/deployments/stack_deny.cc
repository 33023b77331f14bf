// Deny settings of a stack: a deny assignment over each resource that it manages.
#include "base/bytes.h"
#include "sandbox/deployments/stacks.h"
#include "sandbox/rbac/deny.h"

namespace armature::sandbox {

void erase_stack_denies(Change& change, Stack& stack) {
  for (const Json& id : stack.deny_assignments) {
    erase_deny_assignment(change, std::string(as_text(id)));
  }
  stack.deny_assignments.clear();
}

void put_stack_denies(Cloud& cloud, Change& change, Stack& stack, bool changing) {
  erase_stack_denies(change, stack);
  const std::string mode = text_at(stack.deny, "mode");
  for (Json& resource : stack.resources) resource.get_object()["denyStatus"] = mode;
  if (mode == "none") return;
  DenyAssignment item;
  item.display_name =
      "Deny assignment '" + stack.name + "' created by Deployment Stack '" + stack.id + "'.";
  item.description = "Created by Deployment Stack '" + stack.id + "'.";
  item.not_for_children = !bool_at(stack.deny, "applyToChildScopes");
  item.principals.push_back(JsonObject{
      {"id",   kEveryone      },
      {"type", "SystemDefined"}
  });
  arm::Permission permission;
  permission.actions.push_back("*/delete");
  if (mode == "denyWriteAndDelete") permission.actions.push_back("*/write");
  for (const Json& action : stack.deny.at("excludedActions").get_array()) {
    if (action.is_string()) permission.not_actions.emplace_back(as_text(action));
  }
  item.permissions.push_back(std::move(permission));
  const auto exclude = [&](std::string_view id) {
    item.excluded.push_back(JsonObject{
        {"id",   id                },
        {"type", "ServicePrincipal"}
    });
  };
  for (const Json& principal : stack.deny.at("excludedPrincipals").get_array()) {
    if (principal.is_string()) exclude(as_text(principal));
  }
  if (changing) exclude(stack.caller.object_id);
  for (const Json& resource : stack.resources) {
    item.id.clear();
    item.name.clear();
    item.scope = text_at(resource, "id");
    stack.deny_assignments.push_back(Json(put_deny_assignment(cloud, change, item)));
  }
}

}  // namespace armature::sandbox
