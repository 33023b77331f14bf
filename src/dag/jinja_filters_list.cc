// Filters on lists and dicts.
#include <algorithm>
#include <array>
#include <set>

#include "base/bytes.h"
#include "dag/jinja_filters.h"

namespace armature::dag {
namespace {

Result<Value> filter_length(Machine&, const Value& x, const Bound&) {
  const Json& value = x.get();
  if (value.is_string()) return Value(Json(code_points(as_text(value)).size()));
  if (value.is_array()) return Value(Json(value.get_array().size()));
  if (value.is_object()) return Value(Json(value.get_object().size()));
  return fail(Code::kInvalid, type_name(value) + " has no length");
}

// The value a filter works on: the element, or what its `attribute` argument names below it.
Result<Json> key_of(const Json& item, const Json* attribute) {
  if (attribute == nullptr || attribute->is_null()) return item;
  Value found = attribute_of(item, *attribute);
  if (found.is_undefined()) return fail(Code::kInvalid, found.why());
  return std::move(found).take();
}
Result<Json> sort_key(const Json& item, const Json* attribute, bool case_sensitive) {
  ARMATURE_TRY(Json key, key_of(item, attribute));
  if (!case_sensitive && key.is_string()) return Json(to_lower(as_text(key)));
  return key;
}

Result<Value> filter_join(Machine& machine, const Value& x, const Bound& args) {
  ARMATURE_TRY(const JsonArray items, machine.items_of(x.get()));
  const std::string separator = args[0] == nullptr ? "" : as_string(*args[0]);
  std::string out;
  for (std::size_t i = 0; i < items.size(); ++i) {
    ARMATURE_TRY(const Json item, key_of(items[i], args[1]));
    if (i > 0) out += separator;
    out += as_string(item);
    if (out.size() > kMaxOutputBytes) return fail(Code::kInvalid, "the result is too large");
  }
  return Value(Json(out));
}
Result<Value> filter_first(Machine& machine, const Value& x, const Bound&) {
  ARMATURE_TRY(JsonArray items, machine.items_of(x.get()));
  if (items.empty()) return Value::undefined("the list is empty: it has no first element");
  return Value(std::move(items.front()));
}
Result<Value> filter_last(Machine& machine, const Value& x, const Bound&) {
  ARMATURE_TRY(JsonArray items, machine.items_of(x.get()));
  if (items.empty()) return Value::undefined("the list is empty: it has no last element");
  return Value(std::move(items.back()));
}
Result<Value> filter_list(Machine& machine, const Value& x, const Bound&) {
  ARMATURE_TRY(JsonArray items, machine.items_of(x.get()));
  return Value(Json(std::move(items)));
}

struct Keyed {
  Json key;
  Json item;
};
// Stable; equal elements keep their order, in reverse as well.
Result<JsonArray> sorted(Machine& machine, std::vector<Keyed> rows, bool reverse) {
  for (std::size_t size = rows.size(); size > 0; size /= 2) {
    ARMATURE_CHECK(machine.charge(rows.size()));
  }
  std::string why;
  std::ranges::stable_sort(rows, [&](const Keyed& a, const Keyed& b) {
    const auto sign = reverse ? order(b.key, a.key) : order(a.key, b.key);
    if (!sign) {
      why = sign.error().message;
      return false;
    }
    return *sign < 0;
  });
  if (!why.empty()) return fail(Code::kInvalid, why);
  JsonArray out;
  for (Keyed& row : rows) out.push_back(std::move(row.item));
  return out;
}
Result<Value> filter_sort(Machine& machine, const Value& x, const Bound& args) {
  ARMATURE_TRY(JsonArray items, machine.items_of(x.get()));
  std::vector<Keyed> rows;
  for (Json& item : items) {
    ARMATURE_TRY(Json key, sort_key(item, args[2], args.flag(1, false)));
    rows.push_back({std::move(key), std::move(item)});
  }
  ARMATURE_TRY(JsonArray out, sorted(machine, std::move(rows), args.flag(0, false)));
  return Value(Json(std::move(out)));
}
Result<Value> filter_unique(Machine& machine, const Value& x, const Bound& args) {
  ARMATURE_TRY(JsonArray items, machine.items_of(x.get()));
  std::set<std::string> seen;
  JsonArray out;
  for (Json& item : items) {
    ARMATURE_TRY(const Json key, sort_key(item, args[1], args.flag(0, false)));
    if (seen.insert(canonical(key)).second) out.push_back(std::move(item));
  }
  return Value(Json(std::move(out)));
}
Result<Value> filter_dictsort(Machine& machine, const Value& x, const Bound& args) {
  if (!x.get().is_object()) return fail(Code::kInvalid, "takes a dict");
  ARMATURE_TRY(const std::string by, args.text(1, "key"));
  if (by != "key" && by != "value") return fail(Code::kInvalid, "by is key or value");
  std::vector<Keyed> rows;
  for (const auto& [name, value] : x.get().get_object()) {
    ARMATURE_TRY(Json key,
                 sort_key(by == "key" ? Json(name) : value, nullptr, args.flag(0, false)));
    rows.push_back({
        std::move(key), JsonArray{Json(name), value}
    });
  }
  ARMATURE_TRY(JsonArray out, sorted(machine, std::move(rows), args.flag(2, false)));
  return Value(Json(std::move(out)));
}
Result<Value> filter_items(Machine&, const Value& x, const Bound&) {
  JsonArray out;
  if (x.is_undefined()) return Value(Json(std::move(out)));
  if (!x.get().is_object()) return fail(Code::kInvalid, "takes a dict");
  for (const auto& [key, value] : x.get().get_object()) {
    out.push_back(JsonArray{Json(key), value});
  }
  return Value(Json(std::move(out)));
}

Result<Value> extreme(Machine& machine, const Value& x, const Bound& args, bool largest) {
  ARMATURE_TRY(JsonArray items, machine.items_of(x.get()));
  if (items.empty()) return Value::undefined("the list is empty: it has no smallest or largest");
  std::size_t best = 0;
  ARMATURE_TRY(Json best_key, sort_key(items[0], args[1], args.flag(0, false)));
  for (std::size_t i = 1; i < items.size(); ++i) {
    ARMATURE_TRY(Json key, sort_key(items[i], args[1], args.flag(0, false)));
    ARMATURE_TRY(const auto sign, order(key, best_key));
    if (largest ? sign <= 0 : sign >= 0) continue;
    best = i;
    best_key = std::move(key);
  }
  return Value(std::move(items[best]));
}
Result<Value> filter_min(Machine& machine, const Value& x, const Bound& args) {
  return extreme(machine, x, args, false);
}
Result<Value> filter_max(Machine& machine, const Value& x, const Bound& args) {
  return extreme(machine, x, args, true);
}
Result<Value> filter_sum(Machine& machine, const Value& x, const Bound& args) {
  ARMATURE_TRY(const JsonArray items, machine.items_of(x.get()));
  Json total = args[1] != nullptr ? *args[1] : Json(0);
  for (const Json& item : items) {
    ARMATURE_TRY(const Json part, key_of(item, args[0]));
    if (!is_number(part) || !is_number(total)) return fail(Code::kInvalid, "takes numbers");
    ARMATURE_TRY(total, arithmetic("+", total, part));
  }
  return Value(std::move(total));
}

// Arguments after the first `count`, for filters and tests that are named in an argument.
Arguments rest(const Arguments& args, std::size_t count) {
  Arguments out;
  for (std::size_t i = count; i < args.positional.size(); ++i) {
    out.positional.push_back(Value::look_at(args.positional[i].get()));
  }
  for (const auto& [name, value] : args.named) {
    out.named.emplace_back(name, Value::look_at(value.get()));
  }
  return out;
}
Result<std::string> name_argument(const Arguments& args, std::size_t i) {
  if (args.positional.size() <= i || !args.positional[i].get().is_string()) {
    return fail(Code::kInvalid, "expected the name of a filter, test or attribute");
  }
  return std::string(as_text(args.positional[i].get()));
}

Result<Value> filter_map(Machine& machine, const Value& x, const Bound& bound) {
  const Arguments& args = bound.raw();
  ARMATURE_TRY(const JsonArray items, machine.items_of(x.get()));
  JsonArray out;
  if (!args.positional.empty()) {
    ARMATURE_TRY(const std::string name, name_argument(args, 0));
    const Arguments others = rest(args, 1);
    for (const Json& item : items) {
      ARMATURE_TRY(Value made, machine.apply_filter(name, Value::look_at(item), others));
      if (made.is_undefined()) return fail(Code::kInvalid, made.why());
      out.push_back(std::move(made).take());
    }
    return Value(Json(std::move(out)));
  }
  const Json *attribute = nullptr, *otherwise = nullptr;
  for (const auto& [name, value] : args.named) {
    if (name == "attribute") attribute = &value.get();
    if (name == "default") otherwise = &value.get();
  }
  if (attribute == nullptr) return fail(Code::kInvalid, "takes a filter's name or attribute=…");
  for (const Json& item : items) {
    Value found = attribute_of(item, *attribute);
    if (found.is_undefined() && otherwise == nullptr) return fail(Code::kInvalid, found.why());
    out.push_back(found.is_undefined() ? *otherwise : std::move(found).take());
  }
  return Value(Json(std::move(out)));
}

Result<Value> choose(Machine& machine, const Value& x, const Arguments& args, bool by_attribute,
                     bool wanted) {
  ARMATURE_TRY(JsonArray items, machine.items_of(x.get()));
  const std::size_t at = by_attribute ? 1 : 0;
  std::string test;
  if (by_attribute && args.positional.empty()) {
    return fail(Code::kInvalid, "takes an attribute's name first");
  }
  if (args.positional.size() > at) {
    ARMATURE_TRY(test, name_argument(args, at));
  }
  const Arguments others = rest(args, at + 1);
  JsonArray out;
  for (Json& item : items) {
    const Value subject =
        by_attribute ? attribute_of(item, args.positional[0].get()) : Value::look_at(item);
    bool holds = false;
    if (test.empty()) {
      if (subject.is_undefined()) return fail(Code::kInvalid, subject.why());
      holds = is_true(subject.get());
    } else {
      ARMATURE_TRY(holds, machine.apply_test(test, subject, others));
    }
    if (holds == wanted) out.push_back(item);
  }
  return Value(Json(std::move(out)));
}
Result<Value> filter_select(Machine& machine, const Value& x, const Bound& args) {
  return choose(machine, x, args.raw(), false, true);
}
Result<Value> filter_reject(Machine& machine, const Value& x, const Bound& args) {
  return choose(machine, x, args.raw(), false, false);
}
Result<Value> filter_selectattr(Machine& machine, const Value& x, const Bound& args) {
  return choose(machine, x, args.raw(), true, true);
}
Result<Value> filter_rejectattr(Machine& machine, const Value& x, const Bound& args) {
  return choose(machine, x, args.raw(), true, false);
}

constexpr std::array<FilterRow, 18> kFilters = {
    {
     {"length", "", filter_length},
     {"count", "", filter_length},
     {"join", "d,attribute", filter_join},
     {"first", "", filter_first},
     {"last", "", filter_last},
     {"list", "", filter_list},
     {"sort", "reverse,case_sensitive,attribute", filter_sort},
     {"unique", "case_sensitive,attribute", filter_unique},
     {"dictsort", "case_sensitive,by,reverse", filter_dictsort},
     {"items", "", filter_items, true},
     {"min", "case_sensitive,attribute", filter_min},
     {"max", "case_sensitive,attribute", filter_max},
     {"sum", "attribute,start", filter_sum},
     {"map", "*", filter_map},
     {"select", "*", filter_select},
     {"reject", "*", filter_reject},
     {"selectattr", "*", filter_selectattr},
     {"rejectattr", "*", filter_rejectattr},
     }
};

}  // namespace

std::span<const FilterRow> list_filters() { return kFilters; }

}  // namespace armature::dag
