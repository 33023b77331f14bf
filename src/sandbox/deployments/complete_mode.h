#pragma once
// What mode Complete deletes: the resources of the group that the deployment does not name.
//
//   Named     by id, also when only a child of the resource is named
//   Stays     children (they go with their parent), Microsoft.Authorization, deployments
//   Order     the newest first, so that what was built on others goes before them
//   Source    "Deployment modes"
//   Threads   pure; `state` is read under the store's lock
#include <set>
#include <string>
#include <vector>

#include "sandbox/store.h"

namespace armature::sandbox {

// `named`: ids in lower case.
std::vector<const Record*> unnamed_resources(const State& state, const std::string& group,
                                             const std::set<std::string>& named);

}  // namespace armature::sandbox
