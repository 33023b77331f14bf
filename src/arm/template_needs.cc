// The rights a template will use, read from its text. What would take an evaluation is an error,
// but for two forms that cannot leave the deployment's own scope: a relative scope whose literal
// start names a type, and resourceId() whose first argument does.
#include <algorithm>
#include <array>
#include <optional>

#include "arm/known_values.h"
#include "arm/operation.h"
#include "arm/template_uses.h"
#include "base/bytes.h"

namespace armature::arm {
namespace {

constexpr std::string_view kDeployments = "Microsoft.Resources/deployments";
constexpr std::string_view kStacks = "Microsoft.Resources/deploymentStacks";
constexpr int kDeepestNesting = 24;

bool is_expression(std::string_view text) { return text.starts_with('['); }

const Json* member(const JsonObject& object, std::string_view name) {
  const Json* found = find_ci(object, name);
  return found && found->is_null() ? nullptr : found;
}

Error refuse(const std::string& path, const std::string& why) {
  return fail(Code::kInvalid, path + " " + why);
}

// A text that is written out or follows from the template alone, or an error that names its place.
Result<std::string> literal(const Json& value, const std::string& path, const KnownValues& known) {
  if (!value.is_string()) return refuse(path, "is not a text");
  if (as_text(value).empty()) return refuse(path, "is empty");
  const auto folded = known.fold(value);
  const std::string_view text = folded && folded->is_string() ? as_text(*folded) : "";
  if (text.empty() || is_expression(text) || !KnownValues::is_whole(text)) {
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

class Walk {
  // Where the resources of one template go, and what its expressions come to.
  struct Place {
    std::string target;
    const KnownValues& known;
  };

 public:
  explicit Walk(std::vector<Need>& needs) : needs_(needs) {}

  // `parent` is of the template around this one; nothing at the top.
  Status deployment(const Json& properties, const std::string& target, const KnownValues* parent,
                    const std::string& path, int depth) {
    if (depth > kDeepestNesting) return refuse(path, "is nested too deeply");
    const auto* object = properties.if_object();
    if (!object) return refuse(path, "is not an object");
    if (member(*object, "templateLink")) {
      return refuse(
          path + ".templateLink",
          "points elsewhere: a linked template or a template spec cannot be checked; put the "
          "template itself into the request");
    }
    const Json* tmpl = member(*object, "template");
    if (!tmpl || !tmpl->is_object()) return refuse(path + ".template", "is not an object");
    const JsonObject& document = tmpl->get_object();
    const Json* given = member(*object, "parameters");
    ARMATURE_TRY(const bool own, evaluates_itself(*object, parent, path));
    std::optional<KnownValues> inner;
    if (!parent)
      inner.emplace(document, given && given->is_object() ? given->get_object() : JsonObject(),
                    target);
    if (parent && own) inner.emplace(document, given_to_nested(given, *parent), target);
    const KnownValues& known = inner ? *inner : *parent;
    ARMATURE_CHECK(mode(*object, target, path, parent ? *parent : known));
    ARMATURE_CHECK(parameters(*object, path, parent ? *parent : known));
    ARMATURE_TRY(const auto uses, uses_of_calls(document, known, path + ".template"));
    for (const Need& use : uses) add(use.action, use.scope);
    const Json* resources = member(document, "resources");
    if (!resources) return Ok{};
    return list(*resources, {target, known}, "", path + ".template.resources", depth);
  }

 private:
  void add(std::string action, std::string scope) {
    const auto same = [&](const Need& need) {
      return equal_ci(need.action, action) && equal_ci(need.scope, scope);
    };
    if (std::ranges::none_of(needs_, same)) needs_.push_back({std::move(action), std::move(scope)});
  }

  // Complete mode deletes whatever the template leaves out: only who may delete the group may.
  Status mode(const JsonObject& properties, const std::string& target, const std::string& path,
              const KnownValues& known) {
    const Json* value = member(properties, "mode");
    if (!value) return Ok{};
    ARMATURE_TRY(const std::string text, literal(*value, path + ".mode", known));
    if (equal_ci(text, "Complete")) {
      add("Microsoft.Resources/subscriptions/resourceGroups/delete", target);
    }
    return Ok{};
  }

  // A secret that the deployment engine fetches from a vault with the caller's rights.
  Status parameters(const JsonObject& properties, const std::string& path,
                    const KnownValues& known) {
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
      ARMATURE_TRY(const std::string text, literal(*id, where, known));
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
    ARMATURE_TRY(const std::string type, type_of(*object, parent_type, path, place.known));
    ARMATURE_TRY(const Place at, goes_to(*object, type, place, path));
    ARMATURE_TRY(const bool existing, is_existing(*object, path));
    ARMATURE_TRY(const std::string action_type, action_type_of(*object, type, path));
    add(action_type + (existing ? "/read" : "/write"), at.target);
    if (!existing) {
      ARMATURE_TRY(const auto links, links_of_resource(*object, type, place.known, path));
      for (const Need& link : links) add(link.action, link.scope);
    }
    if (!existing && equal_ci(type, kStacks)) {
      return refuse(path, "is a deployment stack in a template, which cannot be checked");
    }
    if (!existing && equal_ci(type, kDeployments)) {
      const Json* properties = member(*object, "properties");
      if (!properties) return refuse(path + ".properties", "is missing");
      return deployment(*properties, at.target, &place.known, path + ".properties", depth + 1);
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
                                     const std::string& path, const KnownValues& known) {
    const Json* value = member(object, "type");
    if (!value) return refuse(path + ".type", "is missing");
    ARMATURE_TRY(std::string type, literal(*value, path + ".type", known));
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

  static Result<Place> goes_to(const JsonObject& object, const std::string& type,
                               const Place& place, const std::string& path) {
    std::string target = place.target;
    const Json* subscription = member(object, "subscriptionId");
    const Json* group = member(object, "resourceGroup");
    if (subscription) {
      ARMATURE_TRY(const std::string id,
                   literal(*subscription, path + ".subscriptionId", place.known));
      target = "/subscriptions/" + id;
    }
    if (group) {
      ARMATURE_TRY(const std::string name, literal(*group, path + ".resourceGroup", place.known));
      auto here = ResourceId::parse(target);
      if (!here || here->subscription_id.empty()) {
        return refuse(path + ".resourceGroup", "has no subscription");
      }
      target = "/subscriptions/" + here->subscription_id + "/resourceGroups/" + name;
    }
    if (subscription || group) {
      auto id = ResourceId::parse(target);
      if (!id) return std::move(id).error().in(path);
      if (id->kind != (group ? ScopeKind::kResourceGroup : ScopeKind::kSubscription)) {
        return refuse(path, "names a scope that is neither a subscription nor a resource group");
      }
      target = id->text;
    }
    if (const Json* scope = member(object, "scope")) {
      ARMATURE_TRY(target, target_of(*scope, type, {target, place.known}, path + ".scope"));
    }
    return Place{target, place.known};
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
          equal_ci(place.target, place.known.scope())) {
        return place.target;
      }
    }
    ARMATURE_TRY(std::string text, literal(scope, path, place.known));
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

  // Does a nested template evaluate its expressions itself, or does the one around it?
  static Result<bool> evaluates_itself(const JsonObject& properties, const KnownValues* parent,
                                       const std::string& path) {
    const Json* options = member(properties, "expressionEvaluationOptions");
    const Json* scope =
        options && options->is_object() ? member(options->get_object(), "scope") : nullptr;
    if (!parent || !scope) return false;
    ARMATURE_TRY(const std::string text,
                 literal(*scope, path + ".expressionEvaluationOptions.scope", *parent));
    return equal_ci(text, "inner");
  }

  std::vector<Need>& needs_;
};

// A stack also denies to others, and deletes what its template no longer holds: what that is is not
// known here, so it takes the right to delete all of the scope. The scope it deploys to is
// returned.
Result<std::string> needs_of_stack(const Json& properties, const ResourceId& stack,
                                   std::vector<Need>& needs) {
  const auto* object = properties.if_object();
  if (!object) return fail(Code::kInvalid, "properties is not an object");
  std::string target = stack.scope;
  if (const Json* scope = member(*object, "deploymentScope")) {
    if (!scope->is_string()) return refuse("properties.deploymentScope", "is not a text");
    auto id = ResourceId::parse(as_text(*scope));
    if (!id) return std::move(id).error().in("properties.deploymentScope");
    target = id->text;
  }
  const Json* deny = member(*object, "denySettings");
  if (deny && !equal_ci(text_at(*deny, "mode"), "none")) {
    needs.push_back({std::string(kStacks) + "/manageDenySetting/action", stack.text});
  }
  const Json* unmanaged = member(*object, "actionOnUnmanage");
  const auto* actions = unmanaged ? unmanaged->if_object() : nullptr;
  const bool deletes =
      actions && std::ranges::any_of(*actions, [](const auto& one) {
        return !one.value().is_string() || !equal_ci(as_text(one.value()), "detach");
      });
  if (deletes) {
    needs.push_back({"Microsoft.Resources/subscriptions/resourceGroups/delete", target});
  }
  return target;
}

}  // namespace

Result<std::vector<Need>> template_needs(const Operation& deployment, const Json& body) {
  ARMATURE_TRY(const ResourceId id, ResourceId::parse(deployment.scope));
  const auto* object = body.if_object();
  const Json* properties = object ? member(*object, "properties") : nullptr;
  if (!properties) return fail(Code::kInvalid, "properties is missing");
  std::vector<Need> needs;
  std::string target = id.scope;
  if (equal_ci(id.type, kStacks)) {
    ARMATURE_TRY(target, needs_of_stack(*properties, id, needs));
  } else if (!equal_ci(id.type, kDeployments)) {
    return fail(Code::kInvalid, "what a '" + id.type + "' will do cannot be checked");
  }
  ARMATURE_CHECK(Walk(needs).deployment(*properties, target, nullptr, "properties", 0));
  return needs;
}

}  // namespace armature::arm
