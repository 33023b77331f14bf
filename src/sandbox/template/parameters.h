#pragma once
// Parameters of a deployment: values, defaults, constraints, user-defined types.
#include "sandbox/template/evaluator.h"

namespace armature::sandbox::tmpl {

// Refuses values for parameters that the template does not declare, then evaluates all.
std::optional<TemplateError> resolve_parameters(Context& context);
// The checked value of one parameter; defaults are evaluated with `evaluator`.
Outcome<Json> parameter_value(Evaluator& evaluator, const std::string& name,
                              const Json& declaration);
// The same of values that are no parameters, such as an extension's configuration.
Outcome<Json> checked_value(Evaluator& evaluator, const JsonObject& given, const std::string& name,
                            const Json& declaration);
TemplateError not_yet_known(std::string_view name);
// Was an expression given that the parent's preview could not evaluate?
bool is_open(const Evaluator& evaluator, const Json& given);
// In a preview: the expression to show for a parameter whose value is not known before the
// deployment runs; null when `value` may be used.
std::shared_ptr<const Node> stand_in_for(Evaluator& evaluator, const std::string& name,
                                         const Json& declaration, const Outcome<Json>& value);
// "String", "SecureString", "Int", "Bool", "Object", "SecureObject", "Array": $ref followed.
std::string shown_type(const Context& context, const Json& declaration);
bool is_secure(std::string_view shown_type);

}  // namespace armature::sandbox::tmpl
