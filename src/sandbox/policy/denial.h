#pragma once
// What ARM says about policies that took effect: the error of a denial, the records of the log.
//
//   violation_error  {code RequestDisallowedByPolicy, target, message, additionalInfo of the type
//                    PolicyViolation}: the error of a direct call, or one detail of a deployment's
//   Source           recorded answers of ARM
//   Threads          pure
#include <string>
#include <vector>

#include "sandbox/policy/ruling.h"

namespace armature::sandbox::policy {

Json violation_error(const std::string& resource_name, const std::vector<Match>& denied);
// {policyDefinitionId, policyAssignmentId …} as the Activity Log tells it.
Json logged_policy(const Match& match);
// {"evaluatedExpressions": […]}
Json evaluation_details(const std::vector<Evaluated>& evaluated);

}  // namespace armature::sandbox::policy
