#pragma once
// Params of a run: defaults and the trigger's conf, checked by JSON Schema (valijson). Pure.
//   Errors  kInvalid: "params.location: 'mars' is not one of [westeurope, northeurope]"; unknown
//   names too
#include "base/json.h"
#include "base/result.h"
#include "dag/dag.h"

namespace armature::dag {

Result<JsonObject> resolve_params(const DagDef& dag, const JsonObject& conf);

// The schema itself, and a value against it; no value: the schema alone. Error text names neither
// the parameter nor a value whose schema says `format: password` or `writeOnly`.
Status check_param(const ParamDef& param, const Json* value);

// Whether its schema says `format: password` or `writeOnly`.
bool is_hidden(const ParamDef& param);

}  // namespace armature::dag
