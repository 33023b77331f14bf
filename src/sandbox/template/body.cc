// What needs run-time functions: request bodies and outputs.
#include "base/bytes.h"
#include "base/result.h"
#include "sandbox/template/nested.h"
#include "sandbox/template/parameters.h"
#include "sandbox/template/plan.h"
#include "sandbox/template/text.h"

namespace armature::sandbox::tmpl {
namespace {

// Members of a template resource that are no part of its request body.
bool stays_behind(std::string_view key) {
  for (const std::string_view name :
       {"condition", "type", "apiVersion", "name", "comments", "dependsOn", "copy", "resources",
        "existing", "scope", "subscriptionId", "resourceGroup", "metadata", "asserts", "import",
        "extension"}) {
    if (equal_ci(name, key)) return true;
  }
  return false;
}

// The properties of a nested deployment: its template is handled by the scope it asks for.
Outcome<Json> deployment_properties(Evaluator& evaluator, const JsonObject& written,
                                    const JsonObject& resource) {
  const JsonObject* outer = outer_scope_template(resource);
  JsonObject out;
  for (const auto& [key, member] : written) {
    const bool is_template = equal_ci(key, "template") && member.is_object();
    auto value = !is_template       ? evaluator.value(member)
                 : outer != nullptr ? inline_template(evaluator, *outer)
                                    : Outcome<Json>(member);
    if (!value) return within(value.error(), key);
    out[key] = *std::move(value);
  }
  return Json(std::move(out));
}

TemplateError unable_to_process(const Context& context, TemplateError error, const Source& source) {
  if (error.code != "InvalidTemplate") return error;
  error.message = "Unable to process template language expressions for resource '" +
                  source.resource.id + "' at line '0' and column '0'. '" + error.message + "'";
  if (!error.path.starts_with("variables")) error = within(std::move(error), source.path);
  return located(context, std::move(error), source.path);
}

// ARM's serializer lowers the leading capitals of output names: WEBSITE_URL is websitE_URL.
std::string camel_case(std::string name) {
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  for (std::size_t i = 0; i < name.size() && is_upper(name[i]); ++i) {
    if (i > 0 && i + 1 < name.size() && !is_upper(name[i + 1])) break;
    name[i] = static_cast<char>(name[i] - 'A' + 'a');
  }
  return name;
}

std::optional<TemplateError> check_output(const std::string& type, const Json& value) {
  struct Row {
    std::string_view type;
    std::string_view expected;
    bool fits;
  };
  for (const Row& row : {
           Row{"String", "String, Uri", value.is_string()},
           Row{"Int",    "Integer",     value.is_int64() },
           Row{"Bool",   "Boolean",     value.is_bool()  },
           Row{"Array",  "Array",       value.is_array() },
           Row{"Object", "Object",      value.is_object()}
  }) {
    if (row.type != type || row.fits) continue;
    return invalid_template("Template output JToken type is not valid. Expected '" +
                            std::string(row.expected) + "'. Actual '" + type_name(value) +
                            "'. Please see https://aka.ms/arm-template/#outputs for usage "
                            "details.");
  }
  return std::nullopt;
}

// One output as shown, or null when its condition leaves it out.
Outcome<Json> output(Evaluator& evaluator, const JsonObject& written) {
  if (const Json* condition = find_ci(written, "condition")) {
    ARMATURE_TRY(const Json wanted, evaluator.value(*condition));
    if (!wanted.is_bool()) return invalid_template("The condition of an output must be a boolean.");
    if (!wanted.get_bool()) return Json(nullptr);
  }
  const std::string type = shown_type(evaluator.context, Json(written));
  Json value;
  const Json* copy = find_ci(written, "copy");
  const Json* plain = find_ci(written, "value");
  if (copy != nullptr && copy->is_object()) {
    ARMATURE_TRY(value, evaluator.copied(*copy, "", false));
  } else if (plain != nullptr) {
    ARMATURE_TRY(value, evaluator.value(*plain));
  } else {
    return invalid_template("The template output has no 'value'.");
  }
  JsonObject shown{
      {"type", type}
  };
  const Json* nullable = find_ci(written, "nullable");
  const bool may_be_null = nullable != nullptr && nullable->is_bool() && nullable->get_bool();
  if (is_secure(type) || (value.is_null() && may_be_null)) return Json(std::move(shown));
  if (!value.is_null() || !evaluator.context.symbolic) {
    if (auto error = check_output(type, value)) return *std::move(error);
  }
  shown["value"] = std::move(value);
  return Json(std::move(shown));
}

}  // namespace

namespace {

// Nothing exists yet.
class NothingYet final : public Lookup {
 public:
  Outcome<Json> reference(const std::string& id, const std::string&, bool) override {
    return not_yet_known(id);
  }
  Outcome<Json> list(const std::string&, const std::string& id, const std::string&,
                     const Json&) override {
    return not_yet_known(id);
  }
};

Outcome<Json> body(const Source& source, Evaluator& evaluator) {
  JsonObject out;
  for (const auto& [key, member] : *source.written) {
    if (stays_behind(key)) continue;
    const bool nested =
        source.resource.is_deployment && equal_ci(key, "properties") && member.is_object();
    auto value = nested ? deployment_properties(evaluator, member.get_object(), *source.written)
                        : evaluator.value(member);
    if (!value) return unable_to_process(evaluator.context, within(value.error(), key), source);
    if (!value->is_null()) out[key] = *std::move(value);
  }
  return Json(std::move(out));
}

}  // namespace

Outcome<Json> Plan::body_of(std::size_t index, Lookup& lookup) const {
  const Source& source = impl_->directory.sources().at(impl_->source_of.at(index));
  Evaluator evaluator(impl_->context, Phase::kRun, &lookup, &impl_->directory, source.loops);
  return body(source, evaluator);
}

Outcome<Json> Plan::preview_of(std::size_t index) const {
  const Source& source = impl_->directory.sources().at(impl_->source_of.at(index));
  NothingYet lookup;
  Evaluator evaluator(impl_->context, Phase::kRun, &lookup, &impl_->directory, source.loops);
  evaluator.keep_unknown = true;
  return body(source, evaluator);
}

Outcome<Json> Plan::outputs(Lookup& lookup) const {
  JsonObject out;
  const JsonObject* declared = impl_->context.section("outputs");
  if (declared == nullptr) return Json(std::move(out));
  Evaluator evaluator(impl_->context, Phase::kRun, &lookup, &impl_->directory);
  for (const auto& [name, written] : *declared) {
    if (!written.is_object()) {
      return within(within(invalid_template("A template output must be an object."), name),
                    "outputs");
    }
    auto shown = output(evaluator, written.get_object());
    if (!shown) {
      TemplateError error = within(within(shown.error(), name), "outputs");
      if (error.code == "InvalidTemplate") error.code = "DeploymentOutputEvaluationFailed";
      error.message =
          "Unable to evaluate template outputs: '" + std::string(name) + "'. " + error.message;
      return located(impl_->context, std::move(error));
    }
    if (!shown->is_null()) out[camel_case(std::string(name))] = *std::move(shown);
  }
  return Json(std::move(out));
}

}  // namespace armature::sandbox::tmpl
