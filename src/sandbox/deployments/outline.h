#pragma once
// Outline: all that a deployment would put, nested deployments opened, before anything runs. What
// validate shows, what the caller's rights are checked for, what what-if compares.
//
//   Order     of the template; what a nested deployment puts follows it
//   unopened  nested deployments whose template or parameters only the deployment itself can tell
//   Errors    refusal: of the first nested deployment that could not even start
//   Threads   reads the store; bodies come later, from the plan
#include <optional>
#include <string>
#include <vector>

#include "sandbox/deployments/request.h"

namespace armature::sandbox {

struct Planned {
  tmpl::Plan plan;
  std::size_t index = 0;
  const tmpl::Resource& resource() const { return plan.resources()[index]; }
};

struct Outline {
  std::vector<Planned> resources;  // without existing ones
  std::vector<tmpl::Unidentified> unidentified;
  std::vector<std::string> unopened;  // ids
  std::optional<ArmAnswer> refusal;
};

Outline outline(Cloud& cloud, const Prepared& prepared);
// 403 with every right that the caller lacks for what is planned; nothing: it may start.
std::optional<ArmAnswer> check_rights(Cloud& cloud, const Prepared& prepared,
                                      const Outline& planned);
// 400 with every denial of a policy that is certain before anything runs; nothing: it may start.
std::optional<ArmAnswer> check_policies(Cloud& cloud, const Prepared& prepared,
                                        const Outline& planned);

}  // namespace armature::sandbox
