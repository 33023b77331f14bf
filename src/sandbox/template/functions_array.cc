// Functions on arrays, and on anything that has a length.
#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

bool holds(const JsonArray& array, const Json& value) {
  return std::ranges::any_of(array, [&](const Json& one) { return same_value(one, value); });
}

// Comparing every element with every other is paid for before it is done.
std::optional<TemplateError> pay_for_pairs(Evaluator& evaluator, const Arguments& lists) {
  std::size_t elements = 0;
  for (const Json& list : lists) {
    if (list.is_array()) elements += list.get_array().size();
  }
  constexpr std::size_t kPairsPerStep = 128;
  return evaluator.spend(elements * elements / kPairsPerStep);
}

Outcome<Json> array(Evaluator&, const Arguments& arguments) {
  if (arguments[0].is_array()) return arguments[0];
  JsonArray out;
  out.push_back(arguments[0]);
  return Json(std::move(out));
}

Outcome<Json> create_array(Evaluator&, const Arguments& arguments) {
  return Json(JsonArray(arguments.begin(), arguments.end()));
}

Outcome<Json> contains(Evaluator&, const Arguments& arguments) {
  const Json& container = arguments[0];
  if (const auto* list = container.if_array()) return Json(holds(*list, arguments[1]));
  if (const auto* object = container.if_object()) {
    return Json(find_ci(*object, plain_text(arguments[1])) != nullptr);
  }
  ARMATURE_TRY(const std::string text, text_argument("contains", arguments, 0));
  return Json(text.find(plain_text(arguments[1])) != std::string::npos);
}

Outcome<Json> distinct(Evaluator& evaluator, const Arguments& arguments) {
  const auto* list = arguments[0].if_array();
  if (list == nullptr)
    return wrong_argument("distinct", "its parameter to be an array", arguments[0]);
  if (auto error = pay_for_pairs(evaluator, arguments)) return *std::move(error);
  JsonArray out;
  for (const Json& one : *list) {
    if (!holds(out, one)) out.push_back(one);
  }
  return Json(std::move(out));
}

Outcome<Json> empty(Evaluator&, const Arguments& arguments) {
  const Json& value = arguments[0];
  if (value.is_null()) return Json(true);
  if (value.is_string()) return Json(as_text(value).empty());
  if (const auto* list = value.if_array()) return Json(list->empty());
  if (const auto* object = value.if_object()) return Json(object->empty());
  return wrong_argument("empty", "its parameter to be an array, an object or a string", value);
}

Outcome<Json> length(Evaluator&, const Arguments& arguments) {
  const Json& value = arguments[0];
  std::size_t size = 0;
  if (value.is_string()) {
    size = to_utf16(as_text(value)).size();
  } else if (const auto* list = value.if_array()) {
    size = list->size();
  } else if (const auto* object = value.if_object()) {
    size = object->size();
  } else {
    return wrong_argument("length", "its parameter to be an array, an object or a string", value);
  }
  return Json(static_cast<std::int64_t>(size));
}

Outcome<Json> end(std::string_view name, const Json& value, bool first) {
  if (const auto* list = value.if_array()) {
    if (list->empty()) return Json(nullptr);
    return first ? list->front() : list->back();
  }
  if (!value.is_string()) {
    return wrong_argument(name, "its parameter to be an array or a string", value);
  }
  const std::u16string units = to_utf16(as_text(value));
  if (units.empty()) return Json("");
  return Json(to_utf8(std::u16string(1, first ? units.front() : units.back())));
}
Outcome<Json> first(Evaluator&, const Arguments& arguments) {
  return end("first", arguments[0], true);
}
Outcome<Json> last(Evaluator&, const Arguments& arguments) {
  return end("last", arguments[0], false);
}

Outcome<Json> part(std::string_view name, const Arguments& arguments, bool taking) {
  ARMATURE_TRY(const std::int64_t wanted, integer_argument(name, arguments, 1));
  const Json& value = arguments[0];
  const auto bounds = [&](std::size_t size) {
    const std::int64_t limit = static_cast<std::int64_t>(size);
    return static_cast<std::size_t>(std::clamp<std::int64_t>(wanted, 0, limit));
  };
  if (const auto* list = value.if_array()) {
    const auto cut = list->begin() + bounds(list->size());
    return Json(taking ? JsonArray(list->begin(), cut) : JsonArray(cut, list->end()));
  }
  if (!value.is_string()) {
    return wrong_argument(name, "its first parameter to be an array or a string", value);
  }
  const std::u16string units = to_utf16(as_text(value));
  const std::size_t cut = bounds(units.size());
  return Json(to_utf8(taking ? units.substr(0, cut) : units.substr(cut)));
}
Outcome<Json> skip(Evaluator&, const Arguments& arguments) {
  return part("skip", arguments, false);
}
Outcome<Json> take(Evaluator&, const Arguments& arguments) { return part("take", arguments, true); }

Outcome<Json> flatten(Evaluator&, const Arguments& arguments) {
  const auto* list = arguments[0].if_array();
  if (list == nullptr)
    return wrong_argument("flatten", "its parameter to be an array", arguments[0]);
  JsonArray out;
  for (const Json& one : *list) {
    const auto* inner = one.if_array();
    if (inner == nullptr) return wrong_argument("flatten", "an array of arrays", one);
    out.insert(out.end(), inner->begin(), inner->end());
  }
  return Json(std::move(out));
}

JsonObject common_members(const JsonObject& a, const JsonObject& b) {
  JsonObject out;
  for (const auto& [key, member] : a) {
    const Json* other = find_ci(b, key);
    if (other == nullptr) continue;
    if (same_value(member, *other)) {
      out[key] = member;
    } else if (member.is_object() && other->is_object()) {
      JsonObject inner = common_members(member.get_object(), other->get_object());
      if (!inner.empty()) out[key] = std::move(inner);
    }
  }
  return out;
}

Outcome<Json> intersection(Evaluator& evaluator, const Arguments& arguments) {
  if (auto error = pay_for_pairs(evaluator, arguments)) return *std::move(error);
  Json result = arguments[0];
  if (auto* list = result.if_array()) {
    JsonArray out;
    for (const Json& one : *list) {
      const bool everywhere = std::ranges::all_of(arguments, [&](const Json& other) {
        return other.is_array() && holds(other.get_array(), one);
      });
      if (everywhere && !holds(out, one)) out.push_back(one);
    }
    return Json(std::move(out));
  }
  for (const Json& other : arguments) {
    if (!result.is_object() || !other.is_object()) {
      return wrong_argument("intersection", "all parameters to be arrays or all to be objects",
                            other);
    }
    result = common_members(result.get_object(), other.get_object());
  }
  return result;
}

void merge(JsonObject& into, const JsonObject& from) {
  for (const auto& [key, member] : from) {
    Json* old = find_ci(into, key);
    if (old != nullptr && old->is_object() && member.is_object()) {
      merge(old->get_object(), member.get_object());
    } else if (old != nullptr) {
      *old = member;
    } else {
      into[key] = member;
    }
  }
}

Outcome<Json> union_(Evaluator& evaluator, const Arguments& arguments) {
  if (auto error = pay_for_pairs(evaluator, arguments)) return *std::move(error);
  if (arguments[0].is_array()) {
    JsonArray out;
    for (const Json& list : arguments) {
      if (!list.is_array()) {
        return wrong_argument("union", "all parameters to be arrays or all to be objects", list);
      }
      for (const Json& one : list.get_array()) {
        if (!holds(out, one)) out.push_back(one);
      }
    }
    return Json(std::move(out));
  }
  JsonObject out;
  for (const Json& object : arguments) {
    if (!object.is_object()) {
      return wrong_argument("union", "all parameters to be arrays or all to be objects", object);
    }
    merge(out, object.get_object());
  }
  return Json(std::move(out));
}

constexpr Function kRows[] = {
    {"array",        1, 1,     array       },
    {"createArray",  0, kMany, create_array},
    {"contains",     2, 2,     contains    },
    {"distinct",     1, 1,     distinct    },
    {"empty",        1, 1,     empty       },
    {"length",       1, 1,     length      },
    {"first",        1, 1,     first       },
    {"last",         1, 1,     last        },
    {"skip",         2, 2,     skip        },
    {"take",         2, 2,     take        },
    {"flatten",      1, 1,     flatten     },
    {"intersection", 1, kMany, intersection},
    {"union",        1, kMany, union_      },
};

}  // namespace

std::span<const Function> array_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
