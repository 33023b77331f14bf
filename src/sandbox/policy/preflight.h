#pragma once
// Policy before a deployment starts: what would be denied, as ARM tells it at validation.
//
//   refuse_deployment  400 InvalidTemplateDeployment with one RequestDisallowedByPolicy for each
//                      resource that a policy denies. What depends on a value that only the
//                      deployment will know is left to the deployment's own write
//   Threads            reads the store
#include <optional>
#include <string>
#include <vector>

#include "sandbox/cloud.h"

namespace armature::sandbox::policy {

struct PlannedWrite {
  std::string target;  // the resource's id
  std::string api_version;
  Json body;
};
std::optional<ArmAnswer> refuse_deployment(Cloud& cloud, const std::vector<PlannedWrite>& writes,
                                           const Caller& caller);

}  // namespace armature::sandbox::policy
