#pragma once
// Compliance: how resources stand to the policies assigned to them.
//
//   states_below  one state for each resource and policy that is about it, computed from what the
//                 store holds now: a state changes with the write or the assignment that changes
//                 it, without the minutes that Azure takes to look again
//   States        Compliant, NonCompliant, Exempt, Conflict (never: such a write is refused),
//                 Protected (denyAction), Unknown (manual), Error (an evaluation failed)
//   Source        "Azure Policy compliance states", policyStates REST reference
//   Threads       under the store's lock
#include <string>
#include <vector>

#include "sandbox/policy/enforcer.h"

namespace armature::sandbox::policy {

struct ComplianceState {
  Match match;
  std::string state;
  std::string resource_id;
  std::string type;
  std::string location;
  Json tags;
  Instant at;  // the later of the last changes of the resource and of the assignment
  std::string exemption;
};

// `assignment`, `definition`, `set`: "" for all, else ids in lower case.
struct StateQuery {
  std::string scope;
  std::string assignment;
  std::string definition;
  std::string set;
};
std::vector<ComplianceState> states_below(Cloud& cloud, const State& state,
                                          const StateQuery& query);
Json state_json(const Cloud& cloud, const ComplianceState& state);

}  // namespace armature::sandbox::policy
