#pragma once
// Parameters that are expressions over external inputs: what a tool read where it ran (environment
// variables, options), sent beside the template with each input's kind and configuration.
//
//   external_input_functions   the two functions; in a template they find nothing
//   evaluate_input   one expression. Of the functions those that ask nothing of a template or its
//                    surroundings, externalInputs('name') and externalInput(kind, config?)
//   Source           Deployments API 2025-04-01, externalInputs and externalInputDefinitions
//   Threads          pure
#include "sandbox/template/evaluator.h"

namespace armature::sandbox::tmpl {

std::span<const Function> external_input_functions();
// `inputs`: {"externalInputs": {name: {"value"}}, "externalInputDefinitions": {name: {"kind",
// "config"?}}}.
Outcome<Json> evaluate_input(const Json& inputs, const Json& expression);

}  // namespace armature::sandbox::tmpl
