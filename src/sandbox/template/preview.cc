// What a look ahead cannot know stays an expression, with all that is known filled in.
#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/parameters.h"

namespace armature::sandbox::tmpl {
namespace {

Node call_of(std::string_view function, const std::string& name) {
  Node out;
  out.kind = NodeKind::kCall;
  out.text = function;
  out.children.push_back(literal_node(Json(name)));
  return out;
}

// The argument of "parameters('x')" and the like; empty for any other tree.
std::string_view named_by(const Node& tree, std::string_view function) {
  const bool named = tree.kind == NodeKind::kCall && tree.name_space.empty() &&
                     tree.children.size() == 1 && tree.children[0].kind == NodeKind::kString &&
                     equal_ci(tree.text, function);
  return named ? std::string_view(tree.children[0].text) : std::string_view();
}

std::shared_ptr<const Node> parsed(std::string_view written) {
  if (!is_expression(written)) return nullptr;
  auto tree = parse_expression(written.substr(1, written.size() - 2));
  return tree ? std::make_shared<const Node>(*std::move(tree)) : nullptr;
}

const Json* member_of(const JsonObject& object, const std::string& name, std::string_view key) {
  const Json* found = find_ci(object, name);
  return found != nullptr && found->is_object() ? find_ci(found->get_object(), key) : nullptr;
}

}  // namespace

TemplateError not_yet_known(std::string_view name) {
  return {kNotYetKnown,
          "The value of '" + std::string(name) +
              "' cannot be calculated until the deployment is under way.",
          ""};
}

bool is_open(const Evaluator& evaluator, const Json& given) {
  return evaluator.context.surroundings.preview == Preview::kNested && given.is_string() &&
         parsed(as_text(given)) != nullptr;
}

std::shared_ptr<const Node> stand_in_for(Evaluator& evaluator, const std::string& name,
                                         const Json& declaration, const Outcome<Json>& value) {
  const Context& context = evaluator.context;
  if (context.surroundings.preview == Preview::kNo) return nullptr;
  const Json* given = member_of(context.given, name, "value");
  const auto by_name = [&] { return std::make_shared<const Node>(call_of("parameters", name)); };
  if (value) {
    const bool hidden = given != nullptr && is_secure(shown_type(context, declaration));
    return hidden ? by_name() : nullptr;
  }
  if (value.error().code != kNotYetKnown) return nullptr;
  const Json* written = given != nullptr ? given : find(declaration, "defaultValue");
  const auto tree =
      written != nullptr && written->is_string() ? parsed(as_text(*written)) : nullptr;
  if (tree == nullptr) return by_name();
  if (given != nullptr) return tree;
  auto rest = evaluator.reduced(*tree);
  return rest ? std::make_shared<const Node>(*std::move(rest)) : by_name();
}

Outcome<Node> Evaluator::reduced(const Node& tree) {
  auto known = node(tree);
  if (known) return literal_node(*known);
  if (known.error().code != kNotYetKnown) return known.error();
  if (const auto name = named_by(tree, "parameters"); !name.empty() && arguments_ == nullptr) {
    const auto stand_in = context.unknown.find(to_lower(name));
    return stand_in == context.unknown.end() ? tree : *stand_in->second;
  }
  const bool takes_lambda = std::ranges::any_of(tree.children, [](const Node& child) {
    return child.kind == NodeKind::kCall && equal_ci(child.text, "lambda");
  });
  if (takes_lambda || !named_by(tree, "variables").empty()) return tree;
  Node rest = tree;
  for (Node& child : rest.children) {
    ARMATURE_TRY(child, reduced(child));
  }
  return rest;
}

Outcome<Json> Evaluator::unresolved(const Node& tree) {
  // A whole variable shows its structure; what is not known in it stays an expression there.
  const auto name = named_by(tree, "variables");
  const std::string mark = "v:" + to_lower(name);
  const bool again = std::ranges::find(resolving_, mark) != resolving_.end();
  if (!name.empty() && !again && arguments_ == nullptr) {
    resolving_.push_back(mark);
    auto value = fresh_variable(to_lower(name), name);
    resolving_.pop_back();
    return value;
  }
  keep_unknown = false;
  auto rest = reduced(tree);
  keep_unknown = true;
  if (!rest) return rest.error();
  return Json("[" + print_expression(*rest) + "]");
}

}  // namespace armature::sandbox::tmpl
