#include "gateway/scopes_in_body.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "http/message.h"

namespace armature::gateway {
namespace {

constexpr std::string_view kGroups = "Microsoft.Resources/subscriptions/resourceGroups";
constexpr std::size_t kMostMoved = 800;     // ARM's own limit
constexpr std::size_t kMostScopes = 1'000;  // of a query: Resource Graph's own limit

// The texts of a list, or an error; none when there is no such member.
Result<std::vector<std::string>> texts(const JsonObject& body, std::string_view name) {
  std::vector<std::string> out;
  const Json* list = find_ci(body, name);
  if (!list || list->is_null()) return out;
  const std::string what(name);
  if (!list->is_array()) return fail(Code::kInvalid, what + " is no list");
  for (const Json& one : list->get_array()) {
    if (!one.is_string() || as_text(one).empty()) {
      return fail(Code::kInvalid, what + " holds what is no text");
    }
    out.emplace_back(as_text(one));
  }
  return out;
}

}  // namespace

bool is_graph_query(const arm::Operation& operation) {
  return operation.method == "POST" &&
         equal_ci(operation.action, "Microsoft.ResourceGraph/resources/read");
}

Status read_graph_query(const Json& body, std::vector<access::Ask>& asks) {
  const auto* object = body.if_object();
  if (!object) return fail(Code::kInvalid, "a query is an object");
  ARMATURE_TRY(const auto subscriptions, texts(*object, "subscriptions"));
  ARMATURE_TRY(const auto groups, texts(*object, "managementGroups"));
  std::vector<std::string> scopes;
  for (const std::string& one : subscriptions) scopes.push_back("/subscriptions/" + one);
  for (const std::string& one : groups) {
    scopes.push_back("/providers/Microsoft.Management/managementGroups/" + one);
  }
  if (scopes.empty() || scopes.size() > kMostScopes) {
    return fail(Code::kInvalid,
                "a query of Resource Graph reads all that the identity may: name 1 to 1000 "
                "subscriptions or managementGroups in it");
  }
  const std::string action = asks.front().action;
  for (std::size_t i = 0; i < scopes.size(); ++i) {
    ARMATURE_TRY(const auto id, arm::ResourceId::parse(scopes[i]));
    if (id.kind != arm::ScopeKind::kSubscription && id.kind != arm::ScopeKind::kManagementGroup) {
      return fail(Code::kInvalid, "'" + scopes[i] + "' is no scope of a query");
    }
    if (i > 0) asks.push_back({action, {}, {}, {}, {}});
    asks.back().scope = id.text;
  }
  return Ok{};
}

bool is_move(const arm::Operation& operation) {
  const std::string prefix(kGroups);
  return equal_ci(operation.action, prefix + "/moveResources/action") ||
         equal_ci(operation.action, prefix + "/validateMoveResources/action");
}

Result<std::vector<arm::Need>> needs_of_move(const arm::Operation& operation, const Json& body) {
  const auto* object = body.if_object();
  const Json* target = object ? find_ci(*object, "targetResourceGroup") : nullptr;
  if (!target || !target->is_string()) {
    return fail(Code::kInvalid, "targetResourceGroup is missing");
  }
  ARMATURE_TRY(const auto group, arm::ResourceId::parse(as_text(*target)));
  if (group.kind != arm::ScopeKind::kResourceGroup || !as_text(*target).starts_with('/')) {
    return fail(Code::kInvalid, "targetResourceGroup is no resource group");
  }
  ARMATURE_TRY(const auto resources, texts(*object, "resources"));
  if (resources.empty() || resources.size() > kMostMoved) {
    return fail(Code::kInvalid, "resources names none, or more than 800");
  }
  std::vector<arm::Need> needs = {
      {std::string(kGroups) + "/write", group.text}
  };
  for (const std::string& one : resources) {
    ARMATURE_TRY(const auto id, arm::ResourceId::parse(one));
    if (id.kind != arm::ScopeKind::kResource || !arm::same_id(id.scope, operation.scope)) {
      return fail(Code::kInvalid, "'" + one + "' is no resource of the group");
    }
    needs.push_back({id.type + "/write", id.text});
    needs.push_back({id.type + "/write", group.text + id.text.substr(id.scope.size())});
  }
  return needs;
}

std::vector<arm::Need> deletes_of_stack(const arm::Operation& operation) {
  if (!equal_ci(operation.action, "Microsoft.Resources/deploymentStacks/delete")) return {};
  const auto id = arm::ResourceId::parse(operation.scope);
  const auto fields = http::parse_form(operation.query);
  const bool detaches =
      id && fields && std::all_of(fields->begin(), fields->end(), [](auto& field) {
        return !starts_with_ci(trim(field.first), "unmanageAction") ||
               equal_ci(field.second, "detach");
      });
  if (detaches) return {};
  // What the stack manages is not known here: whoever may delete the group may delete it all.
  return {
      {std::string(kGroups) + "/delete", id ? id->scope : "/"}
  };
}

}  // namespace armature::gateway
