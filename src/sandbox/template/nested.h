#pragma once
// Nested deployments inside a template.
//
//   inner scope   the template inside belongs to the nested deployment and is passed on untouched
//   outer scope   (the default) the parent evaluates it: its names and copy loops become literals;
//                 reference() and list*() stay as expressions with their arguments filled in,
//                 except on the parent's own resources, which are looked up at once
#include "sandbox/template/evaluator.h"

namespace armature::sandbox::tmpl {

bool is_deployment_type(std::string_view type);
// `resource` is a nested deployment whose template is evaluated in its own scope: that template.
const JsonObject* inner_scope_template(const JsonObject& resource);
// `resource` is a nested deployment whose template the parent evaluates: that template.
const JsonObject* outer_scope_template(const JsonObject& resource);
Outcome<Json> inline_template(Evaluator& evaluator, const JsonObject& document);
// Text of the document with everything but run-time functions evaluated, ready for a template.
Outcome<Json> partial_text(Evaluator& evaluator, std::string_view written);

}  // namespace armature::sandbox::tmpl
