// Lambdas: lambda('v', …, body) stands only where one of these functions expects it.
#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

Outcome<JsonArray> list_argument(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(Json value, evaluator.node(call.children[0]));
  if (auto* list = value.if_array()) return std::move(*list);
  return wrong_argument(call.text, "its first parameter to be an array", value);
}

Outcome<Json> filter(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(const JsonArray list, list_argument(evaluator, call));
  JsonArray out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    ARMATURE_TRY(const Json keep,
                 evaluator.call_lambda(call.children[1], {list[i], static_cast<std::int64_t>(i)}));
    if (!keep.is_bool()) return wrong_argument("filter", "a lambda that gives a boolean", keep);
    if (keep.get_bool()) out.push_back(list[i]);
  }
  return Json(std::move(out));
}

Outcome<Json> map(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(const JsonArray list, list_argument(evaluator, call));
  JsonArray out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    ARMATURE_TRY(Json mapped,
                 evaluator.call_lambda(call.children[1], {list[i], static_cast<std::int64_t>(i)}));
    out.push_back(std::move(mapped));
  }
  return Json(std::move(out));
}

Outcome<Json> reduce(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(const JsonArray list, list_argument(evaluator, call));
  ARMATURE_TRY(Json current, evaluator.node(call.children[1]));
  for (std::size_t i = 0; i < list.size(); ++i) {
    std::vector<Json> arguments{std::move(current), list[i], static_cast<std::int64_t>(i)};
    ARMATURE_TRY(current, evaluator.call_lambda(call.children[2], std::move(arguments)));
  }
  return current;
}

// Merge sort: stable, and safe with a lambda that is not an order.
Outcome<JsonArray> sorted(Evaluator& evaluator, const Node& lambda, JsonArray list) {
  if (list.size() < 2) return list;
  const auto middle = list.begin() + list.size() / 2;
  ARMATURE_TRY(const JsonArray left, sorted(evaluator, lambda, JsonArray(list.begin(), middle)));
  ARMATURE_TRY(const JsonArray right, sorted(evaluator, lambda, JsonArray(middle, list.end())));
  JsonArray out;
  std::size_t l = 0;
  std::size_t r = 0;
  while (l < left.size() && r < right.size()) {
    ARMATURE_TRY(const Json before, evaluator.call_lambda(lambda, {right[r], left[l]}));
    if (!before.is_bool()) return wrong_argument("sort", "a lambda that gives a boolean", before);
    out.push_back(before.get_bool() ? right[r++] : left[l++]);
  }
  while (l < left.size()) out.push_back(left[l++]);
  while (r < right.size()) out.push_back(right[r++]);
  return out;
}

Outcome<Json> sort(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(JsonArray list, list_argument(evaluator, call));
  ARMATURE_TRY(JsonArray out, sorted(evaluator, call.children[1], std::move(list)));
  return Json(std::move(out));
}

Outcome<std::string> key_of(Evaluator& evaluator, const Node& call, const Json& element) {
  ARMATURE_TRY(const Json key, evaluator.call_lambda(call.children[1], {element}));
  if (key.is_string()) return std::string(as_text(key));
  return wrong_argument(call.text, "a key lambda that gives a string", key);
}

Outcome<Json> value_of(Evaluator& evaluator, const Node& call, const Json& element) {
  if (call.children.size() < 3) return element;
  return evaluator.call_lambda(call.children[2], {element});
}

Outcome<Json> to_object(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(const JsonArray list, list_argument(evaluator, call));
  JsonObject out;
  for (const Json& element : list) {
    ARMATURE_TRY(const std::string key, key_of(evaluator, call, element));
    ARMATURE_TRY(Json value, value_of(evaluator, call, element));
    out[key] = std::move(value);
  }
  return Json(std::move(out));
}

Outcome<Json> group_by(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(const JsonArray list, list_argument(evaluator, call));
  JsonObject out;
  for (const Json& element : list) {
    ARMATURE_TRY(const std::string key, key_of(evaluator, call, element));
    ARMATURE_TRY(Json value, value_of(evaluator, call, element));
    Json& group = out[key];
    if (!group.is_array()) group.emplace_array();
    group.get_array().push_back(std::move(value));
  }
  return Json(std::move(out));
}

Outcome<Json> map_values(Evaluator& evaluator, const Node& call) {
  ARMATURE_TRY(const Json value, evaluator.node(call.children[0]));
  if (!value.is_object()) {
    return wrong_argument("mapValues", "its first parameter to be an object", value);
  }
  JsonObject out;
  for (const auto& [key, member] : value.get_object()) {
    ARMATURE_TRY(Json mapped, evaluator.call_lambda(call.children[1], {member}));
    out[key] = std::move(mapped);
  }
  return Json(std::move(out));
}

Outcome<Json> lambda(Evaluator&, const Node&) {
  return invalid_template("The template function 'lambda' is not expected at this location.");
}

Outcome<Json> lambda_variables(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name, text_argument("lambdaVariables", arguments, 0));
  ARMATURE_TRY(const Json* value, evaluator.lambda_variable(name));
  return *value;
}

constexpr Function kRows[] = {
    {"filter",    2,   2,          nullptr,                 filter},
    {"map",           2,          2,         nullptr,                      map},
    {"reduce",        3,           3,              nullptr,        reduce},
    {"sort",    2, 2,nullptr,         sort},
    {"toObject",          2,      3,               nullptr,                              to_object},
    {"groupBy", 2,3,nullptr,group_by},
    {"mapValues",   2,     2,                 nullptr,                                               map_values},
    {"lambda",           1,    kMany,           nullptr,                             lambda},
    {"lambdaVariables", 1,    1,       lambda_variables},
};

}  // namespace

std::span<const Function> lambda_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
