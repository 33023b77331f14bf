#pragma once
// The Activity Log: a pair of events for each write, delete and action, in Azure's field names.
//
//   Written   in the transaction of the effect it tells of
//   Kept      the last ten thousand events
//   Source    activity-log-schema; "EventData" of the Activity Logs API
#include <string>

#include "sandbox/arm_call.h"
#include "sandbox/cloud.h"
#include "sandbox/store.h"

namespace armature::sandbox {

// Started, then Succeeded, Accepted (more is to come) or Failed.
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

ArmAnswer list_events(const State& state, const ArmCall& call);

}  // namespace armature::sandbox
