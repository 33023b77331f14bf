#include "arm/links.h"

#include <algorithm>
#include <map>

#include "arm/link_table.h"
#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::arm {
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

// Walks a body along a rule's path: found(text, where) for every text it leads to, opaque(where)
// for every expression that stands before its end.
template <class F, class G>
void walk(const Json& at, std::string_view path, const std::string& where, const F& found,
          const G& opaque) {
  if (path.empty()) {
    if (at.is_string() && !at.get_string().empty()) found(std::string(as_text(at)), where);
    return;
  }
  if (at.is_string() && as_text(at).starts_with('[')) opaque(where);
  if (!at.is_object()) return;
  const Step step = next_step(path);
  const Json* value = find_ci(at.get_object(), step.name);
  if (!value) return;
  const std::string here = where + (where.empty() ? "" : ".") + std::string(step.name);
  if (step.kind != 0 && value->is_string() && as_text(*value).starts_with('[')) opaque(here);
  if (step.kind == '[') {
    if (!value->is_array()) return;
    for (std::size_t i = 0; i < value->get_array().size(); ++i) {
      walk(value->get_array()[i], step.rest, here + "[" + std::to_string(i) + "]", found, opaque);
    }
  } else if (step.kind == '{') {
    if (!value->is_object()) return;
    // A null takes the key out: nothing is linked then.
    for (const auto& member : value->get_object()) {
      if (!member.value().is_null()) found(std::string(member.key()), here);
    }
  } else {
    walk(*value, step.rest, here, found, opaque);
  }
}

template <class F, class G>
void walk_rules(std::string_view type, const Json& body, const F& found, const G& opaque) {
  for (const LinkRule& rule : link_rules()) {
    if (rule.type != "*" && !equal_ci(rule.type, type)) continue;
    const auto of_rule = [&](std::string text, const std::string& where) {
      found(rule, std::move(text), where);
    };
    walk(body, rule.path, "", of_rule, opaque);
  }
}

// "Microsoft.Network/virtualNetworks/subnets" to ".../join/action", where the table knows one.
std::string action_on(const std::string& type) {
  static const auto actions = [] {
    std::map<std::string, std::string> out;
    for (const LinkRule& rule : link_rules()) {
      for (const std::string_view verb : {"/join/action", "/assign/action"}) {
        if (!ends_with_ci(rule.action, verb)) continue;
        const std::string_view on = rule.action.substr(0, rule.action.size() - verb.size());
        out.emplace(to_lower(on), std::string(rule.action));
      }
    }
    return out;
  }();
  const auto found = actions.find(to_lower(type));
  return found == actions.end() ? "read" : found->second;
}

// "/subscriptions/{guid}/…", whatever follows.
bool begins_as_id(std::string_view text) {
  constexpr std::string_view kRoot = "/subscriptions/";
  constexpr std::size_t kUuid = 36;
  return starts_with_ci(text, kRoot) && text.size() > kRoot.size() + kUuid &&
         text[kRoot.size() + kUuid] == '/' && is_uuid(text.substr(kRoot.size(), kUuid));
}

// Roles and policies are named without a right to read them; what they hand out is asked elsewhere.
bool is_definition(std::string_view type) {
  return starts_with_ci(type, "Microsoft.Authorization/") && ends_with_ci(type, "definitions");
}

Status collect(const Json& value, const std::string& path, std::vector<Link>& out) {
  if (value.is_string()) {
    const std::string_view text = as_text(value);
    if (!begins_as_id(text)) return Ok{};
    const auto id = ResourceId::parse(text);
    if (!id) return fail(Code::kInvalid, path + ": " + id.error().message);
    if (id->kind == ScopeKind::kResource && !is_definition(id->type)) {
      out.push_back({action_on(id->type), std::string(text), path});
    }
    return Ok{};
  }
  if (const auto* array = value.if_array()) {
    std::size_t index = 0;
    for (const Json& item : *array) {
      ARMATURE_CHECK(collect(item, path + "[" + std::to_string(index++) + "]", out));
    }
  } else if (const auto* object = value.if_object()) {
    for (const auto& [key, item] : *object) {
      const std::string_view name = key;
      if (path.empty() && equal_ci(name, "tags")) continue;  // words for people
      ARMATURE_CHECK(collect(item, path + (path.empty() ? "" : ".") + std::string(name), out));
    }
  }
  return Ok{};
}

}  // namespace

std::vector<Link> links_of(std::string_view type, const Json& body) {
  std::vector<Link> out;
  const auto found = [&](const LinkRule& rule, std::string text, const std::string& where) {
    out.push_back({std::string(rule.action), std::move(text), where});
  };
  walk_rules(type, body, found, [](const std::string&) {});
  return out;
}

std::string opaque_link(std::string_view type, const Json& resource) {
  std::string out;
  const auto found = [](const LinkRule&, const std::string&, const std::string&) {};
  walk_rules(type, resource, found, [&](const std::string& where) { out = where; });
  return out;
}

Result<std::vector<Link>> references_in(const Json& body) {
  std::vector<Link> out;
  ARMATURE_CHECK(collect(body, "", out));
  return out;
}

}  // namespace armature::arm
