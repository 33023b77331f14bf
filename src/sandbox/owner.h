#pragma once
// Owner: what the sandbox's owner does to the whole of it: move its time, take and bring back a
// snapshot, begin anew.
//
//   Time      moves forward only: what has happened stays in the past. It outlives a restart; a
//             reset goes back to the present
//   Snapshot  every item in the form the database has, so secure values stay sealed and client
//             secrets stay digests. It belongs to a tenant and a subscription, and its sealed
//             values to the state key they were sealed with
//   Apps      those in `seeds` keep their client ids and the secrets of this process through a
//             restore and a reset, so that who holds them may go on
//   Errors    kConflict: a deployment runs, or another tenant's snapshot; kInvalid: no snapshot, a
//             version this program does not know, a time in the past
//   Threads   any
#include <vector>

#include "sandbox/cloud.h"

namespace armature::sandbox {

void recall_clock(Cloud& cloud);  // after a restart
Json clock_json(Cloud& cloud);
Status advance_clock(Cloud& cloud, Micros by);
Status set_clock(Cloud& cloud, Instant to);

Result<Json> save_snapshot(Cloud& cloud);
Status restore_snapshot(Cloud& cloud, const Json& snapshot, const std::vector<AppSeed>& seeds);
Status reset_all(Cloud& cloud, const std::vector<AppSeed>& seeds);

}  // namespace armature::sandbox
