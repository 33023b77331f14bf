#pragma once
// How a token names an attempt. Used inside this room.
//
//   Errors    kUnauthenticated: the claims name none
//   Threads   pure
#include "base/attempt.h"
#include "base/json.h"
#include "base/result.h"

namespace armature::identity {

// sub, dag, run, task, map_index, try, fence.
JsonObject claims_of(const Attempt& attempt);
Result<Attempt> attempt_in(const JsonObject& claims);

}  // namespace armature::identity
