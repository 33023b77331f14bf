#include "sandbox/template/expression.h"

#include <algorithm>
#include <charconv>
#include <cstddef>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

constexpr std::size_t kMaxLength = 24576;
constexpr int kMaxDepth = 100;

enum class TokenKind {
  kIdentifier,
  kString,
  kInteger,
  kLeftParenthesis,
  kRightParenthesis,
  kLeftSquareBracket,
  kRightSquareBracket,
  kComma,
  kDot,
  kEndOfData,
};

std::string_view token_name(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
      return "Identifier";
    case TokenKind::kString:
      return "StringLiteral";
    case TokenKind::kInteger:
      return "Integer";
    case TokenKind::kLeftParenthesis:
      return "LeftParenthesis";
    case TokenKind::kRightParenthesis:
      return "RightParenthesis";
    case TokenKind::kLeftSquareBracket:
      return "LeftSquareBracket";
    case TokenKind::kRightSquareBracket:
      return "RightSquareBracket";
    case TokenKind::kComma:
      return "Comma";
    case TokenKind::kDot:
      return "Dot";
    case TokenKind::kEndOfData:
      break;
  }
  return "EndOfData";
}

struct Token {
  TokenKind kind = TokenKind::kEndOfData;
  std::string text;
  std::int64_t number = 0;
  std::size_t at = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Outcome<std::vector<Token>> run() {
    std::vector<Token> tokens;
    while (true) {
      while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
      if (at_ == text_.size()) break;
      const std::size_t start = at_;
      ARMATURE_TRY(Token token, next());
      token.at = start;
      tokens.push_back(std::move(token));
    }
    tokens.emplace_back().at = text_.size();
    return tokens;
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  Outcome<Token> next() {
    const char c = text_[at_];
    if (c == '\'') return string();
    if (is_digit(c) || c == '-') return integer();
    if (starts_name(c)) {
      const std::size_t start = at_;
      while (at_ < text_.size() && (starts_name(text_[at_]) || is_digit(text_[at_]))) ++at_;
      return Token{TokenKind::kIdentifier, std::string(text_.substr(start, at_ - start)), 0};
    }
    constexpr std::string_view kSigns = "()[],.";
    constexpr TokenKind kKinds[] = {TokenKind::kLeftParenthesis,
                                    TokenKind::kRightParenthesis,
                                    TokenKind::kLeftSquareBracket,
                                    TokenKind::kRightSquareBracket,
                                    TokenKind::kComma,
                                    TokenKind::kDot};
    const auto sign = kSigns.find(c);
    if (sign == std::string_view::npos) return unexpected();
    ++at_;
    return Token{kKinds[sign], "", 0};
  }

  Outcome<Token> string() {
    const std::size_t start = at_++;
    std::string value;
    while (at_ < text_.size()) {
      if (text_[at_] != '\'') {
        value += text_[at_++];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
        value += '\'';
        at_ += 2;
      } else {
        ++at_;
        return Token{TokenKind::kString, std::move(value), 0};
      }
    }
    return invalid(start, "the string constant at position '" + std::to_string(start) +
                              "' is not terminated. String constants must be enclosed within a "
                              "pair of single quotes.");
  }

  Outcome<Token> integer() {
    const std::size_t start = at_;
    if (text_[at_] == '-') ++at_;
    const std::size_t digits = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    // ARM's scanner takes an exponent letter after a bare sign before it gives up.
    if (at_ == digits && at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) ++at_;
    if (at_ == digits || !is_digit(text_[at_ - 1])) return unexpected();
    if (at_ < text_.size() && starts_name(text_[at_])) return unexpected();
    Token token{TokenKind::kInteger, "", 0};
    const char* first = text_.data() + start;
    const char* last = text_.data() + at_;
    if (std::from_chars(first, last, token.number).ec != std::errc()) {
      return invalid(start, "the number '" + std::string(first, last) + "' at position '" +
                                std::to_string(start) + "' is out of range.");
    }
    return token;
  }

  TemplateError unexpected() const {
    if (at_ >= text_.size()) return invalid(at_, "the expression ends too early.");
    std::size_t end = at_ + 1;  // of the character: more than a byte outside ASCII
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xC0) == 0x80) ++end;
    return invalid(at_, "the string character '" + std::string(text_.substr(at_, end - at_)) +
                            "' at position '" + std::to_string(at_) + "' is not expected.");
  }
  TemplateError invalid(std::size_t at, const std::string& why) const {
    TemplateError error = invalid_template("The language expression '" + std::string(text_) +
                                           "' is not valid: " + why);
    error.offset = at;
    return error;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

class Parser {
 public:
  Parser(std::string_view text, std::vector<Token> tokens)
      : text_(text), tokens_(std::move(tokens)) {}

  Outcome<Node> run() {
    ARMATURE_TRY(Node node, expression(0));
    if (peek() != TokenKind::kEndOfData) return expected(TokenKind::kEndOfData);
    return node;
  }

 private:
  TokenKind peek(std::size_t ahead = 0) const {
    return at_ + ahead < tokens_.size() ? tokens_[at_ + ahead].kind : TokenKind::kEndOfData;
  }
  Token take() { return std::move(tokens_[at_++]); }

  Outcome<Node> expression(int depth) {
    if (depth > kMaxDepth) {
      return invalid_template("The language expression '" + std::string(text_) +
                              "' is not valid: it is nested too deeply.");
    }
    ARMATURE_TRY(Node node, primary(depth));
    for (int level = depth;;) {
      if (peek() != TokenKind::kDot && peek() != TokenKind::kLeftSquareBracket) return node;
      if (++level > kMaxDepth) return invalid_template("The language expression is too deep.");
      ARMATURE_TRY(node, accessed(std::move(node), depth));
    }
  }

  Outcome<Node> accessed(Node base, int depth) {
    Node node;
    const bool dot = take().kind == TokenKind::kDot;
    node.kind = dot ? NodeKind::kMember : NodeKind::kIndex;
    node.children.push_back(std::move(base));
    if (dot) {
      if (peek() != TokenKind::kIdentifier) return expected(TokenKind::kIdentifier);
      node.text = take().text;
      return node;
    }
    ARMATURE_TRY(Node index, expression(depth + 1));
    if (peek() != TokenKind::kRightSquareBracket) return expected(TokenKind::kRightSquareBracket);
    take();
    node.children.push_back(std::move(index));
    return node;
  }

  Outcome<Node> primary(int depth) {
    Node node;
    node.at = tokens_[at_].at;
    if (peek() == TokenKind::kString) {
      node.text = take().text;
      return node;
    }
    if (peek() == TokenKind::kInteger) {
      node.kind = NodeKind::kInteger;
      node.number = take().number;
      return node;
    }
    if (peek() != TokenKind::kIdentifier) return expected(TokenKind::kIdentifier);
    node.kind = NodeKind::kCall;
    node.text = take().text;
    if (peek() == TokenKind::kDot && peek(1) == TokenKind::kIdentifier) {
      take();
      node.name_space = std::move(node.text);
      node.text = take().text;
    }
    if (peek() != TokenKind::kLeftParenthesis) return expected(TokenKind::kLeftParenthesis);
    take();
    while (peek() != TokenKind::kRightParenthesis) {
      ARMATURE_TRY(Node argument, expression(depth + 1));
      node.children.push_back(std::move(argument));
      if (peek() == TokenKind::kRightParenthesis) break;
      if (peek() != TokenKind::kComma) return expected(TokenKind::kRightParenthesis);
      take();
      if (peek() == TokenKind::kRightParenthesis) return expected(TokenKind::kIdentifier);
    }
    take();
    return node;
  }

  TemplateError expected(TokenKind kind) const {
    TemplateError error = invalid_template(
        "Unable to parse language expression '" + std::string(text_) + "': expected token '" +
        std::string(token_name(kind)) + "' and actual '" + std::string(token_name(peek())) + "'.");
    error.offset = tokens_[std::min(at_, tokens_.size() - 1)].at;
    return error;
  }

  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

}  // namespace

TemplateError invalid_template(std::string message) {
  return {"InvalidTemplate", std::move(message), ""};
}

bool is_expression(std::string_view text) {
  return text.size() >= 2 && text.front() == '[' && text.back() == ']' && text[1] != '[';
}

std::string unescape(std::string_view text) {
  if (text.starts_with("[[") && text.ends_with(']')) text.remove_prefix(1);
  return std::string(text);
}

std::string escape_literal(std::string text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') text.insert(0, "[");
  return text;
}

Outcome<Node> parse_expression(std::string_view inside) {
  if (inside.size() > kMaxLength) {
    return invalid_template("The language expression is " + std::to_string(inside.size()) +
                            " characters long; the limit is '" + std::to_string(kMaxLength) +
                            "' characters.");
  }
  ARMATURE_TRY(std::vector<Token> tokens, Lexer(inside).run());
  return Parser(inside, std::move(tokens)).run();
}

std::string print_expression(const Node& node) {
  switch (node.kind) {
    case NodeKind::kInteger:
      return std::to_string(node.number);
    case NodeKind::kMember:
      return print_expression(node.children[0]) + "." + node.text;
    case NodeKind::kIndex:
      return print_expression(node.children[0]) + "[" + print_expression(node.children[1]) + "]";
    case NodeKind::kCall: {
      std::string out = node.name_space.empty() ? "" : node.name_space + ".";
      out += node.text + "(";
      for (std::size_t i = 0; i < node.children.size(); ++i) {
        out += (i > 0 ? ", " : "") + print_expression(node.children[i]);
      }
      return out + ")";
    }
    case NodeKind::kString:
      break;
  }
  std::string out = "'";
  for (const char c : node.text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + "'";
}

Node literal_node(const Json& value) {
  Node node;
  if (const auto* text = value.if_string()) {
    node.text = std::string(*text);
  } else if (const auto* number = value.if_int64()) {
    node.kind = NodeKind::kInteger;
    node.number = *number;
  } else {
    node.kind = NodeKind::kCall;
    node.text = "json";
    Node argument;
    argument.text = json_text(value);
    node.children.push_back(std::move(argument));
  }
  return node;
}

}  // namespace armature::sandbox::tmpl
