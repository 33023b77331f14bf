#pragma once
// W3C Trace Context: a client's traceparent goes on to Azure as it came. A request without one, or
// with one that is none, gets one whose trace id is the gateway's request id: a trace that begins
// here can be found by it in the audit.
//
//   In        the headers of a request and its request id (a UUID)
//   Out       the trace id; the headers are what goes on
//   Threads   pure
//   Source    w3.org/TR/trace-context-1, §3.2
#include <string>
#include <string_view>

#include "http/message.h"

namespace armature::gateway {

std::string keep_trace(http::Headers& headers, std::string_view request_id);
// "" when it is no traceparent.
std::string_view trace_id_in(std::string_view traceparent);

}  // namespace armature::gateway
