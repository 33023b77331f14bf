// Params and macros of a DAG file.
#include <algorithm>

#include "base/bytes.h"
#include "dag/load_internal.h"
#include "dag/params.h"

namespace armature::dag {
namespace {

const std::vector<std::string>& schema_keywords() {
  static const std::vector<std::string> kNames = {
      "type", "enum", "const", "default", "title", "description", "examples", "format", "pattern",
      "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
      "multipleOf", "items", "minItems", "maxItems", "uniqueItems", "contains", "properties",
      "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties",
      "maxProperties", "dependencies", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
      "writeOnly", "readOnly",
      // Airflow's own, for forms
      "section", "values_display", "description_md", "source"};
  return kNames;
}

bool is_name(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
  return !text.empty() && text.find_first_not_of(kAllowed) == std::string_view::npos &&
         !(text[0] >= '0' && text[0] <= '9');
}

void read_param(const YamlNode::Entry& entry, Draft& draft) {
  ParamDef param;
  param.name = entry.key;
  const std::string path = "params." + entry.key;
  Position default_at = entry.value.at;
  if (!entry.value.is_map()) {
    param.default_value = to_json(entry.value);
  } else {
    for (const auto& keyword : entry.value.entries) {
      if (std::ranges::find(schema_keywords(), keyword.key) == schema_keywords().end()) {
        draft.report.error(keyword.at, path + "." + keyword.key, "unknown_key",
                           "'" + keyword.key + "' is no keyword of JSON Schema that is known here",
                           did_you_mean(keyword.key, schema_keywords()));
      } else if (keyword.key == "default") {
        param.default_value = to_json(keyword.value);
        default_at = keyword.value.at;
      } else {
        param.schema[keyword.key] = to_json(keyword.value);
      }
    }
  }
  if (auto schema = check_param(param, nullptr); !schema) {
    draft.report.error(entry.value.at, path, "invalid_param", schema.error().message);
  } else if (param.default_value) {
    if (auto fits = check_param(param, &*param.default_value); !fits) {
      draft.report.error(default_at, path + ".default", "invalid_param",
                         "the default does not fit its schema: " + fits.error().message);
    }
  } else if (draft.dag.schedule.kind != Schedule::Kind::kNone) {
    draft.report.error(entry.at, path, "invalid_param",
                       "a DAG with a schedule needs a default for every parameter");
  }
  draft.dag.params.push_back(std::move(param));
}

}  // namespace

void read_params(const YamlNode* node, Draft& draft) {
  if (node == nullptr) return;
  for (const auto& entry : node->entries) {
    if (!is_name(entry.key)) {
      draft.report.error(entry.at, "params." + entry.key, "invalid_value",
                         "a parameter's name has letters, digits and '_' only");
      continue;
    }
    read_param(entry, draft);
  }
}

void read_macros(const YamlNode* node, Draft& draft) {
  if (node == nullptr) return;
  const auto taken = [](const std::string& name) {
    return name == "response" ||
           std::ranges::find(template_names(), name) != template_names().end();
  };
  for (const auto& entry : node->entries) {
    const std::string path = "user_defined_macros." + entry.key;
    if (!is_name(entry.key)) {
      draft.report.error(entry.at, path, "invalid_value",
                         "a macro's name has letters, digits and '_' only");
    } else if (taken(entry.key)) {
      draft.report.error(entry.at, path, "invalid_value",
                         "'" + entry.key + "' is a name that every template has already");
    }
    TemplateSite site;
    site.kind = TemplateSite::Kind::kMacro;
    site.index = draft.dag.user_defined_macros.size();
    add_sites(entry.value, path, site, draft.sites);
    draft.dag.user_defined_macros.emplace_back(entry.key, to_json(entry.value));
  }
}

}  // namespace armature::dag
