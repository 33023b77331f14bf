#pragma once
// What a template can ask about where it is deployed: subscription(), resourceGroup(),
// managementGroup(), tenant(), deployment(), environment() and the rest.
//
//   planned_group   a resource group that is not there yet, as the same deployment will make it;
//                   null otherwise
//   Errors          none: what does not exist at the scope is null, and the function says so
//   Threads         reads the store
#include "sandbox/cloud.h"
#include "sandbox/template/template.h"

namespace armature::sandbox {

tmpl::Surroundings surroundings_of(Cloud& cloud, const Deployment& deployment,
                                   const Json& parameters, const Json& planned_group);

}  // namespace armature::sandbox
