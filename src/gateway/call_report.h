#pragma once
// CallReport: what is told of one request when it has ended: to the metrics, and to whoever writes
// an access log. The steps of the pipeline fill it in; a coroutine owns it.
//
//   Content   ids and counts, no token and no body. The target is as it came: whoever writes it
//   down
//             takes the secrets out of its query
#include <string>

#include "access/decide.h"
#include "base/clock.h"

namespace armature::gateway {

// kRefused: before a decision (no good token, no shape, another host).
enum class CallEnd { kRefused, kDenied, kHeldBack, kSucceeded, kFailed, kUnknown };
std::string_view to_string(CallEnd end);

struct CallReport {
  Instant began{};
  Micros duration{0};
  Micros upstream{0};  // waited for Azure, all sends
  int sends = 0;
  int status = 500;  // unless an answer says otherwise
  std::size_t bytes = 0;
  CallEnd end = CallEnd::kRefused;
  access::Layer layer = access::Layer::kNone;  // that said no
  std::string method, target;                  // as they came
  std::string peer, request_id, trace_id;
  std::string principal, identity, reason;  // "" while nobody is known

  void deny(access::Layer by, std::string why);
  void end_as(bool held_back, std::string_view decision);  // "succeeded", "failed", "unknown"
};

}  // namespace armature::gateway
