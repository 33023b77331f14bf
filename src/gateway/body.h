#pragma once
// What the body of a request adds to what must be allowed. Pure.
//
//   In        the operation, the body as text, and asks: the request's own, which is added to, and
//             followed by further ones
//   Errors    kInvalid, with the reason for people, never the body's text: the body is not JSON
//             that every reader understands alike, or says what cannot be checked. The caller
//             refuses the request
//   Threads   any
#include <string>
#include <vector>

#include "access/decide.h"
#include "arm/operation.h"
#include "base/result.h"

namespace armature::gateway {

Status read_body(const arm::Operation& operation, const std::string& text,
                 std::vector<access::Ask>& asks);

}  // namespace armature::gateway
