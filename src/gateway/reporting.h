#pragma once
// Reporting: gives the report of a request away at its end, however it ends: to the metrics, and to
// Options::on_call.
//
//   Lifetime  in the frame of the request's coroutine; the wiring outlives it
#include "gateway/admit.h"
#include "gateway/wiring.h"

namespace armature::gateway {

class Reporting {
 public:
  // Also sees to the request's traceparent (trace_context.h).
  Reporting(const Wiring& wiring, http::Request& request, const std::string& request_id);
  ~Reporting();
  Reporting(const Reporting&) = delete;
  Reporting& operator=(const Reporting&) = delete;
  void answered(const http::Response& answer);

  CallReport report;

 private:
  const Wiring& wiring_;
  const Ticks began_;
};

// Who calls and as whom, and where its steps are told of.
void name_caller(Call& call, CallReport* report);
void note_send(const Call& call, Micros waited);

}  // namespace armature::gateway
