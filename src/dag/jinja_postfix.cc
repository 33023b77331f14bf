// What follows an operand: attributes, indexes, calls, filters and tests.
#include "base/bytes.h"
#include "dag/jinja_expression.h"
#include "dag/jinja_tables.h"

namespace armature::dag {

using Node = Template::Node;
using Kind = Node::Kind;

Result<NodePtr> ExpressionParser::postfix(NodePtr node) {
  for (;;) {
    if (at_op(".")) {
      auto attr = make(Kind::kAttr);
      next();
      if (current().kind == Token::Kind::kNumber && current().value.is_int64()) {
        auto key = make(Kind::kLiteral);
        key->value = current().value;
        attr->kind = Kind::kItem;
        attr->kids = {std::move(node), std::move(key)};
      } else if (current().kind == Token::Kind::kName) {
        attr->text = current().text;
        if (attr->text.starts_with("__")) return error("'" + attr->text + "' is not reachable");
        attr->kids = {std::move(node)};
      } else {
        return unexpected("a name");
      }
      next();
      ARMATURE_TRY(node, close(std::move(attr)));
    } else if (at_op("[")) {
      ARMATURE_TRY(node, subscript(std::move(node)));
    } else if (at_op("(")) {
      ARMATURE_TRY(node, call(std::move(node)));
    } else {
      return node;
    }
  }
}

Result<NodePtr> ExpressionParser::subscript(NodePtr object) {
  auto node = make(Kind::kItem);
  next();
  node->kids.push_back(std::move(object));
  NodePtr part;
  bool colon = false;
  while (!at_op("]")) {
    if (take(":")) {
      colon = true;
      node->kids.push_back(std::move(part));
      part = nullptr;
      continue;
    }
    if (part) return unexpected("']'");
    ARMATURE_TRY(part, expression());
  }
  next();
  node->kids.push_back(std::move(part));
  if (!colon) {
    if (!node->kids[1]) return error("expected an index between '[' and ']'");
    return close(std::move(node));
  }
  node->kind = Kind::kSlice;
  if (node->kids.size() > 4) return error("a slice has at most three parts");
  node->kids.resize(4);
  return close(std::move(node));
}

Result<NodePtr> ExpressionParser::filters(NodePtr node) {
  for (;;) {
    if (at_op("|")) {
      ARMATURE_TRY(node, filter(std::move(node)));
    } else if (at_name("is")) {
      ARMATURE_TRY(node, test(std::move(node)));
    } else if (at_op("(")) {
      ARMATURE_TRY(node, call(std::move(node)));
    } else {
      return node;
    }
  }
}

Result<NodePtr> ExpressionParser::filter(NodePtr subject) {
  next();
  auto node = make(Kind::kFilter);
  if (current().kind != Token::Kind::kName) return unexpected("a filter's name");
  node->text = current().text;
  if (const auto why = unknown_word("filter", node->text, filter_names())) return error(*why);
  next();
  node->kids.push_back(std::move(subject));
  if (at_op("(")) ARMATURE_CHECK(arguments(*node));
  return close(std::move(node));
}

Result<NodePtr> ExpressionParser::test(NodePtr subject) {
  next();
  auto negated = make(Kind::kUnary);
  const bool negate = take_name("not");
  auto node = make(Kind::kTest);
  if (current().kind != Token::Kind::kName) return unexpected("a test's name");
  node->text = current().text;
  if (const auto why = unknown_word("test", node->text, test_names())) return error(*why);
  next();
  node->kids.push_back(std::move(subject));
  const auto kind = current().kind;
  if (at_op("(")) {
    ARMATURE_CHECK(arguments(*node));
  } else if (kind == Token::Kind::kString || kind == Token::Kind::kNumber || at_op("[") ||
             at_op("{") ||
             (kind == Token::Kind::kName &&
              (!is_reserved(current().text) || to_lower(current().text) == "none" ||
               to_lower(current().text) == "true" || to_lower(current().text) == "false"))) {
    ARMATURE_TRY(NodePtr argument, primary());
    ARMATURE_TRY(argument, postfix(std::move(argument)));
    node->kids.push_back(std::move(argument));
    node->names.emplace_back();
  } else if (at_name("is")) {
    return error("tests cannot be chained with 'is'");
  }
  ARMATURE_TRY(NodePtr done, close(std::move(node)));
  if (!negate) return done;
  negated->text = "not";
  negated->kids.push_back(std::move(done));
  return close(std::move(negated));
}

Result<NodePtr> ExpressionParser::call(NodePtr callee) {
  auto node = make(Kind::kCall);
  node->kids.push_back(std::move(callee));
  ARMATURE_CHECK(check_call(*node));
  ARMATURE_CHECK(arguments(*node));
  return close(std::move(node));
}

Status ExpressionParser::check_call(const Node& node) const {
  const Node& callee = *node.kids[0];
  if (callee.kind == Kind::kName) {
    if (const auto why = unknown_word("function", callee.text, function_names()))
      return error(*why);
    return Ok{};
  }
  if (callee.kind != Kind::kAttr) return error("this value cannot be called");
  const Node& object = *callee.kids[0];
  if (object.kind == Kind::kName && object.text == "macros") {
    if (const auto why = unknown_word("macro", callee.text, macro_names())) return error(*why);
    return Ok{};
  }
  if (callee.text == "xcom_pull") return error("xcom_pull is not here: write tasks.TASK_ID.output");
  if (const auto why = unknown_word("method", callee.text, method_names())) return error(*why);
  return Ok{};
}

Status ExpressionParser::arguments(Node& node) {
  next();
  while (!take(")")) {
    if (node.kids.size() > 1 && !take(",")) return unexpected("',' or ')'");
    if (take(")")) break;
    std::string keyword;
    if (current().kind == Token::Kind::kName && tokens_[at_ + 1].kind == Token::Kind::kOperator &&
        tokens_[at_ + 1].text == "=") {
      keyword = current().text;
      next();
      next();
    } else if (!node.names.empty() && !node.names.back().empty()) {
      return error("a positional argument follows a named one");
    }
    ARMATURE_TRY(NodePtr value, expression());
    node.kids.push_back(std::move(value));
    node.names.push_back(std::move(keyword));
  }
  return Ok{};
}

}  // namespace armature::dag
