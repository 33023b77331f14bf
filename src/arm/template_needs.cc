// The rights a template will use, read from its text. What would take an evaluation is an error,
// but for two forms that cannot leave the deployment's own scope: a relative scope whose literal
// start names a type, and resourceId() whose first argument does.
#include <algorithm>
#include <array>

#include "arm/operation.h"
#include "base/bytes.h"

namespace armature::arm {
namespace {

constexpr std::string_view kDeployments = "Microsoft.Resources/deployments";
constexpr int kDeepestNesting = 24;

bool is_expression(std::string_view text) { return text.starts_with('['); }

const Json* member(const JsonObject& object, std::string_view name) {
  const Json* found = find_ci(object, name);
  return found && found->is_null() ? nullptr : found;
}

Error refuse(const std::string& path, const std::string& why) {
  return fail(Code::kInvalid, path + " " + why);
}

// A literal text, or an error that names where it stands.
Result<std::string> literal(const Json& value, const std::string& path) {
  if (!value.is_string()) return refuse(path, "is not a text");
  const std::string_view text = as_text(value);
  if (text.empty()) return refuse(path, "is empty");
  if (is_expression(text)) {
    return refuse(path, "is an expression, so what it needs cannot be checked before it runs");
  }
  return std::string(text);
}

bool is_type(std::string_view text) {
  const auto slash = text.find('/');
  return slash != std::string_view::npos && text.substr(0, slash).find('.') != std::string::npos &&
         text.back() != '/' && text.find("//") == std::string_view::npos &&
         std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  std::string_view("./-_$").find(c) != std::string_view::npos;
         });
}

// The text between the quotes that open right after `call`, e.g. "concat(" in "[concat('a/b', …)]".
std::string_view first_literal(std::string_view expression, std::string_view call) {
  expression = trim(expression.substr(1));
  if (!starts_with_ci(expression, call)) return {};
  expression = trim(expression.substr(call.size()));
  if (!expression.starts_with('\'')) return {};
  const auto end = expression.find('\'', 1);
  return end == std::string_view::npos ? std::string_view() : expression.substr(1, end - 1);
}

// Where the resources of one template go, and where its functions think they are.
struct Place {
  std::string target;
  std::string evaluated_at;  // of resourceGroup() and resourceId(): the outer deployment's, unless
                             // a nested one evaluates its expressions itself
};

class Walk {
 public:
  explicit Walk(std::vector<Need>& needs) : needs_(needs) {}

  Status deployment(const Json& properties, const Place& place, const std::string& path,
                    int depth) {
    if (depth > kDeepestNesting) return refuse(path, "is nested too deeply");
    const auto* object = properties.if_object();
    if (!object) return refuse(path, "is not an object");
    if (member(*object, "templateLink")) {
      return refuse(path + ".templateLink",
                    "points elsewhere: a linked template cannot be checked");
    }
    const Json* tmpl = member(*object, "template");
    if (!tmpl || !tmpl->is_object()) return refuse(path + ".template", "is not an object");
    ARMATURE_CHECK(mode(*object, place, path));
    ARMATURE_CHECK(parameters(*object, path));
    const Json* resources = member(tmpl->get_object(), "resources");
    if (!resources) return Ok{};
    return list(*resources, place, "", path + ".template.resources", depth);
  }

 private:
  void add(std::string action, std::string scope) {
    const auto same = [&](const Need& need) {
      return equal_ci(need.action, action) && equal_ci(need.scope, scope);
    };
    if (std::ranges::none_of(needs_, same)) needs_.push_back({std::move(action), std::move(scope)});
  }

  // Complete mode deletes whatever the template leaves out: only who may delete the group may.
  Status mode(const JsonObject& properties, const Place& place, const std::string& path) {
    const Json* value = member(properties, "mode");
    if (!value) return Ok{};
    ARMATURE_TRY(const std::string text, literal(*value, path + ".mode"));
    if (equal_ci(text, "Complete")) {
      add("Microsoft.Resources/subscriptions/resourceGroups/delete", place.target);
    }
    return Ok{};
  }

  // A secret that the deployment engine fetches from a vault with the caller's rights.
  Status parameters(const JsonObject& properties, const std::string& path) {
    if (member(properties, "parametersLink")) {
      return refuse(path + ".parametersLink", "points elsewhere and cannot be checked");
    }
    const Json* all = member(properties, "parameters");
    const auto* values = all ? all->if_object() : nullptr;
    if (!values) return Ok{};
    for (const auto& [name, value] : *values) {
      const auto* object = value.if_object();
      const Json* reference = object ? member(*object, "reference") : nullptr;
      if (!reference) continue;
      const std::string where =
          path + ".parameters." + std::string(name) + ".reference.keyVault.id";
      const Json* vault =
          reference->is_object() ? member(reference->get_object(), "keyVault") : nullptr;
      const Json* id = vault && vault->is_object() ? member(vault->get_object(), "id") : nullptr;
      if (!id) return refuse(where, "is missing");
      ARMATURE_TRY(const std::string text, literal(*id, where));
      auto parsed = ResourceId::parse(text);
      if (!parsed) return std::move(parsed).error().in(where);
      add("Microsoft.KeyVault/vaults/deploy/action", parsed->text);
    }
    return Ok{};
  }

  Status list(const Json& resources, const Place& place, const std::string& parent_type,
              const std::string& path, int depth) {
    if (depth > kDeepestNesting) return refuse(path, "is nested too deeply");
    if (const auto* array = resources.if_array()) {
      std::size_t index = 0;
      for (const Json& item : *array) {
        const std::string where = path + "[" + std::to_string(index++) + "]";
        ARMATURE_CHECK(resource(item, place, parent_type, where, depth));
      }
      return Ok{};
    }
    const auto* named = resources.if_object();
    if (!named) return refuse(path, "is neither a list nor an object");
    for (const auto& [symbol, item] : *named) {
      const std::string where = path + "." + std::string(symbol);
      ARMATURE_CHECK(resource(item, place, parent_type, where, depth));
    }
    return Ok{};
  }

  Status resource(const Json& value, const Place& place, const std::string& parent_type,
                  const std::string& path, int depth) {
    const auto* object = value.if_object();
    if (!object) return refuse(path, "is not an object");
    for (const char* other : {"import", "extension"}) {
      if (member(*object, other)) return refuse(path, "belongs to another system than Azure");
    }
    ARMATURE_TRY(const std::string type, type_of(*object, parent_type, path));
    ARMATURE_TRY(const Place at, place_of(*object, type, place, path));
    ARMATURE_TRY(const bool existing, is_existing(*object, path));
    ARMATURE_TRY(const std::string action_type, action_type_of(*object, type, path));
    add(action_type + (existing ? "/read" : "/write"), at.target);
    if (!existing && equal_ci(type, kDeployments)) {
      const Json* properties = member(*object, "properties");
      if (!properties) return refuse(path + ".properties", "is missing");
      ARMATURE_TRY(const Place inside, evaluation(*properties, at, path));
      return deployment(*properties, inside, path + ".properties", depth + 1);
    }
    if (const Json* children = member(*object, "resources")) {
      return list(*children, at, type, path + ".resources", depth + 1);
    }
    return Ok{};
  }

  static Result<bool> is_existing(const JsonObject& object, const std::string& path) {
    const Json* value = member(object, "existing");
    if (!value) return false;
    if (!value->is_bool()) return refuse(path + ".existing", "is neither true nor false");
    return value->get_bool();
  }

  static Result<std::string> type_of(const JsonObject& object, const std::string& parent_type,
                                     const std::string& path) {
    const Json* value = member(object, "type");
    if (!value) return refuse(path + ".type", "is missing");
    ARMATURE_TRY(std::string type, literal(*value, path + ".type"));
    // A child names its type after its parent's; a whole type stands for itself.
    const auto slash = type.find('/');
    const bool whole = slash != std::string::npos && type.find('.') < slash;
    if (!parent_type.empty() && !whole) type = parent_type + "/" + type;
    if (!is_type(type)) return refuse(path + ".type", "'" + type + "' is no resource type");
    return type;
  }

  // The type that RBAC knows: a group's differs from the template's, and the old form of an
  // extension ("Ns/type/providers/locks") hides its provider in the resource's name.
  static Result<std::string> action_type_of(const JsonObject& object, const std::string& type,
                                            const std::string& path) {
    if (equal_ci(type, "Microsoft.Resources/resourceGroups")) {
      return std::string("Microsoft.Resources/subscriptions/resourceGroups");
    }
    const std::string lower = to_lower(type);
    constexpr std::string_view kProviders = "/providers/";
    const auto last = lower.rfind(kProviders);
    if (last == std::string::npos) return type;
    const Json* name = member(object, "name");
    const std::string text(name && name->is_string() ? as_text(*name) : "");
    std::string provider;
    for (std::size_t at = text.find('/'); at != std::string::npos; at = text.find('/', at + 1)) {
      const auto end = text.find_first_of("/'", at + 1);
      const std::string segment = text.substr(at + 1, end - at - 1);
      if (end == std::string::npos || text[end] != '/' || !is_type(segment + "/x")) continue;
      if (!provider.empty() && !equal_ci(provider, segment)) {
        return refuse(path + ".name", "names two providers");
      }
      provider = segment;
    }
    if (provider.empty()) {
      return refuse(path + ".name", "does not write out the provider of the extension resource");
    }
    return provider + "/" + type.substr(last + kProviders.size());
  }

  static Result<Place> place_of(const JsonObject& object, const std::string& type,
                                const Place& place, const std::string& path) {
    Place out = place;
    const Json* subscription = member(object, "subscriptionId");
    const Json* group = member(object, "resourceGroup");
    if (subscription) {
      ARMATURE_TRY(const std::string id, literal(*subscription, path + ".subscriptionId"));
      out.target = "/subscriptions/" + id;
    }
    if (group) {
      ARMATURE_TRY(const std::string name, literal(*group, path + ".resourceGroup"));
      auto here = ResourceId::parse(out.target);
      if (!here || here->subscription_id.empty()) {
        return refuse(path + ".resourceGroup", "has no subscription");
      }
      out.target = "/subscriptions/" + here->subscription_id + "/resourceGroups/" + name;
    }
    if (subscription || group) {
      auto id = ResourceId::parse(out.target);
      if (!id) return std::move(id).error().in(path);
      if (id->kind != (group ? ScopeKind::kResourceGroup : ScopeKind::kSubscription)) {
        return refuse(path, "names a scope that is neither a subscription nor a resource group");
      }
      out.target = id->text;
    }
    if (const Json* scope = member(object, "scope")) {
      ARMATURE_TRY(out.target, target_of(*scope, type, out, path + ".scope"));
    }
    return out;
  }

  static Result<std::string> target_of(const Json& scope, const std::string& type,
                                       const Place& place, const std::string& path) {
    if (scope.is_string() && is_expression(as_text(scope)) && !equal_ci(type, kDeployments)) {
      const std::string_view text = as_text(scope);
      for (const char* call : {"concat(", "format("}) {
        // The literal start fixes provider and type: the rest can only name what lies below.
        const std::string_view start = first_literal(text, call);
        const auto slash = start.rfind('/');
        if (slash != std::string_view::npos && inside_the_group(start.substr(0, slash)) &&
            balanced(text)) {
          return place.target;
        }
      }
      if (inside_the_group(first_literal(text, "resourceId(")) && balanced(text) &&
          equal_ci(place.target, place.evaluated_at)) {
        return place.target;
      }
    }
    ARMATURE_TRY(std::string text, literal(scope, path));
    if (!text.starts_with('/')) {
      const bool group = starts_with_ci(text, "Microsoft.Management/managementGroups/");
      text = (group || place.target == "/" ? "" : place.target) + "/providers/" + text;
    }
    auto id = ResourceId::parse(text);
    if (!id) return std::move(id).error().in(path);
    return id->text;
  }

  // A type whose relative id is read below the deployment's own scope: management groups are not.
  static bool inside_the_group(std::string_view type) {
    return is_type(type) && !starts_with_ci(type, "Microsoft.Management/");
  }

  // Is the expression one call and nothing after it? "[concat('A.B/c/', x)]" but not
  // "[concat('A.B/c', x).y]", whose value the literal does not start.
  static bool balanced(std::string_view text) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\'') quoted = !quoted;
      if (quoted) continue;
      if (text[i] == '(') ++depth;
      if (text[i] == ')' && --depth == 0) return trim(text.substr(i + 1)) == "]";
    }
    return false;
  }

  static Result<Place> evaluation(const Json& properties, Place place, const std::string& path) {
    const auto* object = properties.if_object();
    const Json* options = object ? member(*object, "expressionEvaluationOptions") : nullptr;
    const Json* scope =
        options && options->is_object() ? member(options->get_object(), "scope") : nullptr;
    if (!scope) return place;
    ARMATURE_TRY(const std::string text,
                 literal(*scope, path + ".properties.expressionEvaluationOptions.scope"));
    if (equal_ci(text, "inner")) place.evaluated_at = place.target;
    return place;
  }

  std::vector<Need>& needs_;
};

}  // namespace

Result<std::vector<Need>> template_needs(const Operation& deployment, const Json& body) {
  ARMATURE_TRY(const ResourceId id, ResourceId::parse(deployment.scope));
  if (!equal_ci(id.type, kDeployments)) {
    return fail(Code::kInvalid, "what a '" + id.type + "' will do cannot be checked");
  }
  const auto* object = body.if_object();
  const Json* properties = object ? member(*object, "properties") : nullptr;
  if (!properties) return fail(Code::kInvalid, "properties is missing");
  std::vector<Need> needs;
  ARMATURE_CHECK(Walk(needs).deployment(*properties, {id.scope, id.scope}, "properties", 0));
  return needs;
}

Result<RoleGrantRequest> role_grant_request(const Json& body) {
  const auto* object = body.if_object();
  const Json* properties = object ? member(*object, "properties") : nullptr;
  const auto* fields = properties ? properties->if_object() : nullptr;
  if (!fields) return fail(Code::kInvalid, "properties is missing");
  const Json* role = member(*fields, "roleDefinitionId");
  const Json* principal = member(*fields, "principalId");
  if (!role || !role->is_string()) {
    return fail(Code::kInvalid, "properties.roleDefinitionId is missing");
  }
  if (!principal || !principal->is_string()) {
    return fail(Code::kInvalid, "properties.principalId is missing");
  }
  std::string_view id = trim(as_text(*role));
  if (const auto slash = id.rfind('/'); slash != std::string_view::npos)
    id.remove_prefix(slash + 1);
  if (!is_uuid(id)) {
    return fail(Code::kInvalid, "properties.roleDefinitionId does not end in a role's guid");
  }
  return RoleGrantRequest{to_lower(id), std::string(as_text(*principal))};
}

}  // namespace armature::arm
