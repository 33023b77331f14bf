// Conditions from JSON, with every check that needs no resource.
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/policy/functions.h"
#include "sandbox/policy/rule.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::policy {
namespace {

using tmpl::Node;
using tmpl::NodeKind;
using tmpl::Outcome;
using tmpl::TemplateError;

constexpr int kMaxNested = 512;

class Reader {
 public:
  explicit Reader(Usage& usage) : usage_(usage) { context_.dialect = &rule_dialect(); }

  Outcome<Condition> condition(const Json& written, int depth = 0);
  Outcome<Written> value(const Json& written);
  std::optional<TemplateError> check(const Json& written);

 private:
  Outcome<Condition> logical(const std::string& key, const Json& written, int depth);
  Outcome<Condition> leaf(const JsonObject& object, int depth);
  Outcome<Count> count(const Json& written, int depth);
  std::optional<TemplateError> check(const Node& node);

  Usage& usage_;
  RuleContext context_;
};

bool holds_expression(const Json& value) {
  if (value.is_string()) return tmpl::is_expression(as_text(value));
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, holds_expression);
  const auto* object = value.if_object();
  return object && std::ranges::any_of(*object, [](const auto& member) {
           return holds_expression(member.value());
         });
}

bool is_logical(std::string_view key) {
  return equal_ci(key, "allOf") || equal_ci(key, "anyOf") || equal_ci(key, "not");
}

std::optional<TemplateError> Reader::check(const Node& node) {
  if (node.kind == NodeKind::kCall) {
    if (auto error = tmpl::check_call(context_, node)) return error;
    const bool literal = node.children.size() == 1 && node.children[0].kind == NodeKind::kString;
    if (literal && equal_ci(node.text, "parameters")) {
      usage_.parameters.emplace(to_lower(node.children[0].text), node.children[0].text);
    }
    if (literal && equal_ci(node.text, "field") && !read_field(node.children[0].text)) {
      return invalid_rule("The policy function 'field' has no field '" + node.children[0].text +
                          "' to read.");
    }
  }
  for (const Node& child : node.children) {
    if (auto error = check(child)) return error;
  }
  return std::nullopt;
}

std::optional<TemplateError> Reader::check(const Json& written) {
  if (written.is_string() && tmpl::is_expression(as_text(written))) {
    auto read = value(written);
    return read ? std::nullopt : std::optional(read.error());
  }
  if (const auto* array = written.if_array()) {
    for (const Json& one : *array) {
      if (auto error = check(one)) return error;
    }
  }
  if (const auto* object = written.if_object()) {
    for (const auto& [key, member] : *object) {
      if (auto error = check(Json(key))) return error;
      if (auto error = check(member)) return error;
    }
  }
  return std::nullopt;
}

Outcome<Written> Reader::value(const Json& written) {
  Written out;
  out.value = written;
  if (written.is_string()) {
    const std::string_view text = as_text(written);
    if (!tmpl::is_expression(text)) {
      out.value = tmpl::unescape(text);
      return out;
    }
    ARMATURE_TRY(Node tree, tmpl::parse_expression(text.substr(1, text.size() - 2)));
    if (auto error = check(tree)) return *std::move(error);
    out.tree = std::make_shared<const Node>(std::move(tree));
    return out;
  }
  out.composite = holds_expression(written);
  if (auto error = check(written)) return *std::move(error);
  return out;
}

Outcome<Condition> Reader::logical(const std::string& key, const Json& written, int depth) {
  Condition out;
  const bool negation = equal_ci(key, "not");
  out.kind = negation                 ? Condition::Kind::kNot
             : equal_ci(key, "allOf") ? Condition::Kind::kAllOf
                                      : Condition::Kind::kAnyOf;
  if (negation) {
    ARMATURE_TRY(Condition part, condition(written, depth + 1));
    out.parts.push_back(std::move(part));
    return out;
  }
  const auto* parts = written.if_array();
  if (!parts || parts->empty()) {
    return invalid_rule("The operator '" + key + "' expects a list of conditions.");
  }
  for (const Json& one : *parts) {
    ARMATURE_TRY(Condition part, condition(one, depth + 1));
    out.parts.push_back(std::move(part));
  }
  return out;
}

Outcome<Count> Reader::count(const Json& written, int depth) {
  const auto* object = written.if_object();
  if (!object) return invalid_rule("The expression 'count' expects an object.");
  Count out;
  const Json* field = find_ci(*object, "field");
  const Json* values = find_ci(*object, "value");
  if ((field != nullptr) == (values != nullptr)) {
    return invalid_rule("The expression 'count' expects one of 'field' and 'value'.");
  }
  for (const auto& [key, member] : *object) {
    const bool known = equal_ci(key, "field") || equal_ci(key, "where") ||
                       (values && (equal_ci(key, "value") || equal_ci(key, "name")));
    if (!known) {
      return invalid_rule("Could not find member '" + std::string(key) +
                          "' on object of type 'count'.");
    }
  }
  out.of_field = field != nullptr;
  if (field) {
    ARMATURE_TRY(out.value, value(*field));
    if (!out.value.tree) {
      if (field->is_string()) out.field = read_field(as_text(out.value.value));
      if (!out.field || !out.field->many()) {
        return invalid_rule("The field of a 'count' must be an array alias with '[*]'.");
      }
    }
  } else {
    ARMATURE_TRY(out.value, value(*values));
    if (const Json* name = find_ci(*object, "name")) {
      if (!name->is_string()) return invalid_rule("The name of a 'count' must be a string.");
      out.name = as_text(*name);
    }
  }
  if (const Json* where = find_ci(*object, "where")) {
    ARMATURE_TRY(Condition part, condition(*where, depth + 1));
    out.where.push_back(std::move(part));
  }
  return out;
}

Outcome<Condition> Reader::leaf(const JsonObject& object, int depth) {
  Condition out;
  const Json* left = nullptr;
  const Json* right = nullptr;
  std::string subject;
  for (const auto& [key, member] : object) {
    const std::string name = to_lower(key);
    if (name == "field" || name == "value" || name == "count" || name == "source") {
      if (left) {
        return invalid_rule("A condition has one of 'field', 'value' and 'count', not both '" +
                            subject + "' and '" + name + "'.");
      }
      left = &member;
      subject = name;
    } else if (const auto op = operator_of(name)) {
      if (right) return invalid_rule("A condition has one operator; '" + name + "' is a second.");
      right = &member;
      out.op = *op;
    } else {
      return invalid_rule("Could not find member '" + std::string(key) +
                          "' on object of type 'LeafExpression'.");
    }
  }
  if (!left || !right) {
    return invalid_rule("A condition expects 'field', 'value' or 'count', and an operator.");
  }
  ARMATURE_TRY(out.right, value(*right));
  const bool in_list = out.op == Operator::kIn || out.op == Operator::kNotIn;
  if (in_list && !out.right.tree && !right->is_array()) {
    return invalid_rule("The operators 'in' and 'notIn' expect an array.");
  }
  if (subject == "count") {
    out.kind = Condition::Kind::kCount;
    ARMATURE_TRY(Count counted, count(*left, depth));
    out.count = std::make_shared<const Count>(std::move(counted));
    return out;
  }
  ARMATURE_TRY(out.left, value(*left));
  if (subject == "value") {
    out.kind = Condition::Kind::kValue;
    return out;
  }
  if (!left->is_string()) return invalid_rule("The '" + subject + "' must be a string.");
  if (subject == "source") {
    out.kind = Condition::Kind::kAction;
    if (!equal_ci(as_text(*left), "action")) {
      return invalid_rule("The source '" + std::string(as_text(*left)) + "' is not 'action'.");
    }
    return out;
  }
  out.kind = Condition::Kind::kField;
  if (out.left.tree) return out;
  out.field = read_field(as_text(out.left.value));
  if (!out.field) {
    return invalid_rule("The 'field' property '" + std::string(as_text(*left)) +
                        "' of the policy rule must be one of 'Name, FullName, Type, Location, Id, "
                        "Kind, Tags, Identity.Type' or an alias.");
  }
  return out;
}

Outcome<Condition> Reader::condition(const Json& written, int depth) {
  if (depth > kMaxNested) return invalid_rule("The conditions are nested too deeply.");
  const auto* object = written.if_object();
  if (!object || object->empty()) return invalid_rule("A condition must be an object.");
  for (const auto& [key, member] : *object) {
    if (!is_logical(key)) continue;
    if (object->size() != 1) {
      return invalid_rule("The operator '" + std::string(key) + "' stands beside other members.");
    }
    return logical(std::string(key), member, depth);
  }
  return leaf(*object, depth);
}

}  // namespace

Outcome<Condition> read_condition(const Json& written, Usage& usage) {
  return Reader(usage).condition(written);
}

Outcome<Written> read_written(const Json& written, Usage& usage) {
  return Reader(usage).value(written);
}

std::optional<TemplateError> check_expressions(const Json& written, Usage& usage) {
  return Reader(usage).check(written);
}

}  // namespace armature::sandbox::policy
