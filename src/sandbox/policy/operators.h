#pragma once
// The condition operators of Azure Policy, on values.
//
//   holds     "left OP right"; a missing field is null, and null counts as the empty text
//   Case      text compares without regard to case, but for match and notMatch
//   Types     text equals a number or a bool that is written the same; less, greater and their like
//             want two numbers, two dates or two texts
//   Errors    TemplateError of code InvalidPolicyRule: values that cannot be compared. ARM then
//             denies the request
//   Source    learn.microsoft.com, "Azure Policy definition structure: policy rule"
//   Threads   pure
#include <optional>
#include <string_view>

#include "base/json.h"
#include "sandbox/template/template.h"

namespace armature::sandbox::policy {

enum class Operator {
  kEquals,
  kNotEquals,
  kLike,
  kNotLike,
  kMatch,
  kNotMatch,
  kMatchInsensitively,
  kNotMatchInsensitively,
  kContains,
  kNotContains,
  kIn,
  kNotIn,
  kContainsKey,
  kNotContainsKey,
  kLess,
  kLessOrEquals,
  kGreater,
  kGreaterOrEquals,
  kExists,
};

std::optional<Operator> operator_of(std::string_view name);  // without regard to case
std::string_view name_of(Operator op);                       // "Equals", as evaluations print it
tmpl::Outcome<bool> holds(Operator op, const Json& left, const Json& right);
bool same_ci(const Json& a, const Json& b);  // what kEquals says

tmpl::TemplateError invalid_rule(std::string message);

}  // namespace armature::sandbox::policy
