#pragma once
// The routes of policyDefinitions, policySetDefinitions, policyAssignments and policyExemptions
// below Microsoft.Authorization, at every scope that may hold them.
//
//   Out       ARM's codes: PolicyDefinitionNotFound, InvalidPolicyRule, UnusedPolicyParameters,
//             MissingPolicyParameter, InvalidCreatePolicyAssignmentRequest …
//   Lists     $filter: policyType, category, policyDefinitionId, policyAssignmentId eq 'x',
//             atScope(), atExactScope(), excludeExpired(), joined by and; $top
//   Source    Microsoft.Authorization policy REST reference; codes of recorded clients
//   Threads   under the store's lock
#include "sandbox/cloud.h"

namespace armature::sandbox::policy {

bool is_policy(const ArmCall& call);
// A definition that comes with Azure is open to all who have a token.
bool is_builtin_read(const ArmCall& call);
ArmAnswer read_policy(Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer change_policy(Cloud& cloud, Change& change, const ArmCall& call);

}  // namespace armature::sandbox::policy
