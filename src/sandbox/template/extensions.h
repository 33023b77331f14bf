#pragma once
// Extensions of a template (Kubernetes, Microsoft Graph): what it declares and what its deployment
// is told to reach them with, properties.extensionConfigs.
//
//   extension_functions       extensions('alias')
//   check_extension_configs   refuses configurations of aliases that are not declared, and those
//                             that a declaration wants and nobody gave or that have a wrong type
//   is_secret_config          must a value be kept out of what is stored and shown?
//   shown_extensions          [{alias, name, version}], as a deployment shows them: never their
//                             configurations
//   In                        the configurations as deployment() shows them, {alias: {key:
//                             {"value"}}}; in a preview an item without "value" is not known yet
//   Source                    Deployments API 2025-04-01; Bicep's proposal 0006
//   Threads                   pure
#include "sandbox/template/evaluator.h"

namespace armature::sandbox::tmpl {

std::span<const Function> extension_functions();
std::optional<TemplateError> check_extension_configs(Context& context);
bool is_secret_config(const Json& document, std::string_view alias, std::string_view key);
Json shown_extensions(const Json& document);

}  // namespace armature::sandbox::tmpl
