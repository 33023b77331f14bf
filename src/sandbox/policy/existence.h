#pragma once
// auditIfNotExists and deployIfNotExists: is there what must be there, and the deployment that
// makes it.
//
//   Where     a child or extension type: at the evaluated resource; another type: in its resource
//             group, in the one that details name, or in the subscription (existenceScope)
//   related   an evaluation that fails counts as nothing found
//   Source    Azure Policy effects auditIfNotExists, deployIfNotExists
//   Threads   under the store's lock
#include <optional>
#include <string>

#include "sandbox/cloud.h"
#include "sandbox/policy/ruling.h"

namespace armature::sandbox::policy {

bool related_exists(const Cloud& cloud, const State& state, const Match& match,
                    const Subject& subject, const Request& request);

// A call to make under the assignment's identity, after the write: a deployment, or the empty PATCH
// by which a remediation lets a modify policy do its work.
struct Remedy {
  std::string method = "PUT";
  std::string target;  // "/…/providers/Microsoft.Resources/deployments/PolicyDeployment_…"
  Json body;
  Caller identity;
};
Caller identity_of(const Assigned& assigned);
// Nothing when the policy's deployment cannot be evaluated or the assignment has no identity.
std::optional<Remedy> remedy_of(Cloud& cloud, const Match& match, const Subject& subject,
                                const Request& request);

}  // namespace armature::sandbox::policy
