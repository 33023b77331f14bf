#include "gateway/reporting.h"

#include "gateway/trace_context.h"

namespace armature::gateway {

Reporting::Reporting(const Wiring& wiring, http::Request& request, const std::string& request_id)
    : wiring_(wiring), began_(wiring.clock.ticks()) {
  wiring.metrics->began();
  report.method = request.method;
  std::string trace_id = keep_trace(request.headers, request_id);
  if (!wiring.options.on_call) return;
  report.trace_id = std::move(trace_id);
  report.began = wiring.clock.now();
  report.target = request.target;
  report.peer = request.peer;
  report.request_id = request_id;
}

void Reporting::answered(const http::Response& answer) {
  report.status = answer.status;
  report.bytes = answer.body.size();
}

Reporting::~Reporting() {
  report.duration = wiring_.clock.ticks() - began_;
  if (report.end == CallEnd::kRefused && report.layer == access::Layer::kNone) {
    report.layer = report.status == 401 ? access::Layer::kToken : access::Layer::kRequest;
  }
  wiring_.metrics->ended(report);
  if (wiring_.options.on_call) wiring_.options.on_call(std::move(report));
}

void name_caller(Call& call, CallReport* report) {
  call.report = report;
  const std::string& dag = call.attempt.key.dag.str();
  report->principal = dag.starts_with("workload:") ? dag : to_string(call.attempt.key);
  report->identity = call.facts->identity;
}

void note_send(const Call& call, Micros waited) {
  if (!call.report) return;
  ++call.report->sends;
  call.report->upstream += waited;
}

}  // namespace armature::gateway
