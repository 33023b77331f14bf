#include "arm/template_uses.h"

#include <algorithm>

#include "arm/links.h"
#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::arm {
namespace {

constexpr std::size_t kMostUses = 10'000;

Error refuse(const std::string& path, const std::string& why) {
  return fail(Code::kInvalid, path + " " + why);
}

void make_parsable(Json& value) {
  if (auto* text = value.if_string()) {
    std::ranges::replace(*text, KnownValues::kUnknown, '~');
    std::ranges::replace(*text, KnownValues::kAnything, '~');
  } else if (auto* array = value.if_array()) {
    for (Json& item : *array) make_parsable(item);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) make_parsable(member.value());
  }
}

class Calls {
 public:
  Calls(const JsonObject& document, const KnownValues& known)
      : document_(document), known_(known) {}

  Status walk(const Json& value, const std::string& path, bool is_resource) {
    if (value.is_string()) {
      const auto node = read_expression(as_text(value));
      return node ? visit(*node, path) : Status(Ok{});
    }
    if (const auto* array = value.if_array()) {
      std::size_t index = 0;
      for (const Json& item : *array) {
        ARMATURE_CHECK(walk(item, path + "[" + std::to_string(index++) + "]", is_resource));
      }
      return Ok{};
    }
    const auto* object = value.if_object();
    if (!object) return Ok{};
    const bool nested = is_resource && is_deployment(*object);
    for (const auto& [key, item] : *object) {
      const std::string here = path + "." + std::string(key);
      if (nested && equal_ci(std::string_view(key), "properties")) {
        ARMATURE_CHECK(around_template(item, here));
        continue;
      }
      if (const auto node = read_expression(key)) ARMATURE_CHECK(visit(*node, here));
      ARMATURE_CHECK(walk(item, here, is_resource && holds_resources(key)));
    }
    return Ok{};
  }

  std::vector<Need> needs;

 private:
  static bool is_deployment(const JsonObject& object) {
    const Json* type = find_ci(object, "type");
    return type && type->is_string() && equal_ci(as_text(*type), "Microsoft.Resources/deployments");
  }
  // Of a resource, only its children can be resources; of a document's list or map, each is one.
  static bool holds_resources(std::string_view key) { return equal_ci(key, "resources"); }

  Status around_template(const Json& properties, const std::string& path) {
    const auto* object = properties.if_object();
    if (!object) return Ok{};
    for (const auto& [key, item] : *object) {
      if (equal_ci(std::string_view(key), "template")) continue;
      ARMATURE_CHECK(walk(item, path + "." + std::string(key), false));
    }
    return Ok{};
  }

  Status visit(const ExpressionNode& node, const std::string& path) {
    if (node.kind == ExpressionNode::Kind::kCall && !node.children.empty()) {
      if (starts_with_ci(node.text, "list")) ARMATURE_CHECK(lists(node, path));
      if (equal_ci(node.text, "reference")) ARMATURE_CHECK(refers(node, path));
    }
    for (const ExpressionNode& child : node.children) ARMATURE_CHECK(visit(child, path));
    return Ok{};
  }

  // The place of the first argument; no value: the name of a resource of the same template.
  Result<std::optional<KnownPlace>> place(const ExpressionNode& call, const std::string& path) {
    const auto value = known_.fold_node(call.children.front());
    if (!value || !value->is_string()) {
      return refuse(path, call.text + "() is of a resource that cannot be told before it runs");
    }
    const std::string_view text = as_text(*value);
    if (text.find('/') == std::string_view::npos) return std::optional<KnownPlace>();
    auto found = place_of(text);
    // Any name could make another type of it: of no matter to a read within its scope.
    const bool lists = !equal_ci(call.text, "reference");
    if (!found || (lists && text.find(KnownValues::kAnything) != text.npos)) {
      return refuse(path, call.text + "() is of what is no resource id that can be told");
    }
    return found;
  }

  Status lists(const ExpressionNode& call, const std::string& path) {
    ARMATURE_TRY(const auto at, place(call, path));
    const std::string action = "/" + call.text + "/action";
    if (at) return add(at->type + action, at->scope);
    // By its name or symbol in the template: each resource that may have it.
    const auto name = known_.fold_node(call.children.front());
    const Json* resources = find_ci(document_, "resources");
    std::vector<std::string> types;
    if (resources) collect_named(*resources, as_text(*name), "", types, 0);
    if (types.empty()) return refuse(path, call.text + "() does not name its resource by an id");
    for (const std::string& type : types) ARMATURE_CHECK(add(type + action, known_.scope()));
    return Ok{};
  }

  void collect_named(const Json& resources, std::string_view name, const std::string& parent,
                     std::vector<std::string>& types, int depth) {
    if (depth > 16) return;
    if (const auto* list = resources.if_array()) {
      for (const Json& one : *list) note_named(one, "", name, parent, types, depth);
    } else if (const auto* symbols = resources.if_object()) {
      for (const auto& [symbol, one] : *symbols) {
        note_named(one, symbol, name, parent, types, depth);
      }
    }
  }

  void note_named(const Json& one, std::string_view symbol, std::string_view name,
                  const std::string& parent, std::vector<std::string>& types, int depth) {
    const auto* resource = one.if_object();
    const Json* written = resource ? find_ci(*resource, "type") : nullptr;
    if (!written || !written->is_string()) return;
    std::string type(as_text(*written));
    if (!parent.empty() && type.find('.') == std::string::npos) type = parent + "/" + type;
    const Json* own = find_ci(*resource, "name");
    const auto folded = own ? known_.fold(*own) : std::nullopt;
    const std::string_view text = folded && folded->is_string() ? as_text(*folded) : "\x02";
    const bool may_be = !KnownValues::is_whole(text) || !KnownValues::is_whole(name) ||
                        equal_ci(text, name) || ends_with_ci(text, "/" + std::string(name));
    if (equal_ci(symbol, name) || may_be) types.push_back(type);
    if (const Json* children = find_ci(*resource, "resources")) {
      collect_named(*children, name, type, types, depth + 1);
    }
  }

  Status refers(const ExpressionNode& call, const std::string& path) {
    ARMATURE_TRY(const auto at, place(call, path));
    return at ? add(at->type + "/read", at->scope) : Status(Ok{});
  }

  Status add(std::string action, std::string scope) {
    if (needs.size() > kMostUses) return fail(Code::kInvalid, "the template uses too much");
    needs.push_back({std::move(action), std::move(scope)});
    return Ok{};
  }

  const JsonObject& document_;
  const KnownValues& known_;
};

}  // namespace

Result<std::vector<Need>> links_of_resource(const JsonObject& resource, const std::string& type,
                                            const KnownValues& known, const std::string& path) {
  JsonObject own;
  const bool deployment = equal_ci(type, "Microsoft.Resources/deployments");
  for (const auto& [key, value] : resource) {
    const std::string_view name = key;
    if (equal_ci(name, "resources") || (deployment && equal_ci(name, "properties"))) continue;
    own[key] = known.fold_all(value);
  }
  const Json folded = std::move(own);
  if (const std::string where = opaque_link(type, folded); !where.empty()) {
    return refuse(path + "." + where, "is an expression, so what it links to cannot be checked");
  }
  std::vector<Need> needs;
  const auto links = links_of(type, folded);
  for (const Link& link : links) {
    if (link.target.starts_with('[')) {
      return refuse(path + "." + link.path,
                    "is an expression, so what it links to cannot be checked");
    }
    const auto at = place_of(link.target);
    if (!at) {
      // A scope, such as a role definition is assignable at.
      const auto id = ResourceId::parse(link.target);
      if (!id || !link.target.starts_with('/'))
        return refuse(path + "." + link.path, "is no resource id");
      needs.push_back({link.action == "read" ? id->type + "/read" : link.action, id->text});
      continue;
    }
    needs.push_back({link.action == "read" ? at->type + "/read" : link.action, at->scope});
  }
  Json parsable = folded;
  make_parsable(parsable);
  auto references = references_in(parsable);
  if (!references) return std::move(references).error().in(path);
  for (const Link& reference : *references) {
    const bool listed =
        std::ranges::any_of(links, [&](const Link& link) { return link.path == reference.path; });
    const auto id = ResourceId::parse(reference.target);
    if (listed || !id) continue;
    needs.push_back({reference.action == "read" ? id->type + "/read" : reference.action, id->text});
  }
  return needs;
}

Result<std::vector<Need>> uses_of_calls(const JsonObject& document, const KnownValues& known,
                                        const std::string& path) {
  Calls calls(document, known);
  for (const auto& [key, value] : document) {
    // User functions may call neither; what is never used is never evaluated, but may be used.
    if (equal_ci(std::string_view(key), "functions")) continue;
    const bool resources = equal_ci(std::string_view(key), "resources");
    const std::string here = path + "." + std::string(key);
    if (resources && value.is_object()) {
      for (const auto& [symbol, one] : value.get_object()) {
        ARMATURE_CHECK(calls.walk(one, here + "." + std::string(symbol), true));
      }
      continue;
    }
    ARMATURE_CHECK(calls.walk(value, here, resources));
  }
  return std::move(calls.needs);
}

}  // namespace armature::arm
