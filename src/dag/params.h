#pragma once
// Params of a run: defaults and the trigger's conf, checked by JSON Schema (valijson). Pure.
//   Errors  kInvalid: "params.location: 'mars' is not one of [westeurope, northeurope]"; unknown
//   names too
#include "base/json.h"
#include "base/result.h"
#include "dag/dag.h"

namespace armature::dag {

Result<JsonObject> resolve_params(const DagDef& dag, const JsonObject& conf);

}  // namespace armature::dag
