#pragma once
// The routes of Microsoft.PolicyInsights: policyStates (queryResults, summarize,
// triggerEvaluation), policyEvents, remediations.
//
//   Scopes    management group, subscription, group, resource; an assignment, a definition or an
//             initiative stands for what it applies to in the subscription
//   Query     $filter (eq, ne, lt, le, gt, ge, joined by and), $top, $from, $to; $orderby and
//             $select are accepted, results are newest first; $apply is refused
//   Source    Microsoft.PolicyInsights REST reference
//   Threads   under the store's lock
#include <vector>

#include "sandbox/cloud.h"
#include "sandbox/policy/existence.h"

namespace armature::sandbox::policy {

bool is_insights(const ArmCall& call);
ArmAnswer read_insights(Cloud& cloud, const State& state, const ArmCall& call);
// `remedies`: what a remediation leaves to do after the commit.
ArmAnswer change_insights(Cloud& cloud, Change& change, const ArmCall& call,
                          std::vector<Remedy>& remedies);

}  // namespace armature::sandbox::policy
