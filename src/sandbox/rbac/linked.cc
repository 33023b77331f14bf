#include "sandbox/rbac/linked.h"

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/rbac.h"
#include "sandbox/rbac/linked_table.h"

namespace armature::sandbox {
namespace {

// The next step of a path: "name", "name[]" or "name{}".
struct Step {
  std::string_view name;
  char kind = 0;  // '[' for each item, '{' for each key
  std::string_view rest;
};
Step next_step(std::string_view path) {
  const std::size_t dot = path.find('.');
  Step step{path.substr(0, dot), 0, dot == path.npos ? "" : path.substr(dot + 1)};
  const bool each = step.name.ends_with("[]") || step.name.ends_with("{}");
  if (each) {
    step.kind = step.name[step.name.size() - 2];
    step.name.remove_suffix(2);
  }
  return step;
}

// Walks a body along a rule's path and calls found(text, where) for every text it leads to.
template <class F>
void walk(const Json& at, std::string_view path, const std::string& where, const F& found) {
  if (path.empty()) {
    if (at.is_string() && !at.get_string().empty()) found(std::string(as_text(at)), where);
    return;
  }
  if (!at.is_object()) return;
  const Step step = next_step(path);
  const Json* value = find_ci(at.get_object(), step.name);
  if (!value) return;
  const std::string here = where + (where.empty() ? "" : ".") + std::string(step.name);
  if (step.kind == '[') {
    if (!value->is_array()) return;
    for (std::size_t i = 0; i < value->get_array().size(); ++i) {
      walk(value->get_array()[i], step.rest, here + "[" + std::to_string(i) + "]", found);
    }
  } else if (step.kind == '{') {
    if (!value->is_object()) return;
    // A null takes the key out: nothing is linked then.
    for (const auto& member : value->get_object()) {
      if (!member.value().is_null()) found(std::string(member.key()), here);
    }
  } else {
    walk(*value, step.rest, here, found);
  }
}

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

std::vector<Link> links_of(std::string_view type, const Json& body) {
  std::vector<Link> out;
  for (const LinkRule& rule : link_rules()) {
    if (rule.type != "*" && !equal_ci(rule.type, type)) continue;
    walk(body, rule.path, "", [&](std::string target, const std::string& where) {
      out.push_back({std::string(rule.action), std::move(target), where});
    });
  }
  return out;
}

std::optional<ArmAnswer> check_linked(const Cloud& cloud, const State& state, const ArmCall& call) {
  const bool writes = call.op.method == "PUT" || call.op.method == "PATCH";
  if (!writes || !call.body || !call.at.instance()) return std::nullopt;
  std::vector<std::string> actions, scopes;
  for (Link& link : links_of(call.at.type(), *call.body)) {
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
