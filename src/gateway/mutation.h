#pragma once
// forward_mutation: steps five and seven of a write or an action: decided, written down, sent; or
// answered by what an earlier send of the same request came to (docs/retries.md).
//
//   Same       PUT, DELETE, PATCH: what an earlier send left in doubt or running, what an earlier
//              attempt of the task has done, and what the client repeats by itself, is read back;
//              when it is in effect that is the answer
//              An action: the answer that was kept is given again, to the client that repeats and
//              to the next attempt of the task. In doubt it is refused until a person cleared it
//   At once    one sender of a request at a time; others wait for their turn, and find its outcome
//   Lifetime   everything referred to outlives the task
#include "gateway/forward.h"
#include "gateway/wiring.h"
#include "http/task.h"

namespace armature::gateway {

http::Task<Forwarded> forward_mutation(const Wiring* wiring, const Call* call,
                                       const http::Request* request, Ticks deadline,
                                       access::AuditRecord decision);

}  // namespace armature::gateway
