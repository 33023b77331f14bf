#include "dag/render.h"

#include <algorithm>

#include "base/bytes.h"
#include "dag/jinja_machine.h"
#include "dag/jinja_parser.h"

namespace armature::dag {
namespace {

using Kind = Template::Node::Kind;

bool has_tags(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos ||
         text.find("{#") != std::string_view::npos;
}

Result<Json> walk(const Json& value, const JsonObject& context, int depth) {
  if (depth > kMaxTemplateDepth) return fail(Code::kInvalid, "nested more than 64 deep");
  if (value.is_string()) {
    if (!has_tags(as_text(value))) return value;
    ARMATURE_TRY(const Template parsed, Template::parse(as_text(value)));
    return parsed.render_value(context);
  }
  if (const auto* list = value.if_array()) {
    JsonArray out;
    for (std::size_t i = 0; i < list->size(); ++i) {
      auto item = walk((*list)[i], context, depth + 1);
      if (!item) return std::move(item).error().in("[" + std::to_string(i) + "]");
      out.push_back(*std::move(item));
    }
    return Json(std::move(out));
  }
  if (const auto* dict = value.if_object()) {
    JsonObject out;
    for (const auto& [key, item] : *dict) {
      auto rendered = walk(item, context, depth + 1);
      if (!rendered) return std::move(rendered).error().in(std::string_view(key));
      out.insert_or_assign(key, *std::move(rendered));
    }
    return Json(std::move(out));
  }
  return value;
}

}  // namespace

Result<Template> Template::parse(std::string_view text) {
  if (!has_tags(text)) {
    if (text.size() > kMaxTemplateBytes) {
      return fail(Code::kInvalid, "the template is longer than 256 KiB");
    }
    auto root = std::make_shared<Node>();
    if (!text.empty()) {
      auto piece = std::make_shared<Node>();
      piece->kind = Kind::kText;
      piece->text = text;
      root->kids.push_back(std::move(piece));
    }
    return Template(std::move(root));
  }
  ARMATURE_TRY(NodePtr root, parse_template(text));
  return Template(std::move(root));
}

bool Template::is_plain() const {
  return std::ranges::all_of(root_->kids, [](const auto& kid) { return kid->kind == Kind::kText; });
}

bool Template::is_expression() const {
  return root_->kids.size() == 1 && root_->kids[0]->kind == Kind::kOutput;
}

std::vector<std::string> Template::paths() const { return read_paths(*root_); }

std::vector<std::string> Template::names() const {
  std::vector<std::string> out;
  for (const std::string& path : paths()) {
    std::string name = path.substr(0, path.find('.'));
    if (std::ranges::find(out, name) == out.end()) out.push_back(std::move(name));
  }
  return out;
}

Result<std::string> Template::render_text(const JsonObject& context) const {
  Machine machine(context);
  ARMATURE_CHECK(machine.run(*root_));
  return std::move(machine).take_output();
}

Result<Json> Template::render_value(const JsonObject& context) const {
  if (!is_expression()) {
    ARMATURE_TRY(const std::string text, render_text(context));
    return Json(text);
  }
  Machine machine(context);
  const Node& expression = *root_->kids[0]->kids[0];
  ARMATURE_TRY(Value value, machine.eval(expression));
  if (value.is_undefined()) {
    return template_error(expression.line, expression.column, value.why());
  }
  return std::move(value).take();
}

Result<std::string> render_text(std::string_view text, const JsonObject& context) {
  ARMATURE_TRY(const Template parsed, Template::parse(text));
  return parsed.render_text(context);
}

Result<Json> render_value(const Json& value, const JsonObject& context) {
  return walk(value, context, 0);
}

Result<bool> render_condition(std::string_view text, const JsonObject& context) {
  ARMATURE_TRY(const Template parsed, Template::parse(trim(text)));
  ARMATURE_TRY(const Json value, parsed.render_value(context));
  if (parsed.is_expression()) return is_true(value);
  // Text around an expression is always "true" to Jinja; here it must say so itself.
  const std::string_view word = trim(as_text(value));
  if (equal_ci(word, "true")) return true;
  if (equal_ci(word, "false") || equal_ci(word, "none") || word.empty()) return false;
  return fail(Code::kInvalid, "a condition must be one {{ expression }}");
}

}  // namespace armature::dag
