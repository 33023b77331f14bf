#include "api/problem.h"
#include "api/routes.h"
#include "api/shapes.h"
#include "base/time.h"

namespace armature::api {
namespace {

Json to_json(const gateway::Stop& stop) {
  JsonObject out;
  out["stop_id"] = stop.id;
  out["reason"] = stop.reason;
  out["since"] = to_rfc3339(stop.since);
  return out;
}

http::Response list_stops(const gateway::KillSwitch& stops) {
  JsonArray out;
  for (const gateway::Stop& stop : stops.list()) out.push_back(to_json(stop));
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("stops", std::move(out), total));
}

http::Response put_stop(gateway::KillSwitch& stops, const http::Call& call) {
  const auto body = strict_body(call.request, {"reason"});
  if (!body) return problem(body.error());
  const Json* reason = body->if_contains("reason");
  if (reason && !reason->is_string()) return problem(422, "reason is a text");
  const auto made =
      stops.stop(call.path.at("stop_id"), reason ? std::string(as_text(*reason)) : "");
  return made ? ok(to_json(*made)) : problem(made.error());
}

http::Response delete_stop(gateway::KillSwitch& stops, const http::Call& call) {
  const Status done = stops.resume(call.path.at("stop_id"));
  return done ? http::Response{204, {}, ""} : problem(done.error());
}

}  // namespace

void add_stop_routes(http::Router& router, gateway::KillSwitch* stops) {
  const auto with = [stops](auto act) {
    return [stops, act](const http::Call& call) {
      return stops ? act(*stops, call) : problem(404, "no gateway runs in this server");
    };
  };
  using Stops = gateway::KillSwitch;
  router.add("GET", "/api/v2/armature/access/stops",
             with([](const Stops& all, const http::Call&) { return list_stops(all); }));
  router.add("PUT", "/api/v2/armature/access/stops/{stop_id}",
             with([](Stops& all, const http::Call& call) { return put_stop(all, call); }));
  router.add("DELETE", "/api/v2/armature/access/stops/{stop_id}",
             with([](Stops& all, const http::Call& call) { return delete_stop(all, call); }));
}

}  // namespace armature::api
