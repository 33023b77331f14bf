#pragma once
// Export of a resource group as a template: POST …/resourceGroups/{g}/exportTemplate.
//
//   In        {resources: ["*" or ids], options: "IncludeParameterDefaultValue,
//             SkipResourceNameParameterization, SkipAllParameterization"}
//   Out       200 {template, error?}: a resource per record, ids of exported resources as
//             resourceId() with a dependsOn, ids of others as parameters; deploying it to the same
//             group changes nothing
//   Errors    400 without resources, or with more than 200; what is not there is in `error`
//   Source    "Export templates", limits; shape of ARM's own exports
//   Threads   pure; `state` is read under the store's lock
#include "sandbox/cloud.h"

namespace armature::sandbox {

ArmAnswer export_group(const Cloud& cloud, const State& state, const ArmCall& call);

}  // namespace armature::sandbox
