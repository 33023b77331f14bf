#include "sandbox/template/nested.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/resources.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

const Json* nested_properties(const JsonObject& resource) {
  const Json* type = find_ci(resource, "type");
  const Json* properties = find_ci(resource, "properties");
  const bool nested = type != nullptr && type->is_string() && is_deployment_type(as_text(*type)) &&
                      properties != nullptr && properties->is_object();
  return nested ? properties : nullptr;
}

const JsonObject* template_of(const JsonObject& resource, bool inner) {
  const Json* properties = nested_properties(resource);
  if (properties == nullptr) return nullptr;
  const Json* document = find_ci(properties->get_object(), "template");
  if (document == nullptr || !document->is_object()) return nullptr;
  const Json* options = find_ci(properties->get_object(), "expressionEvaluationOptions");
  const bool asks_inner = options != nullptr && equal_ci(text_at(*options, "scope"), "inner");
  return asks_inner == inner ? &document->get_object() : nullptr;
}

Json escape_deep(Json value) {
  if (value.is_string()) return Json(escape_literal(std::string(as_text(value))));
  if (auto* array = value.if_array()) {
    for (Json& element : *array) element = escape_deep(std::move(element));
  } else if (auto* object = value.if_object()) {
    for (auto& [key, member] : *object) member = escape_deep(std::move(member));
  }
  return value;
}

bool calls_run_time(const Node& tree) {
  if (tree.kind == NodeKind::kCall && tree.name_space.empty()) {
    const Function* function = find_function(tree.text);
    if (function != nullptr && function->run_time) return true;
  }
  return std::ranges::any_of(tree.children, calls_run_time);
}

// Evaluates all of a tree that can be known; what remains is a tree again.
class Partial {
 public:
  explicit Partial(Evaluator& evaluator) : evaluator_(evaluator) {}

  Outcome<Node> run(const Node& tree) {
    if (!calls_run_time(tree)) {
      ARMATURE_TRY(const Json known, evaluator_.node(tree));
      return literal_node(known);
    }
    if (tree.kind == NodeKind::kCall && tree.name_space.empty()) {
      if (equal_ci(tree.text, "if") && tree.children.size() == 3 &&
          !calls_run_time(tree.children[0])) {
        ARMATURE_TRY(const Json condition, evaluator_.node(tree.children[0]));
        if (condition.is_bool()) return run(tree.children[condition.get_bool() ? 1 : 2]);
      }
      const Function* function = find_function(tree.text);
      const bool run_time = function != nullptr && function->run_time;
      // A parent's own resource is done by now; lambdas cannot be half evaluated.
      if ((run_time && names_parent_resource(tree)) || has_lambda(tree)) {
        ARMATURE_TRY(const Json known, evaluator_.node(tree));
        return literal_node(known);
      }
    }
    Node rest = tree;
    for (Node& child : rest.children) {
      ARMATURE_TRY(child, run(child));
    }
    return rest;
  }

 private:
  bool names_parent_resource(const Node& call) {
    if (call.children.empty() || evaluator_.directory == nullptr ||
        calls_run_time(call.children[0])) {
      return false;
    }
    const auto name = evaluator_.node(call.children[0]);
    return name && name->is_string() && !evaluator_.directory->find(as_text(*name)).empty();
  }
  static bool has_lambda(const Node& call) {
    return std::ranges::any_of(call.children, [](const Node& child) {
      return child.kind == NodeKind::kCall && equal_ci(child.text, "lambda");
    });
  }

  Evaluator& evaluator_;
};

class Inliner {
 public:
  explicit Inliner(Evaluator& evaluator) : evaluator_(evaluator) {}

  Outcome<Json> document(const JsonObject& written) {
    JsonObject out;
    for (const auto& [key, member] : written) {
      // Nothing refers to these any more: every use of a name has become a literal.
      if (equal_ci(key, "variables") || equal_ci(key, "functions")) continue;
      auto value = equal_ci(key, "resources") ? resources(member)
                   : equal_ci(key, "outputs") ? outputs(member)
                                              : part(member);
      if (!value) return within(value.error(), key);
      out[key] = *std::move(value);
    }
    return Json(std::move(out));
  }

 private:
  Outcome<Json> part(const Json& written) {
    if (written.is_string()) return partial_text(evaluator_, as_text(written));
    if (const auto* array = written.if_array()) {
      JsonArray out;
      for (std::size_t i = 0; i < array->size(); ++i) {
        auto element = part((*array)[i]);
        if (!element) return within(element.error(), i);
        out.push_back(*std::move(element));
      }
      return Json(std::move(out));
    }
    const auto* object = written.if_object();
    return object == nullptr ? Outcome<Json>(written) : members(*object);
  }

  Outcome<Json> members(const JsonObject& written) {
    JsonObject out;
    for (const auto& [key, member] : written) {
      if (equal_ci(key, "copy") && member.is_array()) {
        for (const Json& loop : member.get_array()) {
          if (!loop.is_object()) return invalid_template("A copy loop must be an object.");
          const std::string name = text_at(loop, "name");
          auto elements = iterations(loop, name, true);
          if (!elements) return within(elements.error(), key);
          out[name] = *std::move(elements);
        }
        continue;
      }
      auto name = partial_text(evaluator_, key);
      if (!name) return within(name.error(), key);
      auto value = part(member);
      if (!value) return within(value.error(), key);
      out[plain_text(*name)] = *std::move(value);
    }
    return Json(std::move(out));
  }

  Outcome<Json> iterations(const Json& loop, const std::string& name, bool of_property) {
    ARMATURE_TRY(const std::int64_t count, evaluator_.copy_count(loop));
    const Json* input = find(loop, "input");
    JsonArray out;
    for (std::int64_t i = 0; input != nullptr && i < count; ++i) {
      evaluator_.loops.push_back({name, i, of_property});
      auto element = part(*input);
      evaluator_.loops.pop_back();
      if (!element) return element;
      out.push_back(*std::move(element));
    }
    return Json(std::move(out));
  }

  Outcome<Json> outputs(const Json& written) {
    if (!written.is_object()) return part(written);
    JsonObject out;
    for (const auto& [name, output] : written.get_object()) {
      const Json* copy = find(output, "copy");
      auto value = part(output);
      if (copy != nullptr && copy->is_object()) {
        JsonObject plain = output.get_object();
        plain.erase("copy");
        value = part(Json(std::move(plain)));
        auto elements = iterations(*copy, "", false);
        if (!elements) return within(elements.error(), name);
        if (value) value->get_object()["value"] = *std::move(elements);
      }
      if (!value) return within(value.error(), name);
      out[name] = *std::move(value);
    }
    return Json(std::move(out));
  }

  Outcome<Json> resources(const Json& written) {
    const auto* array = written.if_array();
    if (array == nullptr) return part(written);
    JsonArray out;
    for (std::size_t i = 0; i < array->size(); ++i) {
      auto error = looped((*array)[i], out);
      if (error) return within(*std::move(error), i);
    }
    for (Json& one : out) replace_loop_names(one);
    return Json(std::move(out));
  }

  // One resource, or each iteration of its copy loop, appended to `out`.
  std::optional<TemplateError> looped(const Json& written, JsonArray& out) {
    const Json* copy = find(written, "copy");
    if (copy == nullptr || !copy->is_object()) {
      auto one = resource(written);
      if (!one) return one.error();
      out.push_back(*std::move(one));
      return std::nullopt;
    }
    const auto count = evaluator_.copy_count(*copy);
    if (!count) return count.error();
    const std::string loop = text_at(*copy, "name");
    JsonObject plain = written.get_object();
    plain.erase("copy");
    const Json single(std::move(plain));
    std::vector<std::string>& names = loops_[to_lower(loop)];
    for (std::int64_t i = 0; i < *count; ++i) {
      evaluator_.loops.push_back({loop, i, false});
      auto one = resource(single);
      evaluator_.loops.pop_back();
      if (!one) return one.error();
      names.push_back(text_at(*one, "type") + "/" + text_at(*one, "name"));
      out.push_back(*std::move(one));
    }
    return std::nullopt;
  }

  Outcome<Json> resource(const Json& written) {
    const auto* object = written.if_object();
    if (object == nullptr) return part(written);
    const JsonObject* inner = inner_scope_template(*object);
    const JsonObject* outer = outer_scope_template(*object);
    JsonObject out;
    for (const auto& [key, member] : *object) {
      const bool nested = (inner != nullptr || outer != nullptr) && equal_ci(key, "properties");
      auto value = equal_ci(key, "resources") ? resources(member)
                   : nested                   ? deployment(member.get_object(), inner, outer)
                                              : part(member);
      if (!value) return within(value.error(), key);
      out[key] = *std::move(value);
    }
    return Json(std::move(out));
  }

  Outcome<Json> deployment(const JsonObject& properties, const JsonObject* inner,
                           const JsonObject* outer) {
    JsonObject out;
    for (const auto& [key, member] : properties) {
      auto value = !equal_ci(key, "template") ? part(member)
                   : inner != nullptr         ? Outcome<Json>(Json(*inner))
                                              : document(*outer);
      if (!value) return within(value.error(), key);
      out[key] = *std::move(value);
    }
    return Json(std::move(out));
  }

  // The loops are spread out, so their names mean nothing to the nested deployment.
  void replace_loop_names(Json& resource) {
    if (!resource.is_object()) return;
    Json* depends_on = find_ci(resource.get_object(), "dependsOn");
    if (depends_on == nullptr || !depends_on->is_array()) return;
    JsonArray out;
    for (Json& entry : depends_on->get_array()) {
      const auto loop = loops_.find(entry.is_string() ? to_lower(as_text(entry)) : "");
      if (loop == loops_.end()) {
        out.push_back(std::move(entry));
      } else {
        out.insert(out.end(), loop->second.begin(), loop->second.end());
      }
    }
    *depends_on = std::move(out);
  }

  Evaluator& evaluator_;
  std::map<std::string, std::vector<std::string>> loops_;
};

Outcome<Json> preview_text(Evaluator& evaluator, const Node& tree, std::string_view written) {
  evaluator.keep_unknown = false;
  auto known = evaluator.node(tree);
  evaluator.keep_unknown = true;
  if (known) return escape_deep(*std::move(known));
  if (known.error().code != kNotYetKnown) return known;
  return evaluator.text(written);
}

}  // namespace

bool is_deployment_type(std::string_view type) {
  return equal_ci(type, "Microsoft.Resources/deployments");
}

const JsonObject* inner_scope_template(const JsonObject& resource) {
  return template_of(resource, true);
}

const JsonObject* outer_scope_template(const JsonObject& resource) {
  return template_of(resource, false);
}

Outcome<Json> partial_text(Evaluator& evaluator, std::string_view written) {
  if (!is_expression(written)) return Json(written);
  ARMATURE_TRY(const auto tree, evaluator.tree(written.substr(1, written.size() - 2)));
  if (evaluator.keep_unknown) return preview_text(evaluator, *tree, written);
  if (!calls_run_time(*tree)) {
    ARMATURE_TRY(Json known, evaluator.node(*tree));
    return escape_deep(std::move(known));
  }
  ARMATURE_TRY(const Node rest, Partial(evaluator).run(*tree));
  if (!calls_run_time(rest)) {
    ARMATURE_TRY(Json known, evaluator.node(rest));
    return escape_deep(std::move(known));
  }
  return Json("[" + print_expression(rest) + "]");
}

Outcome<Json> inline_template(Evaluator& evaluator, const JsonObject& document) {
  return Inliner(evaluator).document(document);
}

}  // namespace armature::sandbox::tmpl
