#include "dag/jinja_parser.h"

#include <algorithm>

#include "dag/jinja_expression.h"

namespace armature::dag {
namespace {

using Node = Template::Node;
using Kind = Node::Kind;

class StatementParser {
 public:
  explicit StatementParser(std::vector<Token> tokens) : in_(std::move(tokens)) {}

  Result<NodePtr> run() {
    ARMATURE_TRY(NodePtr root, block({}, 0));
    return root;
  }

 private:
  // Statements up to one of `stops`, whose name is left as the current token.
  Result<NodePtr> block(const std::vector<std::string_view>& stops, int depth) {
    if (depth > kMaxTemplateDepth) return in_.error("blocks are nested too deeply");
    auto out = in_.make(Kind::kBlock);
    for (;;) {
      const Token token = in_.current();
      if (token.kind == Token::Kind::kEnd) {
        if (stops.empty()) return close(std::move(out));
        return in_.error("the template ends here, but " + wanted(stops) + " is missing");
      }
      in_.next();
      if (token.kind == Token::Kind::kText) {
        auto text = in_.make(Kind::kText);
        text->text = token.text;
        out->kids.push_back(std::move(text));
      } else if (token.kind == Token::Kind::kOutputBegin) {
        auto node = in_.make(Kind::kOutput);
        ARMATURE_TRY(NodePtr value, in_.tuple());
        if (in_.current().kind != Token::Kind::kOutputEnd) return in_.unexpected("}}");
        in_.next();
        node->kids.push_back(std::move(value));
        ARMATURE_TRY(NodePtr done, close(std::move(node)));
        out->kids.push_back(std::move(done));
      } else {
        const std::string& word = in_.current().text;
        if (std::ranges::find(stops, word) != stops.end()) return close(std::move(out));
        ARMATURE_TRY(NodePtr done, statement(depth));
        out->kids.push_back(std::move(done));
      }
    }
  }

  Result<NodePtr> statement(int depth) {
    const std::string word = in_.current().text;
    if (word == "if") return if_statement(depth);
    if (word == "for") return for_statement(depth);
    if (word == "set") return set_statement();
    static const std::vector<std::string> kStops = {"endif", "endfor", "else", "elif", "endraw"};
    if (std::ranges::find(kStops, word) != kStops.end()) {
      return in_.error("{% " + word + " %} has nothing to belong to");
    }
    return in_.error("the statement '" + word + "' is not supported: if, for, set and raw are");
  }

  Result<NodePtr> if_statement(int depth) {
    auto node = in_.make(Kind::kIf);
    for (;;) {
      in_.next();  // if or elif
      ARMATURE_TRY(NodePtr condition, in_.tuple());
      ARMATURE_CHECK(end_of_tag());
      ARMATURE_TRY(NodePtr body, block({"elif", "else", "endif"}, depth + 1));
      node->kids.push_back(std::move(condition));
      node->kids.push_back(std::move(body));
      if (in_.current().text == "elif") continue;
      if (in_.current().text == "else") {
        in_.next();
        ARMATURE_CHECK(end_of_tag());
        ARMATURE_TRY(NodePtr otherwise, block({"endif"}, depth + 1));
        node->kids.push_back(std::move(otherwise));
      }
      in_.next();
      ARMATURE_CHECK(end_of_tag());
      return close(std::move(node));
    }
  }

  Result<NodePtr> for_statement(int depth) {
    auto node = in_.make(Kind::kFor);
    in_.next();
    ARMATURE_CHECK(targets(*node));
    if (!in_.take_name("in")) return in_.unexpected("in");
    ARMATURE_TRY(NodePtr iterable, in_.tuple(false));
    NodePtr filter;
    if (in_.take_name("if")) {
      ARMATURE_TRY(filter, in_.expression());
    }
    if (in_.current().text == "recursive") return in_.error("recursive loops are not supported");
    ARMATURE_CHECK(end_of_tag());
    ARMATURE_TRY(NodePtr body, block({"else", "endfor"}, depth + 1));
    NodePtr otherwise;
    if (in_.take_name("else")) {
      ARMATURE_CHECK(end_of_tag());
      ARMATURE_TRY(otherwise, block({"endfor"}, depth + 1));
    }
    in_.next();
    ARMATURE_CHECK(end_of_tag());
    node->kids = {std::move(iterable), std::move(filter), std::move(body), std::move(otherwise)};
    return close(std::move(node));
  }

  Result<NodePtr> set_statement() {
    auto node = in_.make(Kind::kSet);
    in_.next();
    ARMATURE_CHECK(targets(*node));
    if (!in_.take("=")) return in_.unexpected("=");
    ARMATURE_TRY(NodePtr value, in_.tuple());
    ARMATURE_CHECK(end_of_tag());
    node->kids.push_back(std::move(value));
    return close(std::move(node));
  }

  Status targets(Node& node) {
    const bool parens = in_.take("(");
    do {
      const Token& token = in_.current();
      if (token.kind != Token::Kind::kName || is_reserved(token.text)) {
        return in_.unexpected("a name");
      }
      node.names.push_back(token.text);
      in_.next();
    } while (in_.take(","));
    if (parens && !in_.take(")")) return in_.unexpected(")");
    return Ok{};
  }

  Status end_of_tag() {
    if (in_.current().kind != Token::Kind::kTagEnd) return in_.unexpected("%}");
    in_.next();
    return Ok{};
  }
  Result<NodePtr> close(std::shared_ptr<Node> node) { return in_.close(std::move(node)); }
  static std::string wanted(const std::vector<std::string_view>& stops) {
    return "{% " + std::string(stops.back()) + " %}";
  }

  ExpressionParser in_;
};

// Walks the tree in reading order with the names that are bound at each point.
class PathReader {
 public:
  void walk(const Node& node) {
    switch (node.kind) {
      case Kind::kName:
      case Kind::kAttr:
      case Kind::kItem:
        if (std::string path = dotted(node); !path.empty()) add(std::move(path));
        return;
      case Kind::kCall:
        walk_call(node);
        return;
      case Kind::kSet:
        walk_kids(node);
        bound_.insert(bound_.end(), node.names.begin(), node.names.end());
        return;
      case Kind::kFor:
        walk_for(node);
        return;
      default:
        walk_kids(node);
    }
  }
  std::vector<std::string> take() && { return std::move(paths_); }

 private:
  void walk_kids(const Node& node) {
    for (const auto& kid : node.kids) {
      if (kid) walk(*kid);
    }
  }
  void walk_for(const Node& node) {
    walk(*node.kids[0]);
    const std::size_t outer = bound_.size();
    bound_.insert(bound_.end(), node.names.begin(), node.names.end());
    if (node.kids[1]) walk(*node.kids[1]);
    bound_.push_back("loop");
    walk(*node.kids[2]);
    bound_.resize(outer);
    if (node.kids[3]) walk(*node.kids[3]);
    bound_.resize(outer);
  }
  // A method's name is no part of the path, and a function's name is no read.
  void walk_call(const Node& node) {
    const Node& callee = *node.kids[0];
    if (callee.kind == Kind::kAttr) walk(*callee.kids[0]);
    for (std::size_t i = 1; i < node.kids.size(); ++i) walk(*node.kids[i]);
  }
  // "a.b.c" while every step is a fixed name; what lies behind the first other step is walked too.
  std::string dotted(const Node& node) {
    if (node.kind == Kind::kName) {
      return std::ranges::find(bound_, node.text) == bound_.end() ? node.text : std::string();
    }
    if (node.kind != Kind::kAttr && node.kind != Kind::kItem) {
      walk(node);
      return {};
    }
    if (node.kind == Kind::kAttr) {
      const std::string before = prefix(*node.kids[0]);
      return before.empty() ? std::string() : before + "." + node.text;
    }
    const Node& key = *node.kids[1];
    if (key.kind == Kind::kLiteral && key.value.is_string()) {
      const std::string before = prefix(*node.kids[0]);
      return before.empty() ? std::string() : before + "." + std::string(as_text(key.value));
    }
    walk(key);
    if (std::string before = prefix(*node.kids[0]); !before.empty()) add(std::move(before));
    return {};
  }
  // As dotted, but a chain that already ended in an index stays ended.
  std::string prefix(const Node& node) {
    if (node.kind == Kind::kItem) {
      const Node& key = *node.kids[1];
      if (key.kind == Kind::kLiteral && key.value.is_string()) return dotted(node);
      walk(node);
      return {};
    }
    return dotted(node);
  }
  void add(std::string path) {
    if (std::ranges::find(paths_, path) == paths_.end()) paths_.push_back(std::move(path));
  }

  std::vector<std::string> bound_;
  std::vector<std::string> paths_;
};

}  // namespace

Result<NodePtr> parse_template(std::string_view text) {
  ARMATURE_TRY(auto tokens, lex(text));
  return StatementParser(std::move(tokens)).run();
}

std::vector<std::string> read_paths(const Template::Node& root) {
  PathReader reader;
  reader.walk(root);
  return std::move(reader).take();
}

}  // namespace armature::dag
