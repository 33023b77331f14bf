// Functions on objects, and access that answers null instead of an error.
#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/evaluator.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

Outcome<Json> create_object(Evaluator&, const Arguments& arguments) {
  if (arguments.size() % 2 != 0) {
    return invalid_template(
        "The template language function 'createObject' expects an even number "
        "of parameters: '" +
        std::to_string(arguments.size()) + "' were provided.");
  }
  JsonObject out;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    ARMATURE_TRY(const std::string key, text_argument("createObject", arguments, i));
    out[key] = arguments[i + 1];
  }
  return Json(std::move(out));
}

Outcome<std::vector<std::string>> sorted_keys(std::string_view name, const Json& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return wrong_argument(name, "its parameter to be an object", value);
  std::vector<std::string> keys;
  for (const auto& [key, member] : *object) keys.emplace_back(key);
  std::ranges::stable_sort(keys, {}, [](const std::string& key) { return lower_invariant(key); });
  return keys;
}

Outcome<Json> items(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const auto keys, sorted_keys("items", arguments[0]));
  JsonArray out;
  for (const std::string& key : keys) {
    out.push_back(JsonObject{
        {"key",   key                              },
        {"value", arguments[0].get_object().at(key)}
    });
  }
  return Json(std::move(out));
}

Outcome<Json> object_keys(Evaluator&, const Arguments& arguments) {
  ARMATURE_TRY(const auto keys, sorted_keys("objectKeys", arguments[0]));
  return Json(JsonArray(keys.begin(), keys.end()));
}

Outcome<Json> shallow_merge(Evaluator&, const Arguments& arguments) {
  const auto* list = arguments[0].if_array();
  if (list == nullptr) {
    return wrong_argument("shallowMerge", "its parameter to be an array of objects", arguments[0]);
  }
  JsonObject out;
  for (const Json& one : *list) {
    if (!one.is_object()) return wrong_argument("shallowMerge", "an array of objects", one);
    for (const auto& [key, member] : one.get_object()) {
      Json* old = find_ci(out, key);
      (old != nullptr ? *old : out[key]) = member;
    }
  }
  return Json(std::move(out));
}

const Json* lookup_step(const Json& base, const Json& key) {
  if (const auto* object = base.if_object(); object != nullptr && key.is_string()) {
    return find_ci(*object, as_text(key));
  }
  const auto* list = base.if_array();
  if (list == nullptr || !key.is_int64() || key.get_int64() < 0) return nullptr;
  const auto index = static_cast<std::size_t>(key.get_int64());
  return index < list->size() ? &(*list)[index] : nullptr;
}

Outcome<Json> try_get(Evaluator&, const Arguments& arguments) {
  const Json* at = &arguments[0];
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    at = lookup_step(*at, arguments[i]);
    if (at == nullptr) return Json(nullptr);
  }
  return *at;
}

// The element `position` places from the end, 1-based, or nullptr.
const Json* from_end(const Json& list, const Json& position) {
  if (!list.is_array() || !position.is_int64()) return nullptr;
  const auto size = static_cast<std::int64_t>(list.get_array().size());
  const auto place = position.get_int64();
  if (place < 1 || place > size) return nullptr;
  return &list.get_array()[static_cast<std::size_t>(size - place)];
}

Outcome<Json> index_from_end(Evaluator&, const Arguments& arguments) {
  if (const Json* found = from_end(arguments[0], arguments[1])) return *found;
  return invalid_template("The language expression property array index '" +
                          plain_text(arguments[1]) + "' from the end is out of bounds.");
}

Outcome<Json> try_index_from_end(Evaluator&, const Arguments& arguments) {
  const Json* at = from_end(arguments[0], arguments[1]);
  for (std::size_t i = 2; at != nullptr && i < arguments.size(); ++i) {
    at = lookup_step(*at, arguments[i]);
  }
  return at == nullptr ? Json(nullptr) : *at;
}

constexpr Function kRows[] = {
    {"createObject",    0, kMany, create_object     },
    {"items",           1, 1,     items             },
    {"objectKeys",      1, 1,     object_keys       },
    {"shallowMerge",    1, 1,     shallow_merge     },
    {"tryGet",          2, kMany, try_get           },
    {"indexFromEnd",    2, 2,     index_from_end    },
    {"tryIndexFromEnd", 2, kMany, try_index_from_end},
};

}  // namespace

std::span<const Function> object_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
