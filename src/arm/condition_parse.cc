// The condition language read into nodes: a descent over words, marks, quoted texts and attributes.
#include <array>
#include <charconv>
#include <optional>

#include "arm/condition.h"
#include "base/bytes.h"

namespace armature::arm {
namespace {

using Node = Condition::Node;
using Operand = Condition::Operand;

constexpr int kMaxDepth = 64;

struct Comparison {
  std::string_view name;  // in lower case
  Node::Type type;
  Node::Relation relation;
  bool negated;
  bool ignore_case;
};
using Type = Node::Type;
using Relation = Node::Relation;
constexpr std::array kComparisons = {
    Comparison{"boolequals",                    Type::kBool,      Relation::kEqual,        false, false},
    Comparison{"boolnotequals",                 Type::kBool,      Relation::kEqual,        true,  false},
    Comparison{"stringequals",                  Type::kString,    Relation::kEqual,        false, false},
    Comparison{"stringnotequals",               Type::kString,    Relation::kEqual,        true,  false},
    Comparison{"stringequalsignorecase",        Type::kString,    Relation::kEqual,        false, true },
    Comparison{"stringnotequalsignorecase",     Type::kString,    Relation::kEqual,        true,  true },
    Comparison{"stringstartswith",              Type::kString,    Relation::kStarts,       false, false},
    Comparison{"stringnotstartswith",           Type::kString,    Relation::kStarts,       true,  false},
    Comparison{"stringstartswithignorecase",    Type::kString,    Relation::kStarts,       false, true },
    Comparison{"stringnotstartswithignorecase", Type::kString,    Relation::kStarts,       true,  true },
    Comparison{"stringlike",                    Type::kString,    Relation::kLike,         false, false},
    Comparison{"stringnotlike",                 Type::kString,    Relation::kLike,         true,  false},
    Comparison{"stringlikeignorecase",          Type::kString,    Relation::kLike,         false, true },
    Comparison{"stringnotlikeignorecase",       Type::kString,    Relation::kLike,         true,  true },
    Comparison{"numericequals",                 Type::kNumeric,   Relation::kEqual,        false, false},
    Comparison{"numericnotequals",              Type::kNumeric,   Relation::kEqual,        true,  false},
    Comparison{"numericlessthan",               Type::kNumeric,   Relation::kLess,         false, false},
    Comparison{"numericlessthanequals",         Type::kNumeric,   Relation::kLessEqual,    false, false},
    Comparison{"numericgreaterthan",            Type::kNumeric,   Relation::kGreater,      false, false},
    Comparison{"numericgreaterthanequals",      Type::kNumeric,   Relation::kGreaterEqual, false, false},
    Comparison{"datetimeequals",                Type::kDateTime,  Relation::kEqual,        false, false},
    Comparison{"datetimenotequals",             Type::kDateTime,  Relation::kEqual,        true,  false},
    Comparison{"datetimelessthan",              Type::kDateTime,  Relation::kLess,         false, false},
    Comparison{"datetimelessthanequals",        Type::kDateTime,  Relation::kLessEqual,    false, false},
    Comparison{"datetimegreaterthan",           Type::kDateTime,  Relation::kGreater,      false, false},
    Comparison{"datetimegreaterthanequals",     Type::kDateTime,  Relation::kGreaterEqual, false, false},
    Comparison{"timeofdayequals",               Type::kTimeOfDay, Relation::kEqual,        false, false},
    Comparison{"timeofdaynotequals",            Type::kTimeOfDay, Relation::kEqual,        true,  false},
    Comparison{"timeofdaylessthan",             Type::kTimeOfDay, Relation::kLess,         false, false},
    Comparison{"timeofdaylessthanequals",       Type::kTimeOfDay, Relation::kLessEqual,    false, false},
    Comparison{"timeofdaygreaterthan",          Type::kTimeOfDay, Relation::kGreater,      false, false},
    Comparison{"timeofdaygreaterthanequals",    Type::kTimeOfDay, Relation::kGreaterEqual, false,
               false                                                                                   },
    Comparison{"timeofdayinrange",              Type::kTimeOfDay, Relation::kRange,        false, false},
    Comparison{"guidequals",                    Type::kGuid,      Relation::kEqual,        false, false},
    Comparison{"guidnotequals",                 Type::kGuid,      Relation::kEqual,        true,  false},
};

struct Quantifier {
  std::string_view name;
  bool all_left;
  bool all_right;
};
constexpr std::array kQuantifiers = {
    Quantifier{"foranyofanyvalues:", false, false},
    Quantifier{"forallofanyvalues:", true,  false},
    Quantifier{"foranyofallvalues:", false, true },
    Quantifier{"forallofallvalues:", true,  true },
};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == ':' || c == '-' || c == '.' || c == '+';
}

// Guids may come without their dashes; numbers and booleans are bare words.
std::optional<Json> value_of_word(const std::string& word) {
  if (equal_ci(word, "true")) return Json(true);
  if (equal_ci(word, "false")) return Json(false);
  if (is_uuid(word)) return Json(to_lower(word));
  if (word.size() == 32 && from_hex(word)) return Json(to_lower(word));
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error == std::errc() && end == word.data() + word.size()) return Json(number);
  return std::nullopt;
}

}  // namespace

class ConditionParser {
 public:
  explicit ConditionParser(std::string_view text) : text_(text) {}

  Result<Condition> parse() {
    if (text_.size() > Condition::kMaxSize) return fail(Code::kInvalid, "it exceeds 8 KB");
    ARMATURE_TRY(const std::size_t root, expression(0));
    (void)root;  // the last node
    if (!at_end()) return wrong("the end");
    return std::move(out_);
  }

 private:
  Error wrong(std::string_view expected) const {
    return fail(Code::kInvalid,
                "expected " + std::string(expected) + " at position " + std::to_string(at_));
  }
  void skip_blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) ++at_;
  }
  bool at_end() {
    skip_blanks();
    return at_ == text_.size();
  }
  bool take(std::string_view mark) {
    skip_blanks();
    if (!text_.substr(at_).starts_with(mark)) return false;
    at_ += mark.size();
    return true;
  }
  std::string_view peek_word() {
    skip_blanks();
    std::size_t end = at_;
    while (end < text_.size() && is_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }
  bool take_word(std::string_view word) {
    if (!equal_ci(peek_word(), word)) return false;
    at_ += word.size();
    return true;
  }
  std::size_t add(Node node) {
    out_.nodes_.push_back(std::move(node));
    return out_.nodes_.size() - 1;
  }

  // Terms joined by one operator: AND beside OR needs parentheses.
  Result<std::size_t> expression(int depth) {
    if (depth > kMaxDepth) return fail(Code::kInvalid, "it is nested too deep");
    ARMATURE_TRY(std::size_t left, term(depth));
    std::optional<Node::Kind> joined;
    while (true) {
      Node node;
      if (take("&&") || take_word("AND")) {
        node.kind = Node::Kind::kAnd;
      } else if (take("||") || take_word("OR")) {
        node.kind = Node::Kind::kOr;
      } else {
        return left;
      }
      if (joined && *joined != node.kind) return wrong("parentheses around AND beside OR");
      joined = node.kind;
      node.left = left;
      ARMATURE_TRY(node.right, term(depth));
      left = add(std::move(node));
    }
  }

  Result<std::size_t> term(int depth) {
    if (depth > kMaxDepth) return fail(Code::kInvalid, "it is nested too deep");
    if (take("!") || take_word("NOT")) {
      Node node;
      node.kind = Node::Kind::kNot;
      ARMATURE_TRY(node.left, term(depth + 1));
      return add(std::move(node));
    }
    if (take("(")) {
      ARMATURE_TRY(const std::size_t inner, expression(depth + 1));
      if (!take(")")) return wrong("')'");
      return inner;
    }
    Node node;
    if (take_word("ActionMatches")) {
      node.kind = Node::Kind::kAction;
      ARMATURE_TRY(node.text, braced_text());
      return add(std::move(node));
    }
    if (take_word("SubOperationMatches")) {
      node.kind = Node::Kind::kSubOperation;
      ARMATURE_TRY(node.text, braced_text());
      return add(std::move(node));
    }
    node.negated = equal_ci(peek_word(), "NotExists");
    if (take_word("Exists") || take_word("NotExists")) {
      node.kind = Node::Kind::kExists;
      ARMATURE_TRY(node.text, attribute());
      return add(std::move(node));
    }
    return comparison();
  }

  Result<std::size_t> comparison() {
    Node node;
    node.kind = Node::Kind::kCompare;
    ARMATURE_TRY(node.lhs, operand());
    std::string name = to_lower(peek_word());
    const std::size_t place = at_;
    at_ += name.size();
    for (const Quantifier& quantifier : kQuantifiers) {
      if (!name.starts_with(quantifier.name)) continue;
      node.quantified = true;
      node.all_left = quantifier.all_left;
      node.all_right = quantifier.all_right;
      name.erase(0, quantifier.name.size());
    }
    const auto found = std::ranges::find(kComparisons, std::string_view(name), &Comparison::name);
    if (found == kComparisons.end()) {
      at_ = place;
      return wrong("a comparison");
    }
    node.type = found->type;
    node.relation = found->relation;
    node.negated = found->negated;
    node.ignore_case = found->ignore_case;
    ARMATURE_TRY(node.rhs, operand());
    const bool range = node.relation == Node::Relation::kRange;
    if (range && (node.quantified || node.rhs.values.size() != 2)) return wrong("a range of two");
    if (node.lhs.attribute.empty() && node.rhs.attribute.empty()) return wrong("an attribute");
    return add(std::move(node));
  }

  Result<Operand> operand() {
    Operand out;
    skip_blanks();
    if (text_.substr(at_).starts_with('@')) {
      ARMATURE_TRY(out.attribute, attribute());
      return out;
    }
    if (!take("{")) {
      ARMATURE_TRY(auto single, value());
      out.values.push_back(std::move(single));
      return out;
    }
    out.is_set = true;
    do {
      ARMATURE_TRY(auto one, value());
      out.values.push_back(std::move(one));
    } while (take(","));
    if (!take("}")) return wrong("'}'");
    return out;
  }

  Result<Json> value() {
    skip_blanks();
    if (text_.substr(at_).starts_with('\'')) {
      ARMATURE_TRY(auto quoted, quoted_text());
      return Json(std::move(quoted));
    }
    const std::string word(peek_word());
    auto out = value_of_word(word);
    if (!out) return wrong("a value");
    at_ += word.size();
    return *std::move(out);
  }

  // A quote inside is doubled or escaped; other escapes stay: StringLike reads \* and \?.
  Result<std::string> quoted_text() {
    if (!take("'")) return wrong("a quoted text");
    std::string out;
    for (; at_ < text_.size(); ++at_) {
      const bool pair = at_ + 1 < text_.size() && text_[at_ + 1] == '\'';
      if (pair && (text_[at_] == '\'' || text_[at_] == '\\')) {
        ++at_;
      } else if (text_[at_] == '\'') {
        ++at_;
        return out;
      }
      out += text_[at_];
    }
    return wrong("a closing quote");
  }

  Result<std::string> braced_text() {
    if (!take("{")) return wrong("'{'");
    ARMATURE_TRY(auto out, quoted_text());
    if (!take("}")) return wrong("'}'");
    return out;
  }

  Result<std::string> attribute() {
    if (!take("@")) return wrong("an attribute");
    const std::string source = to_lower(peek_word());
    constexpr std::array<std::string_view, 4> kSources = {"request", "resource", "principal",
                                                          "environment"};
    if (std::ranges::find(kSources, source) == kSources.end()) {
      return wrong("Request, Resource, Principal or Environment");
    }
    at_ += source.size();
    if (!take("[")) return wrong("'['");
    const std::size_t end = text_.find(']', at_);
    const auto path = trim(text_.substr(at_, end == text_.npos ? 0 : end - at_));
    if (path.empty()) return wrong("an attribute's name and ']'");
    at_ = end + 1;
    return source + "[" + to_lower(path) + "]";
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Condition out_;
};

Result<Condition> Condition::parse(std::string_view text) { return ConditionParser(text).parse(); }

}  // namespace armature::arm
