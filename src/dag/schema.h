#pragma once
// schema: the DAG file's JSON Schema (draft 7), for editors. Pure.
//
//   Out      one document of a file. What needs more than one place at once (a task's name, a
//   cycle,
//            an argument that default_args may give) only load() can say
//   Held     to load() by a test: each field known to one is known to the other
//   Source   docs/formats/dag.md; published as docs/dag.schema.json
#include <vector>

#include "base/json.h"
#include "dag/load.h"

namespace armature::dag {

Json json_schema(const std::vector<OperatorSpec>& operators);

}  // namespace armature::dag
