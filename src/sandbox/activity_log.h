#pragma once
// The Activity Log: what was done to the sandbox's control plane, in Azure's event schema.
//
//   Written   in the transaction of the effect it tells of: one compact item per call, from which
//             the log shows Started, then Succeeded, Failed or Accepted, then the end of what was
//             accepted. Reads are not logged; calls without a valid token are not either
//   Kept      90 days by the sandbox's clock, and the last twenty thousand calls
//   Secrets   bodies are told without write-only properties and whatever is named like a secret;
//             templates and their parameters not at all
//   Threads   under the store's lock, as Change and State are
//   Source    activity-log-schema; "EventData" of the Activity Logs API 2015-04-01
#include <string>

#include "sandbox/arm_call.h"
#include "sandbox/cloud.h"
#include "sandbox/store.h"

namespace armature::sandbox {

void log_call(Change& change, Cloud& cloud, const ArmCall& call, const ArmAnswer& outcome);
// The end of what was accepted: a deployment.
struct Ending {
  std::string action;  // "Microsoft.Resources/deployments/write"
  std::string target;
  std::string status;  // "Succeeded", "Failed"
  std::string operation_id;
  std::string correlation_id;
  Caller caller;
  Json error;
};
void log_ending(Change& change, Cloud& cloud, const Ending& ending);
// A policy took effect on a call: an event of the category Policy.
struct PolicyEffect {
  std::string effect;             // "deny", "audit", "modify" …
  std::string resource_location;  // may be empty
  JsonArray policies;  // {policyDefinitionId, policyAssignmentId, …} as Azure tells them
  bool compliance_check = false;  // of what is there already, not of a call
};
void log_policy(Change& change, Cloud& cloud, const ArmCall& call, const PolicyEffect& effect);

// A request body as the log tells it; "" when it tells none.
std::string told_request(const ArmCall& call);

}  // namespace armature::sandbox
