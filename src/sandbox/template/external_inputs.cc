#include "sandbox/template/external_inputs.h"

#include "base/bytes.h"
#include "base/result.h"

namespace armature::sandbox::tmpl {
namespace {

TemplateError not_found(const std::string& what) {
  return invalid_template("The external input " + what +
                          " is not found: 'externalInputs' of the request has no value for it.");
}

// A request's inputs are among what deployment() answers while its parameters are evaluated.
const JsonObject& given(const Evaluator& evaluator, std::string_view section) {
  static const JsonObject kNone;
  const Json* properties = find(evaluator.context.surroundings.deployment, "properties");
  const Json* found = properties != nullptr ? find(*properties, section) : nullptr;
  return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

Outcome<Json> value_of(const Evaluator& evaluator, const std::string& name) {
  const Json* input = find_ci(given(evaluator, "externalInputs"), name);
  const Json* value = input != nullptr ? find(*input, "value") : nullptr;
  if (value == nullptr) return not_found("'" + name + "'");
  return *value;
}

Outcome<Json> external_inputs(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string name, text_argument("externalInputs", arguments, 0));
  return value_of(evaluator, name);
}

Outcome<Json> external_input(Evaluator& evaluator, const Arguments& arguments) {
  ARMATURE_TRY(const std::string kind, text_argument("externalInput", arguments, 0));
  const Json config = arguments.size() > 1 ? arguments[1] : Json();
  for (const auto& [name, definition] : given(evaluator, "externalInputDefinitions")) {
    const Json* configured = find(definition, "config");
    if (text_at(definition, "kind") == kind &&
        same_value(configured != nullptr ? *configured : Json(), config)) {
      return value_of(evaluator, std::string(name));
    }
  }
  return not_found("of kind '" + kind + "'");
}

constexpr Function kRows[] = {
    {"externalInputs", 1, 1, external_inputs},
    {"externalInput",  1, 2, external_input },
};

}  // namespace

std::span<const Function> external_input_functions() { return kRows; }

Outcome<Json> evaluate_input(const Json& inputs, const Json& expression) {
  Context context;
  context.document = JsonObject{};
  context.surroundings.deployment = JsonObject{
      {"properties", inputs}
  };
  if (!expression.is_string()) {
    return invalid_template("The expression of a parameter must be text.");
  }
  return Evaluator(context, Phase::kStart).value(expression);
}

}  // namespace armature::sandbox::tmpl
