// Logical and comparison functions, conversions between simple types.
#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

Outcome<bool> truth(Evaluator& evaluator, const Node& call, std::size_t index) {
  ARMATURE_TRY(Json value, evaluator.node(call.children[index]));
  if (const auto* flag = value.if_bool()) return *flag;
  return wrong_argument(
      call.text,
      "its parameter at position '" + std::to_string(index + 1) + "' to be of type 'Boolean'",
      value);
}

Outcome<Json> if_(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(const bool condition, truth(evaluator, call, 0));
  return evaluator.node(call.children[condition ? 1 : 2]);
}

Outcome<Json> and_(Evaluator& evaluator, const Node& call) {
  for (std::size_t i = 0; i < call.children.size(); ++i) {
    ARMATURE_TRY(const bool flag, truth(evaluator, call, i));
    if (!flag) return Json(false);
  }
  return Json(true);
}

Outcome<Json> or_(Evaluator& evaluator, const Node& call) {
  for (std::size_t i = 0; i < call.children.size(); ++i) {
    ARMATURE_TRY(const bool flag, truth(evaluator, call, i));
    if (flag) return Json(true);
  }
  return Json(false);
}

Outcome<Json> coalesce(Evaluator& evaluator, const Node& call) {
  for (const Node& child : call.children) {
    ARMATURE_TRY(Json value, evaluator.node(child));
    if (!value.is_null()) return value;
  }
  return Json(nullptr);
}

Outcome<Json> not_(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const bool flag, bool_argument("not", arguments, 0));
  return Json(!flag);
}

Outcome<Json> bool_(Evaluator&, const Arguments& arguments) {
  const Json& value = arguments[0];
  if (value.is_bool()) return value;
  if (const auto* number = value.if_int64()) return Json(*number != 0);
  if (value.is_string()) {
    const std::string text = to_lower(trim(as_text(value)));
    if (text == "true" || text == "1") return Json(true);
    if (text == "false" || text == "0") return Json(false);
  }
  return invalid_template(
      "The template language function 'bool' expects its parameter to be convertible to a "
      "boolean. The provided value is '" +
      plain_text(value) + "'.");
}

Outcome<Json> true_(Evaluator&, const Arguments&) { return Json(true); }
Outcome<Json> false_(Evaluator&, const Arguments&) { return Json(false); }
Outcome<Json> null_(Evaluator&, const Arguments&) { return Json(nullptr); }

Outcome<Json> equals(Evaluator&, const Arguments& arguments) {
  return Json(same_value(arguments[0], arguments[1]));
}

// Negative, zero, positive: two numbers, or two strings by UTF-16 code units.
Outcome<int> order(std::string_view function, const Arguments& arguments) {
  const Json& a = arguments[0];
  const Json& b = arguments[1];
  if (a.is_int64() && b.is_int64()) {
    const auto left = a.get_int64();
    const auto right = b.get_int64();
    return left < right ? -1 : static_cast<int>(left > right);
  }
  if (a.is_number() && b.is_number()) {
    const auto left = a.to_number<double>();
    const auto right = b.to_number<double>();
    return left < right ? -1 : static_cast<int>(left > right);
  }
  if (a.is_string() && b.is_string()) {
    const int compared = to_utf16(as_text(a)).compare(to_utf16(as_text(b)));
    return compared < 0 ? -1 : static_cast<int>(compared > 0);
  }
  return wrong_argument(function, "two parameters of type 'Integer' or two of type 'String'",
                        a.is_number() || a.is_string() ? b : a);
}

Outcome<Json> less(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const int compared, order("less", arguments));
  return Json(compared < 0);
}
Outcome<Json> less_or_equals(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const int compared, order("lessOrEquals", arguments));
  return Json(compared <= 0);
}
Outcome<Json> greater(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const int compared, order("greater", arguments));
  return Json(compared > 0);
}
Outcome<Json> greater_or_equals(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const int compared, order("greaterOrEquals", arguments));
  return Json(compared >= 0);
}

Outcome<Json> fail_(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(std::string message, text_argument("fail", arguments, 0));
  return invalid_template(std::move(message));
}

constexpr Function kRows[] = {
    {"if",     3,     3,                             nullptr,if_},
    {"and",        2,         kMany,                              nullptr,and_},
    {"or",    2,         kMany,                                   nullptr,               or_},
    {"coalesce", 1,   kMany,nullptr,coalesce},
    {"not",   1,1,                       not_                                                },
    {"bool",     1,           1,              bool_},
    {"true",   0,0,        true_                                          },
    {"false",     0,             0,                              false_},
    {"null",   0,0,null_ },
    {"equals",     2,               2,                                                   equals},
    {"less",   2,2,less},
    {"lessOrEquals",     2,                 2,                                                                             less_or_equals                                                                                    },
    {"greater",   2,2,greater},
    {"greaterOrEquals",     2,                   2,                                                                                                                greater_or_equals                                                                                                                                                                                                                                                                          },
    {"fail",   1,1,fail_},
};

}  // namespace

std::span<const Function> logic_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
