#pragma once
// hold_back: what keeps an allowed mutation from being written down and sent: a stop
// (kill_switch.h), or a resource provider that does nothing but fail (breaker.h).
//
//   Out      the answer, on the record; nothing: go on. Reads and polls always go on
//   Threads  any
#include <optional>

#include "gateway/admit.h"
#include "gateway/wiring.h"

namespace armature::gateway {

std::optional<http::Response> hold_back(const Wiring& wiring, const Call& call,
                                        const access::Decision& allowed);

}  // namespace armature::gateway
