#include "sandbox/template/parameters.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/functions.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

constexpr int kMaxTypeDepth = 64;

// The definition a "$ref" names, followed to the end; the schema itself without one.
const JsonObject* resolved(const Context& context, const JsonObject* schema) {
  for (int hops = 0; schema != nullptr && hops < kMaxTypeDepth; ++hops) {
    const Json* reference = find_ci(*schema, "$ref");
    if (reference == nullptr || !reference->is_string()) return schema;
    constexpr std::string_view kPrefix = "#/definitions/";
    const JsonObject* definitions = context.section("definitions");
    if (definitions == nullptr || !as_text(*reference).starts_with(kPrefix)) return nullptr;
    const Json* next = find_ci(*definitions, as_text(*reference).substr(kPrefix.size()));
    schema = next == nullptr ? nullptr : next->if_object();
  }
  return nullptr;
}

std::string lower_type(const JsonObject& schema) {
  const Json* type = find_ci(schema, "type");
  return type != nullptr && type->is_string() ? to_lower(as_text(*type)) : "";
}

// Checks one value against a type. The value of a secure parameter is never in a message.
class TypeCheck {
 public:
  TypeCheck(const Context& context, std::string name) : context_(context), name_(std::move(name)) {}

  std::optional<TemplateError> run(const JsonObject& written, const Json& value, int depth = 0) {
    const JsonObject* schema = resolved(context_, &written);
    if (schema == nullptr || depth > kMaxTypeDepth) {
      return invalid_template("The type of the template parameter '" + name_ +
                              "' is not valid: its definition is not found.");
    }
    const std::string type = lower_type(*schema);
    if (type.starts_with("secure")) secure_ = true;
    if (value.is_null() && (allows_null(written) || allows_null(*schema))) return std::nullopt;
    if (auto error = kind(type, value)) return error;
    if (auto error = allowed(*schema, value)) return error;
    if (auto error = limits(*schema, value)) return error;
    if (const auto* array = value.if_array()) return elements(*schema, *array, depth);
    if (const auto* object = value.if_object()) return members(*schema, *object, depth);
    return std::nullopt;
  }

 private:
  static bool allows_null(const JsonObject& schema) {
    const Json* flag = find_ci(schema, "nullable");
    return flag != nullptr && flag->is_bool() && flag->get_bool();
  }

  std::optional<TemplateError> kind(const std::string& type, const Json& value) {
    struct Row {
      std::string_view type;
      std::string_view expected;
      bool fits;
    };
    const Row rows[] = {
        {"string",       "String, Uri", value.is_string()},
        {"securestring", "String, Uri", value.is_string()},
        {"int",          "Integer",     value.is_int64() },
        {"bool",         "Boolean",     value.is_bool()  },
        {"object",       "Object",      value.is_object()},
        {"secureobject", "Object",      value.is_object()},
        {"array",        "Array",       value.is_array() }
    };
    if (type.empty()) return std::nullopt;
    for (const Row& row : rows) {
      if (row.type != type) continue;
      if (row.fits) return std::nullopt;
      return invalid_template(
          "Template parameter JToken type is not valid. Expected '" + std::string(row.expected) +
          "'. Actual '" + type_name(value) +
          "'. Please see https://aka.ms/resource-manager-parameter-files for usage details.");
    }
    return invalid_template("The type '" + type + "' of the template parameter '" + name_ +
                            "' is not valid.");
  }

  std::optional<TemplateError> allowed(const JsonObject& schema, const Json& value) {
    const Json* written = find_ci(schema, "allowedValues");
    const auto* list = written == nullptr ? nullptr : written->if_array();
    if (list == nullptr) return std::nullopt;
    const auto listed = [&](const Json& wanted) {
      return std::ranges::any_of(*list, [&](const Json& one) { return same_value(one, wanted); });
    };
    if (listed(value)) return std::nullopt;
    // Of an array parameter every element may come from the list.
    if (const auto* array = value.if_array(); array && std::ranges::all_of(*array, listed)) {
      return std::nullopt;
    }
    std::vector<std::string> names;
    for (const Json& one : *list) names.push_back(plain_text(one));
    return refuse(value, "The parameter value is not part of the allowed value(s): '" +
                             join(names, ",") + "'.");
  }

  std::optional<TemplateError> limits(const JsonObject& schema, const Json& value) {
    const auto bound = [&](std::string_view key) -> std::optional<std::int64_t> {
      const Json* written = find_ci(schema, key);
      if (written == nullptr || !written->is_int64()) return std::nullopt;
      return written->get_int64();
    };
    std::optional<std::int64_t> size;
    if (value.is_string()) size = static_cast<std::int64_t>(to_utf16(as_text(value)).size());
    if (value.is_array()) size = static_cast<std::int64_t>(value.get_array().size());
    if (size) {
      const auto least = bound("minLength");
      const auto most = bound("maxLength");
      if (least && *size < *least) {
        return refuse_length("greater than or equal to '" + std::to_string(*least));
      }
      if (most && *size > *most) {
        return refuse_length("less than or equal to '" + std::to_string(*most));
      }
    }
    if (const auto* number = value.if_int64()) {
      const auto least = bound("minValue");
      const auto most = bound("maxValue");
      if ((least && *number < *least) || (most && *number > *most)) {
        const bool low = least && *number < *least;
        return refuse(value, std::string("The value must be ") +
                                 (low ? "greater than or equal to '" : "less than or equal to '") +
                                 std::to_string(low ? *least : *most) + "'.");
      }
    }
    return std::nullopt;
  }

  std::optional<TemplateError> elements(const JsonObject& schema, const JsonArray& array,
                                        int depth) {
    const Json* items = find_ci(schema, "items");
    const Json* tuple = find_ci(schema, "prefixItems");
    const std::size_t fixed = tuple != nullptr && tuple->is_array() ? tuple->get_array().size() : 0;
    for (std::size_t i = 0; i < array.size(); ++i) {
      const Json* type = i < fixed ? &tuple->get_array()[i] : items;
      if (type == nullptr) continue;
      if (type->is_bool() && !type->get_bool()) {
        return within(invalid_template("The template parameter '" + name_ +
                                       "' has more elements than its type allows."),
                      i);
      }
      if (!type->is_object()) continue;
      if (auto error = run(type->get_object(), array[i], depth + 1)) {
        return within(*std::move(error), i);
      }
    }
    return std::nullopt;
  }

  std::optional<TemplateError> members(const JsonObject& schema, const JsonObject& object,
                                       int depth) {
    if (const Json* choice = find_ci(schema, "discriminator")) {
      const std::string property = text_at(*choice, "propertyName");
      const Json* chosen = find_ci(object, property);
      const Json* mapping = find(*choice, "mapping");
      const Json* variant = chosen != nullptr && chosen->is_string() && mapping != nullptr
                                ? find(*mapping, as_text(*chosen))
                                : nullptr;
      if (variant == nullptr || !variant->is_object()) {
        return invalid_template("The template parameter '" + name_ +
                                "' is not valid: the property '" + property +
                                "' does not name one of its types.");
      }
      return run(variant->get_object(), Json(object), depth + 1);
    }
    const Json* declared = find_ci(schema, "properties");
    static const JsonObject kNone;
    const JsonObject& known =
        declared != nullptr && declared->is_object() ? declared->get_object() : kNone;
    for (const auto& [key, type] : known) {
      if (!type.is_object()) continue;
      const Json* member = find_ci(object, key);
      if (auto error = property(type.get_object(), key, member, depth)) return error;
    }
    const Json* additional = find_ci(schema, "additionalProperties");
    if (additional == nullptr) return std::nullopt;
    for (const auto& [key, member] : object) {
      if (find_ci(known, key) != nullptr) continue;
      if (additional->is_bool() && !additional->get_bool()) {
        return within(
            invalid_template("The template parameter '" + name_ + "' is not valid: the property '" +
                             std::string(key) + "' is not permitted by its type."),
            key);
      }
      if (!additional->is_object()) continue;
      if (auto error = run(additional->get_object(), member, depth + 1)) {
        return within(*std::move(error), key);
      }
    }
    return std::nullopt;
  }

  std::optional<TemplateError> property(const JsonObject& type, std::string_view key,
                                        const Json* member, int depth) {
    if (member != nullptr) {
      auto error = run(type, *member, depth + 1);
      return error ? std::optional(within(*std::move(error), key)) : std::nullopt;
    }
    const JsonObject* schema = resolved(context_, &type);
    if (!context_.symbolic || allows_null(type) || (schema != nullptr && allows_null(*schema))) {
      return std::nullopt;
    }
    return within(invalid_template("The template parameter '" + name_ +
                                   "' is not valid: the required property '" + std::string(key) +
                                   "' is not provided."),
                  key);
  }

  TemplateError refuse(const Json& value, const std::string& why) const {
    const std::string shown = secure_ ? "" : " '" + plain_text(value) + "'";
    return invalid_template("The provided value" + shown + " for the template parameter '" + name_ +
                            "' at line '0' and column '0' is not valid. " + why);
  }
  TemplateError refuse_length(const std::string& bound) const {
    return invalid_template("The provided value for the template parameter '" + name_ +
                            "' is not valid. Length of the value should be " + bound + "'.");
  }

  const Context& context_;
  std::string name_;
  bool secure_ = false;
};

std::optional<TemplateError> check_names(const Context& context, const JsonObject& declared) {
  std::vector<std::string> unknown;
  for (const auto& [name, value] : context.given) {
    if (find_ci(declared, name) == nullptr) unknown.emplace_back(name);
  }
  if (unknown.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& [name, declaration] : declared) names.emplace_back(name);
  return invalid_template(
      "The template parameters '" + join(unknown, ", ") +
      "' in the parameters file are not valid; they are not present in the original template and "
      "can therefore not be provided at deployment time. The only supported parameters for this "
      "template are '" +
      join(names, ", ") +
      "'. Please see https://aka.ms/arm-pass-parameter-values for usage details.");
}

}  // namespace

Outcome<Json> parameter_value(Evaluator& evaluator, const std::string& name,
                              const Json& declaration) {
  return checked_value(evaluator, evaluator.context.given, name, declaration);
}

Outcome<Json> checked_value(Evaluator& evaluator, const JsonObject& all_given,
                            const std::string& name, const Json& declaration) {
  if (!declaration.is_object()) {
    return invalid_template("The template parameter '" + name + "' must be an object.");
  }
  const JsonObject& type = declaration.get_object();
  const Json* given = find_ci(all_given, name);
  const Json* provided =
      given != nullptr && given->is_object() ? find_ci(given->get_object(), "value") : nullptr;
  const Json* fallback = find_ci(type, "defaultValue");
  Json value;
  if (provided != nullptr && (!provided->is_null() || fallback == nullptr)) {
    if (is_open(evaluator, *provided)) return not_yet_known(name);
    value = *provided;
  } else if (fallback != nullptr) {
    ARMATURE_TRY(value, evaluator.value(*fallback));
  } else {
    const JsonObject* schema = resolved(evaluator.context, &type);
    const auto nullable = [](const JsonObject* one) {
      const Json* flag = one == nullptr ? nullptr : find_ci(*one, "nullable");
      return flag != nullptr && flag->is_bool() && flag->get_bool();
    };
    if (nullable(&type) || nullable(schema)) return Json(nullptr);
    return invalid_template("The value for the template parameter '" + name +
                            "' at line '0' and column '0' is not provided. Please see "
                            "https://aka.ms/arm-create-parameter-file for usage details.");
  }
  if (auto error = TypeCheck(evaluator.context, name).run(type, value)) return *std::move(error);
  return value;
}

std::optional<TemplateError> resolve_parameters(Context& context) {
  static const JsonObject kNone;
  const JsonObject* section = context.section("parameters");
  const JsonObject& declared = section == nullptr ? kNone : *section;
  if (auto error = check_names(context, declared)) return within(*std::move(error), "parameters");
  Evaluator evaluator(context, Phase::kDefault);
  for (const auto& [name, declaration] : declared) {
    auto value = evaluator.parameter(name);
    if (!value && value.error().code != kNotYetKnown)
      return within(within(value.error(), name), "parameters");
  }
  return std::nullopt;
}

std::string shown_type(const Context& context, const Json& declaration) {
  const JsonObject* schema = resolved(context, declaration.if_object());
  const std::string type = schema == nullptr ? "" : lower_type(*schema);
  for (const std::string_view name :
       {"String", "SecureString", "Int", "Bool", "Object", "SecureObject", "Array"}) {
    if (equal_ci(name, type)) return std::string(name);
  }
  return type;
}

bool is_secure(std::string_view shown_type) { return shown_type.starts_with("Secure"); }

}  // namespace armature::sandbox::tmpl
