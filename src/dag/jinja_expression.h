#pragma once
// ExpressionParser: the expressions of a template, by precedence climbing; and the token cursor the
// statement parser shares. The order of binding is Jinja's: "|" and "is" bind to the operand beside
// them, "**" groups from the left, "-2 ** 2" is 4.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dag/jinja_ast.h"
#include "dag/jinja_lexer.h"

namespace armature::dag {

bool is_reserved(std::string_view name);  // and, if, in, …: never a variable

class ExpressionParser {
 public:
  using Node = Template::Node;

  explicit ExpressionParser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<NodePtr> expression() { return conditional(true); }
  // One expression, or several with commas between, which make a list.
  Result<NodePtr> tuple(bool allow_if = true);

  const Token& current() const { return tokens_[at_]; }
  void next() {
    if (at_ + 1 < tokens_.size()) ++at_;
  }
  bool take(std::string_view op);
  bool take_name(std::string_view name);

  std::shared_ptr<Node> make(Node::Kind kind) const;
  Result<NodePtr> close(std::shared_ptr<Node> node) const;  // checks the depth
  Error error(const std::string& what) const {
    return template_error(current().line, current().column, what);
  }
  Error unexpected(std::string_view wanted) const;

 private:
  bool at_op(std::string_view op) const {
    return current().kind == Token::Kind::kOperator && current().text == op;
  }
  bool at_name(std::string_view name) const {
    return current().kind == Token::Kind::kName && current().text == name;
  }
  Result<NodePtr> conditional(bool allow_if);
  Result<NodePtr> binary(int level);
  Result<NodePtr> negation();
  Result<NodePtr> compare();
  Result<NodePtr> unary(bool with_filters);
  Result<NodePtr> primary();
  Result<NodePtr> postfix(NodePtr node);
  Result<NodePtr> filters(NodePtr node);
  Result<NodePtr> filter(NodePtr subject);
  Result<NodePtr> test(NodePtr subject);
  Result<NodePtr> call(NodePtr callee);
  Result<NodePtr> subscript(NodePtr object);
  Result<NodePtr> list();
  Result<NodePtr> dict();
  Status arguments(Node& node);
  Status check_call(const Node& node) const;

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int nesting_ = 0;
};

}  // namespace armature::dag
