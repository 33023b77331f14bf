#include "api/problem.h"
#include "api/routes.h"
#include "base/time.h"

namespace armature::api {
namespace {

using SandboxRoute = std::function<http::Response(sandbox::Sandbox&, const http::Call&)>;

http::Route with_sandbox(const Services& services, SandboxRoute route) {
  return [sandbox = services.sandbox, route = std::move(route)](const http::Call& call) {
    if (!sandbox) return problem(404, "no sandbox runs in this server (sandbox.enabled is false)");
    return route(*sandbox, call);
  };
}

http::Response add_fault(sandbox::Sandbox& sandbox, const http::Call& call) {
  auto body = strict_body(call.request, {"kind", "status", "retry_after", "latency", "method",
                                         "path_contains", "times"});
  if (!body) return problem(body.error());
  const Json whole(*body);
  sandbox::Fault fault;
  fault.kind = text_at(whole, "kind");
  fault.status = static_cast<int>(int_at(whole, "status", fault.status));
  fault.retry_after = static_cast<int>(int_at(whole, "retry_after", 0));
  fault.method = text_at(whole, "method");
  fault.path_contains = text_at(whole, "path_contains");
  fault.times = static_cast<int>(int_at(whole, "times", 1));
  if (const std::string latency = text_at(whole, "latency"); !latency.empty()) {
    const auto length = parse_duration(latency);
    if (!length) return problem(length.error());
    fault.latency = *length;
  }
  if (auto added = sandbox.add_fault(std::move(fault)); !added) return problem(added.error());
  return ok(sandbox.faults(), 201);
}

}  // namespace

void add_sandbox_routes(http::Router& router, const Services& services) {
  router.add("GET", "/api/v2/armature/sandbox",
             with_sandbox(services, [](sandbox::Sandbox& sandbox, const http::Call&) {
               return ok(sandbox.status());
             }));
  router.add("GET", "/api/v2/armature/sandbox/effects",
             with_sandbox(services, [](sandbox::Sandbox& sandbox, const http::Call&) {
               return ok(sandbox.effects());
             }));
  router.add("GET", "/api/v2/armature/sandbox/faults",
             with_sandbox(services, [](sandbox::Sandbox& sandbox, const http::Call&) {
               return ok(sandbox.faults());
             }));
  router.add("POST", "/api/v2/armature/sandbox/faults", with_sandbox(services, add_fault));
  router.add("DELETE", "/api/v2/armature/sandbox/faults",
             with_sandbox(services, [](sandbox::Sandbox& sandbox, const http::Call&) {
               sandbox.clear_faults();
               return http::Response{204, {}, ""};
             }));
}

}  // namespace armature::api
