#include <charconv>

#include "arm/known_values.h"

namespace armature::arm {
namespace {

constexpr std::size_t kLongest = 24'576;
constexpr int kDeepest = 64;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::optional<ExpressionNode> whole() {
    auto node = expression(0);
    skip();
    return node && at_ == text_.size() ? std::move(node) : std::nullopt;
  }

 private:
  using Node = ExpressionNode;

  void skip() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }
  bool take(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string word() {
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_letter(text_[at_])) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::optional<Node> expression(int depth) {
    if (depth > kDeepest) return std::nullopt;
    auto node = primary(depth);
    while (node) {
      if (take('.')) {
        Node member{Node::Kind::kMember, word(), 0, {}};
        if (member.text.empty()) return std::nullopt;
        member.children.push_back(*std::move(node));
        node = std::move(member);
      } else if (take('[')) {
        auto index = expression(depth + 1);
        if (!index || !take(']')) return std::nullopt;
        Node of{Node::Kind::kIndex, "", 0, {}};
        of.children.push_back(*std::move(node));
        of.children.push_back(*std::move(index));
        node = std::move(of);
      } else {
        break;
      }
    }
    return node;
  }

  std::optional<Node> primary(int depth) {
    skip();
    if (at_ >= text_.size()) return std::nullopt;
    if (text_[at_] == '\'') return quoted();
    if (text_[at_] == '-' || (text_[at_] >= '0' && text_[at_] <= '9')) return number();
    Node call{Node::Kind::kCall, word(), 0, {}};
    if (call.text.empty()) return std::nullopt;
    if (take('.')) call.text += "." + word();
    if (!take('(')) return std::nullopt;
    if (take(')')) return call;
    do {
      auto argument = expression(depth + 1);
      if (!argument) return std::nullopt;
      call.children.push_back(*std::move(argument));
    } while (take(','));
    return take(')') ? std::optional(std::move(call)) : std::nullopt;
  }

  std::optional<Node> quoted() {
    Node node;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\'') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '\'') {
          ++at_;
          return node;
        }
        ++at_;
      }
      node.text += text_[at_];
    }
    return std::nullopt;
  }

  std::optional<Node> number() {
    Node node{Node::Kind::kNumber, "", 0, {}};
    const char* const end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(text_.data() + at_, end, node.number);
    if (error != std::errc()) return std::nullopt;
    at_ = static_cast<std::size_t>(stop - text_.data());
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<ExpressionNode> read_expression(std::string_view text) {
  const bool is_one = text.size() > 2 && text.size() <= kLongest && text.front() == '[' &&
                      text[1] != '[' && text.back() == ']';
  return is_one ? Reader(text.substr(1, text.size() - 2)).whole() : std::nullopt;
}

}  // namespace armature::arm
