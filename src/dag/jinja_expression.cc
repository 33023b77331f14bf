#include "dag/jinja_expression.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/bytes.h"
#include "dag/jinja_tables.h"

namespace armature::dag {

using Node = Template::Node;
using Kind = Node::Kind;

bool is_reserved(std::string_view name) {
  static constexpr std::array<std::string_view, 14> kWords = {
      "and",  "or",   "not",   "if",    "else", "in",   "is",
      "true", "True", "false", "False", "none", "None", "elif"};
  return std::ranges::find(kWords, name) != kWords.end();
}

bool ExpressionParser::take(std::string_view op) {
  if (!at_op(op)) return false;
  next();
  return true;
}

bool ExpressionParser::take_name(std::string_view name) {
  if (!at_name(name)) return false;
  next();
  return true;
}

std::shared_ptr<Node> ExpressionParser::make(Kind kind) const {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->line = current().line;
  node->column = current().column;
  return node;
}

Result<NodePtr> ExpressionParser::close(std::shared_ptr<Node> node) const {
  for (const auto& kid : node->kids) {
    if (kid) node->depth = std::max(node->depth, kid->depth + 1);
  }
  if (node->depth > kMaxTemplateDepth) {
    return template_error(node->line, node->column, "the template is nested more than 64 deep");
  }
  return NodePtr(std::move(node));
}

Error ExpressionParser::unexpected(std::string_view wanted) const {
  const Token& token = current();
  std::string what = "the end of the template";
  if (token.kind == Token::Kind::kOutputEnd) what = "'}}'";
  if (token.kind == Token::Kind::kTagEnd) what = "'%}'";
  if (token.kind == Token::Kind::kString) what = "a string";
  if (!token.text.empty()) what = "'" + token.text + "'";
  return error("expected " + std::string(wanted) + ", found " + what);
}

Result<NodePtr> ExpressionParser::tuple(bool allow_if) {
  ARMATURE_TRY(NodePtr first, conditional(allow_if));
  if (!at_op(",")) return first;
  auto node = make(Kind::kList);
  node->kids.push_back(std::move(first));
  while (take(",")) {
    const auto kind = current().kind;
    if (kind == Token::Kind::kOutputEnd || kind == Token::Kind::kTagEnd || at_op(")")) break;
    ARMATURE_TRY(NodePtr item, conditional(allow_if));
    node->kids.push_back(std::move(item));
  }
  return close(std::move(node));
}

Result<NodePtr> ExpressionParser::conditional(bool allow_if) {
  struct Guard {
    int& nesting;
    ~Guard() { --nesting; }
  } guard{++nesting_};
  if (nesting_ > kMaxTemplateDepth) return error("the expression is nested more than 64 deep");
  ARMATURE_TRY(NodePtr value, binary(0));
  while (allow_if && at_name("if")) {
    auto node = make(Kind::kCond);
    next();
    ARMATURE_TRY(NodePtr condition, binary(0));
    NodePtr otherwise;
    if (take_name("else")) {
      ARMATURE_TRY(otherwise, conditional(true));
    }
    node->kids = {std::move(value), std::move(condition), std::move(otherwise)};
    ARMATURE_TRY(value, close(std::move(node)));
  }
  return value;
}

// Levels from loose to tight; each groups from the left. "not" and comparisons lie between.
Result<NodePtr> ExpressionParser::binary(int level) {
  static const std::vector<std::vector<std::string_view>> kLevels = {
      {"or" },
      {"and"},
      {  },
      {"+",     "-"},
      {"~"    },
      {"*",  "/", "//", "%"},
      {"**" }
  };
  constexpr int kNot = 2;
  if (level == kNot) return negation();
  if (level == static_cast<int>(kLevels.size())) return unary(true);
  ARMATURE_TRY(NodePtr left, binary(level + 1));
  for (;;) {
    const auto& operators = kLevels[static_cast<std::size_t>(level)];
    const Token& token = current();
    const bool word = level < kNot;
    if (token.kind != (word ? Token::Kind::kName : Token::Kind::kOperator) ||
        std::ranges::find(operators, token.text) == operators.end()) {
      return left;
    }
    auto node = make(Kind::kBinary);
    node->text = token.text;
    next();
    ARMATURE_TRY(NodePtr right, binary(level + 1));
    node->kids = {std::move(left), std::move(right)};
    ARMATURE_TRY(left, close(std::move(node)));
  }
}

Result<NodePtr> ExpressionParser::negation() {
  if (!at_name("not")) return compare();
  if (++nesting_ > kMaxTemplateDepth) return error("the expression is nested more than 64 deep");
  auto node = make(Kind::kUnary);
  node->text = "not";
  next();
  ARMATURE_TRY(NodePtr operand, negation());
  --nesting_;
  node->kids.push_back(std::move(operand));
  return close(std::move(node));
}

Result<NodePtr> ExpressionParser::compare() {
  static constexpr std::array<std::string_view, 6> kOperators = {"==", "!=", "<", "<=", ">", ">="};
  constexpr int kSum = 3;
  auto node = make(Kind::kCompare);
  ARMATURE_TRY(NodePtr left, binary(kSum));
  node->kids.push_back(std::move(left));
  for (;;) {
    const Token& token = current();
    std::string op;
    if (token.kind == Token::Kind::kOperator &&
        std::ranges::find(kOperators, token.text) != kOperators.end()) {
      op = token.text;
      next();
    } else if (take_name("in")) {
      op = "in";
    } else if (at_name("not") && tokens_[at_ + 1].text == "in") {
      next();
      next();
      op = "not in";
    } else {
      break;
    }
    node->names.push_back(std::move(op));
    ARMATURE_TRY(NodePtr right, binary(kSum));
    node->kids.push_back(std::move(right));
  }
  if (node->names.empty()) return node->kids.front();
  return close(std::move(node));
}

Result<NodePtr> ExpressionParser::unary(bool with_filters) {
  if (!at_op("-") && !at_op("+")) {
    ARMATURE_TRY(NodePtr node, primary());
    ARMATURE_TRY(node, postfix(std::move(node)));
    if (!with_filters) return node;
    return filters(std::move(node));
  }
  if (++nesting_ > kMaxTemplateDepth) return error("the expression is nested more than 64 deep");
  auto node = make(Kind::kUnary);
  node->text = current().text;
  next();
  ARMATURE_TRY(NodePtr operand, unary(false));
  --nesting_;
  node->kids.push_back(std::move(operand));
  ARMATURE_TRY(NodePtr done, close(std::move(node)));
  ARMATURE_TRY(done, postfix(std::move(done)));
  if (!with_filters) return done;
  return filters(std::move(done));
}

Result<NodePtr> ExpressionParser::primary() {
  const Token token = current();
  if (token.kind == Token::Kind::kNumber || token.kind == Token::Kind::kString) {
    auto node = make(Kind::kLiteral);
    node->value = token.value;
    next();
    while (token.kind == Token::Kind::kString && current().kind == Token::Kind::kString) {
      node->value = Json(std::string(as_text(node->value)) + std::string(as_text(current().value)));
      next();
    }
    return close(std::move(node));
  }
  if (token.kind == Token::Kind::kName) {
    const std::string low = to_lower(token.text);
    const bool literal = low == "true" || low == "false" || low == "none";
    if (is_reserved(token.text) && !literal) return unexpected("a value");
    const bool is_literal = literal && is_reserved(token.text);
    auto node = make(is_literal ? Kind::kLiteral : Kind::kName);
    node->text = token.text;
    if (is_literal) node->value = low == "none" ? Json(nullptr) : Json(low == "true");
    next();
    return close(std::move(node));
  }
  if (at_op("[")) return list();
  if (at_op("{")) return dict();
  if (at_op("(")) {
    auto empty = make(Kind::kList);
    next();
    if (take(")")) return close(std::move(empty));
    ARMATURE_TRY(NodePtr inner, tuple());
    if (!take(")")) return unexpected(")");
    return inner;
  }
  return unexpected("a value");
}

Result<NodePtr> ExpressionParser::list() {
  auto node = make(Kind::kList);
  next();
  while (!take("]")) {
    if (!node->kids.empty() && !take(",")) return unexpected("',' or ']'");
    if (take("]")) break;
    ARMATURE_TRY(NodePtr item, expression());
    node->kids.push_back(std::move(item));
  }
  return close(std::move(node));
}

Result<NodePtr> ExpressionParser::dict() {
  auto node = make(Kind::kDict);
  next();
  while (!take("}")) {
    if (!node->kids.empty() && !take(",")) return unexpected("',' or '}'");
    if (take("}")) break;
    ARMATURE_TRY(NodePtr key, expression());
    if (!take(":")) return unexpected("':'");
    ARMATURE_TRY(NodePtr item, expression());
    node->kids.push_back(std::move(key));
    node->kids.push_back(std::move(item));
  }
  return close(std::move(node));
}

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
