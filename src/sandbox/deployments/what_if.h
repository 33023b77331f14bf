#pragma once
// What-if: the changes that a deployment would make, compared with what is there.
//
//   In        a request prepared as a preview, and its outline
//   Out       {"status","properties":{correlationId, changes[], diagnostics[]?}} as ARM answers
//   Before    the resource as it was put; of what is kept elsewhere (role assignments and the like)
//             those members of GET's answer that the template names
//   After     what the template puts; what only the deployment can tell stays an expression
//   Errors    refusal: the caller may not read a resource, or its body cannot be evaluated
//   Source    "ARM template what-if"; recorded answers
//   Threads   reads the store
#include "sandbox/deployments/outline.h"

namespace armature::sandbox {

struct WhatIf {
  Json result;
  std::optional<ArmAnswer> refusal;
};

// `ids_only`: resultFormat ResourceIdOnly.
WhatIf what_if(Cloud& cloud, const Prepared& prepared, const Outline& planned, bool ids_only);

}  // namespace armature::sandbox
