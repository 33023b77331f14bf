#pragma once
// What the doors beside the gateway's own endpoint need to know: which attempt a credential stands
// for, and its token as of now.
//
//   Errors    kUnauthenticated: the credential is no one's, or its attempt has ended; the message
//             never holds it
//   Threads   called from any thread, also from those that must not wait
#include <functional>
#include <string>

#include "base/attempt.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace armature::gateway {

struct AttemptToken {
  Attempt attempt;
  Secret token;           // good at this gateway alone
  Instant expires;        // of the token
  std::string client_id;  // of the identity that the gateway uses for the attempt; may be empty
};

using TokenOf = std::function<Result<AttemptToken>(const std::string& credential)>;

}  // namespace armature::gateway
