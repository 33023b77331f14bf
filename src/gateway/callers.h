#pragma once
// callers_of: finds out about a request's token what takes time: one of an outside issuer, whose
// keys may have to be fetched. An attempt's token takes none and is left to read_caller.
//
//   Lifetime  what is referred to outlives the task
#include "gateway/admit.h"
#include "gateway/wiring.h"
#include "http/task.h"

namespace armature::gateway {

http::Task<Callers> callers_of(const Wiring* wiring, const http::Request* request);

}  // namespace armature::gateway
