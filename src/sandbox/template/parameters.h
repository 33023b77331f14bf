#pragma once
// Parameters of a deployment: values, defaults, constraints, user-defined types.
#include "sandbox/template/evaluator.h"

namespace armature::sandbox::tmpl {

// Refuses values for parameters that the template does not declare, then evaluates all.
std::optional<TemplateError> resolve_parameters(Context& context);
// The checked value of one parameter; defaults are evaluated with `evaluator`.
Outcome<Json> parameter_value(Evaluator& evaluator, const std::string& name,
                              const Json& declaration);
// "String", "SecureString", "Int", "Bool", "Object", "SecureObject", "Array": $ref followed.
std::string shown_type(const Context& context, const Json& declaration);
bool is_secure(std::string_view shown_type);

}  // namespace armature::sandbox::tmpl
