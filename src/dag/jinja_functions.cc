// Functions, macros and methods of templates, each in a table that is also the list of known names.
#include <algorithm>
#include <array>
#include <span>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/time.h"
#include "dag/jinja_machine.h"
#include "dag/jinja_tables.h"
#include "dag/jinja_time.h"

namespace armature::dag {
namespace {

Result<Json> range(Machine& machine, const Arguments& args) {
  std::int64_t parts[3] = {0, 0, 1};
  const std::size_t count = args.positional.size();
  if (count == 0 || count > 3 || !args.named.empty()) {
    return fail(Code::kInvalid, "range takes 1 to 3 integers");
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Json& value = args.positional[i].get();
    if (!is_int(value)) return fail(Code::kInvalid, "range takes integers");
    parts[count == 1 ? 1 : i] = as_int(value);
  }
  const auto [start, stop, step] = parts;
  if (step == 0) return fail(Code::kInvalid, "the step of range must not be 0");
  JsonArray out;
  for (std::int64_t i = start; step > 0 ? i < stop : i > stop;) {
    if (out.size() >= kMaxLoopSteps) {
      return fail(Code::kInvalid, "range gives more than 100,000 numbers");
    }
    out.emplace_back(i);
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  ARMATURE_CHECK(machine.charge(out.size()));
  return Json(std::move(out));
}

Result<Json> dict(Machine&, const Arguments& args) {
  if (!args.positional.empty()) return fail(Code::kInvalid, "dict takes name=value arguments");
  JsonObject out;
  for (const auto& [name, value] : args.named) out.insert_or_assign(name, value.get());
  return Json(std::move(out));
}

Result<std::vector<std::string>> texts(std::string_view name, const Arguments& args) {
  std::vector<std::string> out;
  if (!args.named.empty() || args.positional.empty()) {
    return fail(Code::kInvalid, std::string(name) + " takes strings without names");
  }
  for (const Value& value : args.positional) {
    if (!value.get().is_string()) {
      return fail(Code::kInvalid,
                  std::string(name) + " takes strings, not " + type_name(value.get()));
    }
    out.emplace_back(as_text(value.get()));
  }
  return out;
}

Result<Json> guid(Machine&, const Arguments& args) {
  ARMATURE_TRY(const auto parts, texts("guid", args));
  return Json(arm_guid(join(parts, "-")));
}

// resource_id(subscription, group, "Microsoft.Web/sites/slots", "app", "slot"); group "" for a
// resource of the subscription; without a type it is the group's own id.
Result<Json> resource_id(Machine&, const Arguments& args) {
  ARMATURE_TRY(const auto parts, texts("resource_id", args));
  if (parts.size() < 2 || parts.size() == 3 || parts[0].empty()) {
    return fail(Code::kInvalid,
                "resource_id takes a subscription, a resource group, a type and its names");
  }
  for (const std::string& part : parts) {
    if (&part != &parts[2] && part.find('/') != std::string::npos) {
      return fail(Code::kInvalid, "resource_id: '" + part + "' holds a '/'");
    }
  }
  std::string out = "/subscriptions/" + parts[0];
  if (!parts[1].empty()) out += "/resourceGroups/" + parts[1];
  if (parts.size() == 2) return Json(out);
  const auto segments = split(parts[2], '/');
  if (segments.size() != parts.size() - 2) {
    return fail(Code::kInvalid, "resource_id: the type " + parts[2] + " needs " +
                                    std::to_string(segments.size() - 1) + " names, not " +
                                    std::to_string(parts.size() - 3));
  }
  out += "/providers/" + segments[0];
  for (std::size_t i = 1; i < segments.size(); ++i) {
    if (parts[i + 2].empty()) return fail(Code::kInvalid, "resource_id: a name is empty");
    out += "/" + segments[i] + "/" + parts[i + 2];
  }
  return Json(out);
}

Result<Instant> time_of(const Json& value) {
  if (!value.is_string()) return fail(Code::kInvalid, "expected a time, not " + type_name(value));
  return from_rfc3339(as_text(value));
}

Result<Json> ds_add(const Json& object, const Bound& args) {
  (void)object;
  ARMATURE_TRY(const std::string ds, args.text(0, ""));
  ARMATURE_TRY(const std::int64_t days, args.integer(1, 0));
  ARMATURE_TRY(const Instant at, parse_time(ds, "%Y-%m-%d"));
  if (days > 4'000'000 || days < -4'000'000) return fail(Code::kInvalid, "too many days");
  ARMATURE_TRY(auto text, format_time(at + std::chrono::days(days), "%Y-%m-%d"));
  return Json(text);
}

Result<Json> ds_format(const Json&, const Bound& args) {
  ARMATURE_TRY(const std::string ds, args.text(0, ""));
  ARMATURE_TRY(const std::string from, args.text(1, "%Y-%m-%d"));
  ARMATURE_TRY(const std::string to, args.text(2, "%Y-%m-%d"));
  ARMATURE_TRY(const Instant at, parse_time(ds, from));
  ARMATURE_TRY(auto text, format_time(at, to));
  return Json(text);
}

// Seconds from the second time to the first.
Result<Json> datetime_diff(const Json&, const Bound& args) {
  if (args[0] == nullptr || args[1] == nullptr) {
    return fail(Code::kInvalid, "datetime_diff takes two times");
  }
  ARMATURE_TRY(const Instant later, time_of(*args[0]));
  ARMATURE_TRY(const Instant earlier, time_of(*args[1]));
  return Json(static_cast<double>((later - earlier).count()) / 1e6);
}

Error no_method(const Json& object, std::string_view name) {
  return fail(Code::kInvalid, type_name(object) + " has no method '" + std::string(name) + "'");
}

Result<Json> dict_get(const Json& object, const Bound& args) {
  if (!object.is_object()) return no_method(object, "get");
  if (args[0] == nullptr) return fail(Code::kInvalid, "get takes a key");
  const Json* found =
      args[0]->is_string() ? object.get_object().if_contains(as_text(*args[0])) : nullptr;
  if (found != nullptr) return *found;
  return args[1] != nullptr ? *args[1] : Json(nullptr);
}
Result<Json> dict_items(const Json& object, const Bound&) {
  if (!object.is_object()) return no_method(object, "items");
  JsonArray out;
  for (const auto& [key, value] : object.get_object()) out.push_back(JsonArray{Json(key), value});
  return Json(std::move(out));
}
Result<Json> dict_keys(const Json& object, const Bound&) {
  if (!object.is_object()) return no_method(object, "keys");
  JsonArray out;
  for (const auto& member : object.get_object()) out.emplace_back(member.key());
  return Json(std::move(out));
}
Result<Json> dict_values(const Json& object, const Bound&) {
  if (!object.is_object()) return no_method(object, "values");
  JsonArray out;
  for (const auto& member : object.get_object()) out.push_back(member.value());
  return Json(std::move(out));
}
Result<Json> text_lower(const Json& object, const Bound&) {
  if (!object.is_string()) return no_method(object, "lower");
  return Json(to_lower(as_text(object)));
}
Result<Json> text_upper(const Json& object, const Bound&) {
  if (!object.is_string()) return no_method(object, "upper");
  return Json(to_upper(as_text(object)));
}
Result<Json> text_strip(const Json& object, const Bound& args) {
  if (!object.is_string()) return no_method(object, "strip");
  ARMATURE_TRY(const std::string chars, args.text(0, " \t\r\n\f\v"));
  std::string_view text = as_text(object);
  const auto first = text.find_first_not_of(chars);
  if (first == std::string_view::npos) return Json("");
  return Json(text.substr(first, text.find_last_not_of(chars) - first + 1));
}
Result<Json> text_split(const Json& object, const Bound& args) {
  if (!object.is_string()) return no_method(object, "split");
  ARMATURE_TRY(const std::int64_t limit, args.integer(1, -1));
  std::string_view text = as_text(object);
  const bool blanks = args[0] == nullptr || args[0]->is_null();
  ARMATURE_TRY(const std::string separator, args.text(0, ""));
  if (!blanks && separator.empty()) return fail(Code::kInvalid, "split: empty separator");
  constexpr std::string_view kBlanks = " \t\r\n\f\v";
  JsonArray out;
  const auto more = [&] { return limit < 0 || out.size() < static_cast<std::size_t>(limit); };
  if (!blanks) {
    for (auto at = text.find(separator); at != std::string_view::npos && more();
         at = text.find(separator)) {
      out.emplace_back(text.substr(0, at));
      text.remove_prefix(at + separator.size());
    }
    out.emplace_back(text);
    return Json(std::move(out));
  }
  for (;;) {
    const auto start = text.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return Json(std::move(out));
    text.remove_prefix(start);
    const auto end = more() ? text.find_first_of(kBlanks) : std::string_view::npos;
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end, text.size()));
  }
}
Result<Json> text_replace(const Json& object, const Bound& args) {
  if (!object.is_string()) return no_method(object, "replace");
  ARMATURE_TRY(const std::string from, args.text(0, ""));
  ARMATURE_TRY(const std::string to, args.text(1, ""));
  ARMATURE_TRY(const std::int64_t limit, args.integer(2, -1));
  ARMATURE_TRY(auto text, replace_text(as_text(object), from, to, limit));
  return Json(text);
}
Result<Json> text_starts(const Json& object, const Bound& args) {
  if (!object.is_string()) return no_method(object, "startswith");
  ARMATURE_TRY(const std::string prefix, args.text(0, ""));
  return Json(as_text(object).starts_with(prefix));
}
Result<Json> text_ends(const Json& object, const Bound& args) {
  if (!object.is_string()) return no_method(object, "endswith");
  ARMATURE_TRY(const std::string suffix, args.text(0, ""));
  return Json(as_text(object).ends_with(suffix));
}
Result<Json> time_iso(const Json& object, const Bound&) {
  ARMATURE_TRY(const Instant at, time_of(object));
  return Json(to_airflow_iso(at));
}
Result<Json> time_format(const Json& object, const Bound& args) {
  ARMATURE_TRY(const Instant at, time_of(object));
  ARMATURE_TRY(const std::string pattern, args.text(0, "%Y-%m-%d"));
  ARMATURE_TRY(auto text, format_time(at, pattern));
  return Json(text);
}
Result<Json> time_date(const Json& object, const Bound&) {
  ARMATURE_TRY(const Instant at, time_of(object));
  ARMATURE_TRY(auto text, format_time(at, "%Y-%m-%d"));
  return Json(text);
}

struct Function {
  std::string_view name;
  Result<Json> (*call)(Machine&, const Arguments&);
};
constexpr std::array<Function, 4> kFunctions = {
    {
     {"dict", dict},
     {"guid", guid},
     {"range", range},
     {"resource_id", resource_id},
     }
};

struct Method {
  std::string_view name;
  std::string_view signature;
  Result<Json> (*call)(const Json&, const Bound&);
};
constexpr std::array<Method, 3> kMacros = {
    {
     {"datetime_diff", "a,b", datetime_diff},
     {"ds_add", "ds,days", ds_add},
     {"ds_format", "ds,input_format,output_format", ds_format},
     }
};
constexpr std::array<Method, 14> kMethods = {
    {
     {"get", "key,default", dict_get},
     {"items", "", dict_items},
     {"keys", "", dict_keys},
     {"values", "", dict_values},
     {"lower", "", text_lower},
     {"upper", "", text_upper},
     {"strip", "chars", text_strip},
     {"split", "sep,maxsplit", text_split},
     {"replace", "old,new,count", text_replace},
     {"startswith", "prefix", text_starts},
     {"endswith", "suffix", text_ends},
     {"isoformat", "", time_iso},
     {"strftime", "format", time_format},
     {"date", "", time_date},
     }
};

template <class Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> out;
  for (const auto& row : table) out.emplace_back(row.name);
  return out;
}

Result<Json> call_row(std::span<const Method> table, const Json& object, std::string_view name,
                      const Arguments& args) {
  const auto row = std::ranges::find(table, name, &Method::name);
  if (row == table.end()) return no_method(object, name);
  auto bound = Bound::bind(row->signature, args);
  if (!bound) return std::move(bound).error().in(name);
  auto result = row->call(object, *bound);
  return result;
}

}  // namespace

const std::vector<std::string>& function_names() {
  static const auto kNames = names_of(kFunctions);
  return kNames;
}
const std::vector<std::string>& macro_names() {
  static const auto kNames = names_of(kMacros);
  return kNames;
}
const std::vector<std::string>& method_names() {
  static const auto kNames = names_of(kMethods);
  return kNames;
}

std::optional<std::string> unknown_word(std::string_view what, std::string_view word,
                                        const std::vector<std::string>& known) {
  if (std::ranges::find(known, word) != known.end()) return std::nullopt;
  std::string out = "unknown " + std::string(what) + " '" + std::string(word) + "'";
  if (const auto near = nearest(word, known); !near.empty()) {
    out += "; did you mean '" + near + "'?";
  } else {
    out += "; there are " + join(known, ", ");
  }
  return out;
}

Result<Json> call_function(Machine& machine, std::string_view name, const Arguments& arguments) {
  const auto row = std::ranges::find(kFunctions, name, &Function::name);
  if (row == kFunctions.end()) return fail(Code::kInvalid, "unknown function");
  return row->call(machine, arguments);
}
Result<Json> call_macro(std::string_view name, const Arguments& arguments) {
  return call_row(kMacros, Json(nullptr), name, arguments);
}
Result<Json> call_method(const Json& object, std::string_view name, const Arguments& arguments) {
  return call_row(kMethods, object, name, arguments);
}

}  // namespace armature::dag
