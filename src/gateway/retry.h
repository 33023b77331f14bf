#pragma once
// next_step: what to do after one send: answer, send again, or read back first. Pure.
//
//   Safe          every transport error, 408, 429, 500, 502, 503, 504: again
//   Idempotent    never left, 429, 503: again. Left without an answer, 408, 500, 502, 504: in
//                 doubt, so read back before anything else
//   Conditional   never left: again. Left without an answer, 408, 500, 502, 503, 504: in doubt
//   Never         never left: again. Left without an answer, 408, 500, 502, 503, 504: lost, and
//                 said so. Any other answer is passed on
//   Waiting       full jitter between 0 and first_delay * 2^n, at most longest_delay. A Retry-After
//                 is obeyed, also beyond longest_delay, with up to a tenth on top; when it does not
//                 fit before the deadline, the answer goes to the caller as it is
//   Source        facts on safe retries: full jitter, Retry-After, budgets
#include <optional>

#include "arm/operation.h"
#include "base/clock.h"

namespace armature::gateway {

struct RetryPolicy {
  int read_retries = 4;
  int write_retries = 4;
  Micros first_delay = std::chrono::milliseconds(500);
  Micros longest_delay = std::chrono::seconds(30);
};

// How one send ended. No status: a transport error.
struct SendResult {
  std::optional<int> status;
  bool sent = false;  // bytes may have reached the other end; true with a status
  std::optional<Micros> retry_after;
};

struct Progress {
  int sends = 1;      // of this request, the last one included
  Micros remaining;   // until the deadline
  double jitter = 0;  // in [0, 1)
};

enum class Next {
  kAnswer,       // pass the answer on
  kResend,       // after `wait`
  kReadBack,     // a write in doubt
  kUnreachable,  // no answer, no effect: give up
  kLost,         // maybe an effect, and it may not be repeated
};
struct Step {
  Next next = Next::kAnswer;
  Micros wait{0};
};

Step next_step(arm::Repeat repeat, const SendResult& result, const Progress& progress,
               const RetryPolicy& policy);
// The wait before another send, or nothing when the budget or the deadline is used up.
std::optional<Micros> wait_before_resend(arm::Repeat repeat, const std::optional<Micros>& after,
                                         const Progress& progress, const RetryPolicy& policy);

}  // namespace armature::gateway
