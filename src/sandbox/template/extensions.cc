#include "sandbox/template/extensions.h"

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/parameters.h"

namespace armature::sandbox::tmpl {
namespace {

constexpr std::string_view kSection = "extensions";

const JsonObject& object_or_none(const Json* value) {
  static const JsonObject kNone;
  return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

const JsonObject& all_given(const Context& context) {
  return object_or_none(at(context.surroundings.deployment, "properties.extensionConfigs"));
}

// The value of one key that was given without a declaration: the extension knows its type.
Outcome<Json> undeclared(const Evaluator& evaluator, const std::string& key, const Json& item) {
  const Json* value = item.is_object() ? find_ci(item.get_object(), "value") : nullptr;
  if (value != nullptr && !is_open(evaluator, *value)) return *value;
  if (evaluator.context.surroundings.preview != Preview::kNo) return not_yet_known(key);
  return invalid_template("The extension configuration '" + key +
                          "' must be an object with 'value' or 'keyVaultReference'.");
}

// {key: {"value"}} of one extension: what was given, then what is declared.
Outcome<Json> config_of(Evaluator& evaluator, const std::string& alias, const Json& declared) {
  const Json* one = find_ci(all_given(evaluator.context), alias);
  if (one != nullptr && is_open(evaluator, *one)) return not_yet_known(alias);
  const JsonObject& given = object_or_none(one);
  const JsonObject& keys = object_or_none(find(declared, "config"));
  JsonObject out;
  const auto put = [&](std::string_view key, Json value) {
    JsonObject item;
    item["value"] = std::move(value);
    out[key] = std::move(item);
  };
  for (const auto& [key, item] : given) {
    if (find_ci(keys, key) != nullptr) continue;
    ARMATURE_TRY(Json value, undeclared(evaluator, key, item));
    put(key, std::move(value));
  }
  for (const auto& [key, declaration] : keys) {
    const Json* item = find_ci(given, key);
    const bool later = item != nullptr && find(*item, "value") == nullptr &&
                       evaluator.context.surroundings.preview != Preview::kNo;
    if (later) return not_yet_known(key);
    ARMATURE_TRY(Json value, checked_value(evaluator, given, key, declaration));
    if (!value.is_null()) put(key, std::move(value));
  }
  return Json(std::move(out));
}

Outcome<Json> extensions(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string alias, text_argument(kSection, arguments, 0));
  const JsonObject* section = evaluator.context.section(kSection);
  const Json* declared = section == nullptr ? nullptr : find_ci(*section, alias);
  if (declared == nullptr) {
    return invalid_template("The template extension '" + alias +
                            "' is not found. Please see https://aka.ms/arm-template for usage "
                            "details.");
  }
  ARMATURE_TRY(Json config, config_of(evaluator, alias, *declared));
  JsonObject out;
  out["name"] = text_at(*declared, "name");
  out["version"] = text_at(*declared, "version");
  out["config"] = std::move(config);
  return Json(std::move(out));
}

constexpr Function kRows[] = {
    {"extensions", 1, 1, extensions},
};

}  // namespace

std::optional<TemplateError> check_extension_configs(Context& context) {
  const JsonObject* section = context.section(kSection);
  std::vector<std::string> unknown;
  for (const auto& [alias, config] : all_given(context)) {
    if (section == nullptr || find_ci(*section, alias) == nullptr) unknown.emplace_back(alias);
  }
  if (!unknown.empty()) {
    return invalid_template("The extension configurations '" + join(unknown, ", ") +
                            "' are not valid: the template declares no such extensions.");
  }
  if (section == nullptr) return std::nullopt;
  Evaluator evaluator(context, Phase::kStart);
  for (const auto& [alias, declared] : *section) {
    const auto config = config_of(evaluator, alias, declared);
    if (!config && config.error().code != kNotYetKnown) {
      return within(within(config.error(), alias), kSection);
    }
  }
  return std::nullopt;
}

// What declares no type is judged by the extension: of those that ARM knows, Kubernetes has a
// secret.
bool is_secret_config(const Json& document, std::string_view alias, std::string_view key) {
  const auto* root = document.if_object();
  const Json* declared = find_ci(object_or_none(root ? find_ci(*root, kSection) : nullptr), alias);
  if (declared == nullptr) return false;
  const Json* item = find_ci(object_or_none(find(*declared, "config")), key);
  const std::string type = item == nullptr ? "" : to_lower(text_at(*item, "type"));
  if (!type.empty()) return type.starts_with("secure");
  return equal_ci(text_at(*declared, "name"), "Kubernetes") && equal_ci(key, "kubeConfig");
}

Json shown_extensions(const Json& document) {
  JsonArray out;
  const auto* root = document.if_object();
  for (const auto& [alias, declared] : object_or_none(root ? find_ci(*root, kSection) : nullptr)) {
    const std::string name = text_at(declared, "name");
    if (equal_ci(name, "AzureResourceManager")) continue;
    out.push_back(JsonObject{
        {"alias",     std::string(alias)},
        {         "name",       name                  },
        { "version", text_at(declared,                   "version")}
    });
  }
  return out;
}

std::span<const Function> extension_functions() { return kRows; }

}  // namespace armature::sandbox::tmpl
