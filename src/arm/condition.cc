#include "arm/condition.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "arm/role.h"
#include "base/bytes.h"
#include "base/time.h"

namespace armature::arm {
namespace {

using Node = Condition::Node;
// Nothing: it cannot be said. Not(nothing) is nothing, so a negation never turns it into a right.
using Truth = std::optional<bool>;

std::optional<std::string> text_of(const Json& value) {
  return value.is_string() ? std::optional(std::string(as_text(value))) : std::nullopt;
}

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.to_number<double>();
  const auto text = text_of(value);
  double out = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return out;
}

std::optional<bool> bool_of(const Json& value) {
  if (value.is_bool()) return value.get_bool();
  const auto text = text_of(value);
  if (text && equal_ci(*text, "true")) return true;
  if (text && equal_ci(*text, "false")) return false;
  return std::nullopt;
}

std::optional<std::string> guid_of(const Json& value) {
  auto text = text_of(value);
  if (!text) return std::nullopt;
  std::string out = to_lower(trim(*text));
  if (out.starts_with('{') && out.ends_with('}')) out = out.substr(1, out.size() - 2);
  if (is_uuid(out)) std::erase(out, '-');
  const bool hex = out.size() == 32 && from_hex(out);
  return hex ? std::optional(out) : std::nullopt;
}

std::optional<Instant> time_of(const Json& value) {
  const auto text = text_of(value);
  if (!text) return std::nullopt;
  const auto at = from_rfc3339(*text);
  return at ? std::optional(*at) : std::nullopt;
}

// "09:30", "09:30:15", "09:30:15.5", or the time of day of an instant, in UTC.
std::optional<Micros> time_of_day(const Json& value) {
  const auto text = text_of(value);
  if (!text) return std::nullopt;
  const bool bare = text->size() >= 5 && (*text)[2] == ':';
  const bool minutes_only = text->size() == 5;
  const auto at =
      from_rfc3339(bare ? "1970-01-01T" + *text + (minutes_only ? ":00Z" : "Z") : *text);
  if (!at) return std::nullopt;
  return *at - std::chrono::floor<std::chrono::days>(*at);
}

// "*" many, "?" one, a backslash before either takes it as it is.
bool like(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = pattern.npos, resume = 0;
  while (t < text.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\' &&
                         (pattern[p + 1] == '*' || pattern[p + 1] == '?');
    if (escaped && pattern[p + 1] == text[t]) {
      p += 2;
      ++t;
    } else if (!escaped && p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      resume = t;
    } else if (!escaped && p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

template <class T>
Truth ordered(Node::Relation relation, const std::optional<T>& a, const std::optional<T>& b) {
  if (!a || !b) return std::nullopt;
  switch (relation) {
    case Node::Relation::kEqual:
      return *a == *b;
    case Node::Relation::kLess:
      return *a < *b;
    case Node::Relation::kLessEqual:
      return *a <= *b;
    case Node::Relation::kGreater:
      return *a > *b;
    case Node::Relation::kGreaterEqual:
      return *a >= *b;
    default:
      return std::nullopt;
  }
}

Truth compare_texts(const Node& node, const Json& left, const Json& right) {
  auto a = text_of(left), b = text_of(right);
  if (!a || !b) return std::nullopt;
  if (node.ignore_case) {
    a = to_lower(*a);
    b = to_lower(*b);
  }
  if (node.relation == Node::Relation::kStarts) return a->starts_with(*b);
  if (node.relation == Node::Relation::kLike) return like(*b, *a);
  return *a == *b;
}

Truth compare(const Node& node, const Json& left, const Json& right) {
  const auto plain = [&]() -> Truth {
    switch (node.type) {
      case Node::Type::kBool:
        return ordered(node.relation, bool_of(left), bool_of(right));
      case Node::Type::kString:
        return compare_texts(node, left, right);
      case Node::Type::kNumeric:
        return ordered(node.relation, number_of(left), number_of(right));
      case Node::Type::kDateTime:
        return ordered(node.relation, time_of(left), time_of(right));
      case Node::Type::kTimeOfDay:
        return ordered(node.relation, time_of_day(left), time_of_day(right));
      case Node::Type::kGuid:
        return ordered(node.relation, guid_of(left), guid_of(right));
    }
    return std::nullopt;
  }();
  return plain && node.negated ? Truth(!*plain) : plain;
}

// The values of an operand; nothing when its attribute is not there.
std::optional<std::vector<Json>> values_of(const Condition::Operand& operand,
                                           const ConditionFacts& facts) {
  if (operand.attribute.empty()) return operand.values;
  const auto found = facts.attributes.find(operand.attribute);
  if (found == facts.attributes.end() || found->second.is_null()) return std::nullopt;
  if (!found->second.is_array()) return std::vector<Json>{found->second};
  const JsonArray& list = found->second.get_array();
  if (list.empty()) return std::nullopt;
  return std::vector<Json>(list.begin(), list.end());
}

Truth fold(bool all, std::size_t count, const auto& truth_at) {
  bool out = all;
  for (std::size_t i = 0; i < count; ++i) {
    const Truth one = truth_at(i);
    if (!one) return std::nullopt;
    out = all ? out && *one : out || *one;
  }
  return out;
}

Truth in_range(const Json& value, const std::vector<Json>& range) {
  const auto at = time_of_day(value), from = time_of_day(range[0]), to = time_of_day(range[1]);
  if (!at || !from || !to) return std::nullopt;
  return *from <= *to ? *from <= *at && *at <= *to : *from <= *at || *at <= *to;
}

Truth compare(const Node& node, const ConditionFacts& facts) {
  const auto left = values_of(node.lhs, facts);
  const auto right = values_of(node.rhs, facts);
  if (!left || !right) return false;
  if (node.relation == Node::Relation::kRange) {
    return left->size() == 1 && right->size() == 2 ? in_range(left->front(), *right) : std::nullopt;
  }
  if (!node.quantified) {
    if (left->size() != 1 || right->size() != 1) return std::nullopt;
    return compare(node, left->front(), right->front());
  }
  return fold(node.all_left, left->size(), [&](std::size_t i) {
    return fold(node.all_right, right->size(),
                [&](std::size_t j) { return compare(node, (*left)[i], (*right)[j]); });
  });
}

Truth join(bool is_and, Truth a, Truth b) {
  const Truth decisive = !is_and;  // false decides AND, true decides OR
  if (a == decisive || b == decisive) return decisive;
  if (!a || !b) return std::nullopt;
  return is_and;
}

}  // namespace

void ConditionFacts::set(std::string_view source, std::string_view path, Json value) {
  attributes.insert_or_assign(to_lower(source) + "[" + to_lower(path) + "]", std::move(value));
}

bool Condition::holds(const ConditionFacts& facts) const {
  std::vector<Truth> truths;
  truths.reserve(nodes_.size());
  for (const Node& node : nodes_) {
    switch (node.kind) {
      case Node::Kind::kAnd:
      case Node::Kind::kOr:
        truths.push_back(
            join(node.kind == Node::Kind::kAnd, truths[node.left], truths[node.right]));
        break;
      case Node::Kind::kNot: {
        const Truth inner = truths[node.left];
        truths.push_back(inner ? Truth(!*inner) : std::nullopt);
        break;
      }
      case Node::Kind::kAction:
        truths.push_back(covers(node.text, facts.action));
        break;
      case Node::Kind::kSubOperation:
        truths.push_back(equal_ci(node.text, facts.sub_operation));
        break;
      case Node::Kind::kExists: {
        const bool there = facts.attributes.contains(node.text);
        truths.push_back(there != node.negated);
        break;
      }
      case Node::Kind::kCompare:
        truths.push_back(compare(node, facts));
        break;
    }
  }
  return !truths.empty() && truths.back() == Truth(true);
}

}  // namespace armature::arm
