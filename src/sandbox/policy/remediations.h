#pragma once
// Microsoft.PolicyInsights/remediations: brings what is there already in line with a policy of the
// effect modify or deployIfNotExists, under the assignment's identity.
//
//   PUT       finds the resources that are not compliant now, and starts the work: a PATCH without
//             content, which the policy changes, or the policy's deployment; its state follows from
//             what came of it
//   Source    Microsoft.PolicyInsights remediations REST reference
//   Threads   under the store's lock; the work itself after the commit
#include <vector>

#include "sandbox/cloud.h"
#include "sandbox/policy/existence.h"

namespace armature::sandbox::policy {

ArmAnswer read_remediation(Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer change_remediation(Cloud& cloud, Change& change, const ArmCall& call,
                             std::vector<Remedy>& remedies);

}  // namespace armature::sandbox::policy
