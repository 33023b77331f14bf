// The check of every expression before anything is evaluated.
#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/nested.h"

namespace armature::sandbox::tmpl {
namespace {

class Checker {
 public:
  explicit Checker(Context& context) : context_(context), parser_(context, Phase::kStart) {}

  std::optional<TemplateError> value(const Json& written) {
    if (written.is_string()) return text(as_text(written));
    if (const auto* array = written.if_array()) {
      for (std::size_t i = 0; i < array->size(); ++i) {
        if (auto error = value((*array)[i])) return within(*std::move(error), i);
      }
    }
    if (const auto* object = written.if_object()) return members(*object);
    return std::nullopt;
  }

  std::optional<TemplateError> members(const JsonObject& object) {
    const JsonObject* foreign = inner_scope_template(object);
    for (const auto& [key, member] : object) {
      if (auto error = text(key)) return within(*std::move(error), key);
      if (foreign != nullptr && equal_ci(key, "properties")) {
        for (const auto& [name, part] : member.get_object()) {
          if (equal_ci(name, "template")) continue;
          if (auto error = value(part)) return within(within(*std::move(error), name), key);
        }
        continue;
      }
      if (equal_ci(key, "metadata")) continue;
      if (auto error = value(member)) return within(*std::move(error), key);
    }
    return std::nullopt;
  }

 private:
  std::optional<TemplateError> text(std::string_view written) {
    if (!is_expression(written)) return std::nullopt;
    const auto tree = parser_.tree(written.substr(1, written.size() - 2));
    if (!tree) return tree.error();
    return node(**tree);
  }

  std::optional<TemplateError> node(const Node& tree) {
    if (tree.kind == NodeKind::kCall) {
      if (auto error = check_call(context_, tree)) {
        error->offset = tree.at;
        return error;
      }
    }
    for (const Node& child : tree.children) {
      if (auto error = node(child)) return error;
    }
    return std::nullopt;
  }

  Context& context_;
  Evaluator parser_;
};

}  // namespace

std::optional<TemplateError> check_expressions(Context& context) {
  const auto* root = context.document.if_object();
  if (root == nullptr) return std::nullopt;
  Checker checker(context);
  for (const std::string_view section :
       {"parameters", "variables", "functions", "extensions", "resources", "outputs"}) {
    const Json* written = find_ci(*root, section);
    if (written == nullptr) continue;
    if (auto error = checker.value(*written)) return within(*std::move(error), section);
  }
  return std::nullopt;
}

}  // namespace armature::sandbox::tmpl
