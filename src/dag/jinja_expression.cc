#include "dag/jinja_expression.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

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

}  // namespace armature::dag
