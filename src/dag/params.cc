#include "dag/params.h"

// Without this the library ends the process when a schema is broken.
#define VALIJSON_USE_EXCEPTIONS 1

#include <algorithm>
#include <regex>
#include <valijson/adapters/boost_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "base/bytes.h"

namespace armature::dag {
namespace {

// std::regex recurses once per character of what it reads: longer text could end the process.
constexpr std::size_t kMaxPatternText = 1024;

template <class Visit>
void each_object(const Json& value, const Visit& visit) {
  if (const auto* dict = value.if_object()) {
    visit(*dict);
    for (const auto& member : *dict) each_object(member.value(), visit);
  } else if (const auto* list = value.if_array()) {
    for (const Json& item : *list) each_object(item, visit);
  }
}
bool uses(const JsonObject& schema, std::string_view keyword) {
  bool found = false;
  each_object(Json(schema), [&](const JsonObject& one) { found |= one.contains(keyword); });
  return found;
}
std::size_t longest_text(const Json& value) {
  std::size_t out = value.is_string() ? value.get_string().size() : 0;
  if (const auto* list = value.if_array()) {
    for (const Json& item : *list) out = std::max(out, longest_text(item));
  }
  if (const auto* dict = value.if_object()) {
    for (const auto& [key, item] : *dict) {
      out = std::max({out, std::size_t{key.size()}, longest_text(item)});
    }
  }
  return out;
}

std::string_view json_type(const Json& value) {
  if (value.is_null()) return "null";
  if (value.is_bool()) return "boolean";
  if (value.is_int64() || value.is_uint64()) return "integer";
  if (value.is_double()) return "number";
  if (value.is_string()) return "string";
  return value.is_array() ? "array" : "object";
}
bool has_type(const Json& value, std::string_view type) {
  return json_type(value) == type || (type == "number" && json_type(value) == "integer");
}

std::string shown(const Json& value) {
  std::string text = value.is_string() ? std::string(as_text(value)) : dump(value);
  if (text.size() > 60) text = text.substr(0, 57) + "…";
  return value.is_string() ? "'" + text + "'" : text;
}
std::string list_of(const JsonArray& values) {
  std::vector<std::string> words;
  for (const Json& one : values) {
    words.push_back(one.is_string() ? std::string(as_text(one)) : dump(one));
  }
  return join(words, ", ");
}

// The common refusals in plain words; empty when the validator's own must do.
std::string explain(const JsonObject& schema, const Json& value, const std::string& what) {
  if (const Json* type = schema.if_contains("type")) {
    const JsonArray types = type->is_array() ? type->get_array() : JsonArray{*type};
    const bool fits = std::ranges::any_of(
        types, [&](const Json& one) { return one.is_string() && has_type(value, as_text(one)); });
    if (!fits) {
      return "expected " + list_of(types) + ", found " + std::string(json_type(value));
    }
  }
  if (const Json* choices = schema.if_contains("enum"); choices != nullptr && choices->is_array()) {
    if (std::ranges::find(choices->get_array(), value) == choices->get_array().end()) {
      return what + " is not one of [" + list_of(choices->get_array()) + "]";
    }
  }
  return {};
}

Status validate(const ParamDef& param, const Json* value) {
  const Json document(param.schema);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::BoostJsonAdapter(document), schema);
  each_object(document, [](const JsonObject& one) {
    const Json* pattern = one.if_contains("pattern");
    if (pattern != nullptr && pattern->is_string()) std::regex(std::string(as_text(*pattern)));
  });
  if (value == nullptr) return Ok{};
  const bool hidden = is_hidden(param);
  const std::string what = hidden ? "the value" : shown(*value);
  if (std::string why = explain(param.schema, *value, what); !why.empty()) {
    return fail(Code::kInvalid, std::move(why));
  }
  valijson::Validator validator;
  valijson::ValidationResults results;
  const valijson::adapters::BoostJsonAdapter target(*value);
  if (validator.validate(schema, target, &results)) return Ok{};
  if (param.schema.contains("pattern") && value->is_string()) {
    return fail(Code::kInvalid, what + " does not match " + text_at(document, "pattern"));
  }
  valijson::ValidationResults::Error first;
  if (hidden || !results.popError(first)) return fail(Code::kInvalid, what + " is not allowed");
  return fail(Code::kInvalid, what + ": " + first.description);
}

}  // namespace

bool is_hidden(const ParamDef& param) {
  const Json schema(param.schema);
  return text_at(schema, "format") == "password" || bool_at(schema, "writeOnly");
}

Status check_param(const ParamDef& param, const Json* value) {
  if (uses(param.schema, "$ref")) return fail(Code::kInvalid, "$ref is not supported");
  const bool matches = uses(param.schema, "pattern") || uses(param.schema, "patternProperties") ||
                       uses(param.schema, "format");
  if (value != nullptr && matches && longest_text(*value) > kMaxPatternText) {
    return fail(Code::kInvalid, "longer than 1024 characters, too long to check by pattern");
  }
  // The library reports broken schemas and patterns by exceptions; they end here.
  try {
    return validate(param, value);
  } catch (const std::exception& error) {
    return fail(Code::kInvalid, std::string("the schema does not hold: ") + error.what());
  }
}

Result<JsonObject> resolve_params(const DagDef& dag, const JsonObject& conf) {
  std::vector<std::string> names;
  for (const ParamDef& param : dag.params) names.push_back(param.name);
  for (const auto& member : conf) {
    const std::string name(member.key());
    if (std::ranges::find(names, name) != names.end()) continue;
    const std::string near = nearest(name, names);
    return fail(Code::kInvalid, "params." + name + ": this DAG has no such parameter" +
                                    (near.empty() ? "" : "; did you mean '" + near + "'?"));
  }
  JsonObject out;
  for (const ParamDef& param : dag.params) {
    const Json* value = conf.if_contains(param.name);
    if (value == nullptr && param.default_value) value = &*param.default_value;
    if (value == nullptr) {
      return fail(Code::kInvalid,
                  "params." + param.name + ": a value is needed, it has no default");
    }
    if (auto status = check_param(param, value); !status) {
      return std::move(status).error().in("params." + param.name);
    }
    out[param.name] = *value;
  }
  return out;
}

}  // namespace armature::dag
