#include "gateway/hold_back.h"

#include "gateway/answers.h"
#include "gateway/lane.h"

namespace armature::gateway {
namespace {

http::Response refuse(const Wiring& wiring, const Call& call, const Stop& stop) {
  const access::Explanation why = explain_stop(call, stop);
  access::Decision decision;
  decision.layer = why.layer;
  decision.reason = why.reason;
  decision.missing = {why.missing_action, why.missing_scope};
  access::AuditRecord record = decision_record(call, decision);
  record.status = 403;
  if (call.report) call.report->deny(decision.layer, decision.reason);
  record.detail = access::to_json(why);
  wiring.audit.record(std::move(record));
  return stopped(why);
}

}  // namespace

std::optional<http::Response> hold_back(const Wiring& wiring, const Call& call,
                                        const access::Decision& allowed) {
  if (!call.operation.mutates) return std::nullopt;
  const Lane lane = lane_of(call);
  if (const auto stop = wiring.stops->stopping(lane)) return refuse(wiring, call, *stop);
  const auto wait = wiring.breaker->refuses(lane.provider, wiring.clock.ticks());
  if (!wait) return std::nullopt;
  if (call.report) call.report->end = CallEnd::kHeldBack;
  wiring.audit.record(decision_record(call, allowed));
  Ending ending;
  ending.decision = "failed";
  ending.detail = JsonObject{
      {"error", "not sent: the resource provider has been failing"}
  };
  wiring.audit.record(outcome_record(call, allowed, ending));
  return provider_failing(lane.provider, call.operation.repeat, *wait);
}

}  // namespace armature::gateway
