#include "sandbox/policy/operators.h"

#include <algorithm>
#include <array>

#include "arm/role.h"
#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::policy {
namespace {

using tmpl::Outcome;

struct Row {
  std::string_view name;
  Operator op;
};
constexpr std::array kRows = {
    Row{"Equals",                Operator::kEquals               },
    Row{"NotEquals",             Operator::kNotEquals            },
    Row{"Like",                  Operator::kLike                 },
    Row{"NotLike",               Operator::kNotLike              },
    Row{"Match",                 Operator::kMatch                },
    Row{"NotMatch",              Operator::kNotMatch             },
    Row{"MatchInsensitively",    Operator::kMatchInsensitively   },
    Row{"NotMatchInsensitively", Operator::kNotMatchInsensitively},
    Row{"Contains",              Operator::kContains             },
    Row{"NotContains",           Operator::kNotContains          },
    Row{"In",                    Operator::kIn                   },
    Row{"NotIn",                 Operator::kNotIn                },
    Row{"ContainsKey",           Operator::kContainsKey          },
    Row{"NotContainsKey",        Operator::kNotContainsKey       },
    Row{"Less",                  Operator::kLess                 },
    Row{"LessOrEquals",          Operator::kLessOrEquals         },
    Row{"Greater",               Operator::kGreater              },
    Row{"GreaterOrEquals",       Operator::kGreaterOrEquals      },
    Row{"Exists",                Operator::kExists               },
};

bool is_scalar(const Json& value) { return !value.is_object() && !value.is_array(); }

std::string scalar_text(const Json& value) {
  return value.is_null() ? std::string() : tmpl::plain_text(value);
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// '#' a digit, '?' a letter, '.' any character, everything else itself.
bool matches(std::string_view text, std::string_view pattern, bool insensitively) {
  if (text.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char p = pattern[i];
    if (p == '.') continue;
    if (p == '#' || p == '?') {
      if (p == '#' ? !(c >= '0' && c <= '9') : !is_letter(c)) return false;
      continue;
    }
    const bool same = insensitively ? equal_ci(text.substr(i, 1), pattern.substr(i, 1)) : c == p;
    if (!same) return false;
  }
  return true;
}

bool contains(const Json& left, const Json& right) {
  if (const auto* array = left.if_array()) {
    return std::ranges::any_of(*array, [&](const Json& one) { return same_ci(one, right); });
  }
  if (left.is_null() || !is_scalar(left) || !is_scalar(right)) return false;
  const std::string text = tmpl::lower_invariant(scalar_text(left));
  return text.find(tmpl::lower_invariant(scalar_text(right))) != std::string::npos;
}

Outcome<bool> is_in(const Json& left, const Json& right) {
  const auto* array = right.if_array();
  if (array == nullptr) {
    return invalid_rule("The operators 'in' and 'notIn' expect an array, not a value of type '" +
                        tmpl::type_name(right) + "'.");
  }
  return std::ranges::any_of(*array, [&](const Json& one) { return same_ci(left, one); });
}

// -1, 0, 1.
Outcome<int> order(const Json& left, const Json& right) {
  const auto sign = [](auto a, auto b) { return a < b ? -1 : (a > b ? 1 : 0); };
  if (left.is_number() && right.is_number()) {
    if (left.is_int64() && right.is_int64()) return sign(left.get_int64(), right.get_int64());
    return sign(left.to_number<double>(), right.to_number<double>());
  }
  if (left.is_string() && right.is_string()) {
    const auto a = from_rfc3339(as_text(left));
    const auto b = from_rfc3339(as_text(right));
    if (a && b) return sign(*a, *b);
    return sign(tmpl::lower_invariant(as_text(left)), tmpl::lower_invariant(as_text(right)));
  }
  return invalid_rule("Values of type '" + tmpl::type_name(left) + "' and '" +
                      tmpl::type_name(right) + "' cannot be compared by order.");
}

Outcome<bool> ordered(Operator op, const Json& left, const Json& right) {
  if (left.is_null()) return false;
  ARMATURE_TRY(const int side, order(left, right));
  switch (op) {
    case Operator::kLess:
      return side < 0;
    case Operator::kLessOrEquals:
      return side <= 0;
    case Operator::kGreater:
      return side > 0;
    default:
      return side >= 0;
  }
}

Outcome<bool> exists(const Json& left, const Json& right) {
  const bool yes = same_ci(right, Json(true));
  if (!yes && !same_ci(right, Json(false))) {
    return invalid_rule("The operator 'exists' expects true or false.");
  }
  return left.is_null() != yes;
}

// The operator without its "not", and whether there was one.
struct Plain {
  Operator op;
  bool negated;
};
Plain plain(Operator op) {
  switch (op) {
    case Operator::kNotEquals:
      return {Operator::kEquals, true};
    case Operator::kNotLike:
      return {Operator::kLike, true};
    case Operator::kNotMatch:
      return {Operator::kMatch, true};
    case Operator::kNotMatchInsensitively:
      return {Operator::kMatchInsensitively, true};
    case Operator::kNotContains:
      return {Operator::kContains, true};
    case Operator::kNotIn:
      return {Operator::kIn, true};
    case Operator::kNotContainsKey:
      return {Operator::kContainsKey, true};
    default:
      return {op, false};
  }
}

Outcome<bool> affirmed(Operator op, const Json& left, const Json& right) {
  switch (op) {
    case Operator::kEquals:
      return same_ci(left, right);
    case Operator::kLike:
      return is_scalar(left) && is_scalar(right) && !left.is_null() &&
             arm::covers(scalar_text(right), scalar_text(left));
    case Operator::kMatch:
    case Operator::kMatchInsensitively:
      return is_scalar(left) && is_scalar(right) && !left.is_null() &&
             matches(scalar_text(left), scalar_text(right), op == Operator::kMatchInsensitively);
    case Operator::kContains:
      return contains(left, right);
    case Operator::kIn:
      return is_in(left, right);
    case Operator::kContainsKey:
      return left.is_object() && is_scalar(right) &&
             find_ci(left.get_object(), scalar_text(right)) != nullptr;
    case Operator::kExists:
      return exists(left, right);
    default:
      return ordered(op, left, right);
  }
}

}  // namespace

tmpl::TemplateError invalid_rule(std::string message) {
  return {"InvalidPolicyRule", std::move(message), ""};
}

std::optional<Operator> operator_of(std::string_view name) {
  for (const Row& row : kRows) {
    if (equal_ci(row.name, name)) return row.op;
  }
  return std::nullopt;
}

std::string_view name_of(Operator op) { return std::ranges::find(kRows, op, &Row::op)->name; }

bool same_ci(const Json& a, const Json& b) {
  if (is_scalar(a) && is_scalar(b)) {
    if (a.is_number() && b.is_number()) return a.to_number<double>() == b.to_number<double>();
    return tmpl::lower_invariant(scalar_text(a)) == tmpl::lower_invariant(scalar_text(b));
  }
  if (a.kind() != b.kind()) return false;
  if (const auto* left = a.if_array()) {
    return std::ranges::equal(*left, b.get_array(), same_ci);
  }
  const auto& left = a.get_object();
  const auto& right = b.get_object();
  return left.size() == right.size() && std::ranges::all_of(left, [&](const auto& member) {
           const Json* other = find_ci(right, member.key());
           return other != nullptr && same_ci(member.value(), *other);
         });
}

tmpl::Outcome<bool> holds(Operator op, const Json& left, const Json& right) {
  const Plain bare = plain(op);
  ARMATURE_TRY(const bool yes, affirmed(bare.op, left, right));
  return yes != bare.negated;
}

}  // namespace armature::sandbox::policy
