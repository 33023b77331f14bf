#include <charconv>

#include "api/problem.h"
#include "api/routes.h"
#include "base/time.h"

namespace armature::api {
namespace {

constexpr std::size_t kSnapshotDepth = 256;

using SandboxRoute = std::function<http::Response(sandbox::Sandbox&, const http::Call&)>;

http::Route with_sandbox(sandbox::Sandbox* sandbox, SandboxRoute route) {
  return [sandbox, route = std::move(route)](const http::Call& call) {
    if (!sandbox) return problem(404, "no sandbox runs in this server (sandbox.enabled is false)");
    return route(*sandbox, call);
  };
}

http::Response done(const Status& status) {
  return status ? http::Response{204, {}, ""} : problem(status.error());
}

// A number with or without a fraction, or the fallback when absent; kInvalid for another type.
Result<double> fraction_at(const JsonObject& body, std::string_view name, double fallback) {
  const Json* found = body.if_contains(name);
  if (!found) return fallback;
  if (!found->is_number()) return fail(Code::kInvalid, std::string(name) + " is not a number");
  return found->to_number<double>();
}

// Standing faults last until they are cleared, the others are met once.
int default_times(std::string_view kind) {
  return kind == "token_lifetime" || kind == "rbac_delay" ? 0 : 1;
}

Result<sandbox::Fault> read_fault(const http::Request& request) {
  ARMATURE_TRY(
      const JsonObject body,
      strict_body(request, {"kind", "status", "retry_after", "duration", "method", "path_contains",
                            "times", "probability", "seed", "code", "message"}));
  const Json whole(body);
  sandbox::Fault fault;
  fault.kind = text_at(whole, "kind");
  fault.status = static_cast<int>(int_at(whole, "status", fault.status));
  fault.retry_after = static_cast<int>(int_at(whole, "retry_after", 0));
  fault.method = text_at(whole, "method");
  fault.path_contains = text_at(whole, "path_contains");
  fault.times = static_cast<int>(int_at(whole, "times", default_times(fault.kind)));
  ARMATURE_TRY(fault.probability, fraction_at(body, "probability", 1));
  fault.seed = static_cast<std::uint64_t>(int_at(whole, "seed", 0));
  fault.code = text_at(whole, "code");
  fault.message = text_at(whole, "message");
  if (const std::string length = text_at(whole, "duration"); !length.empty()) {
    ARMATURE_TRY(fault.duration, parse_duration(length));
  }
  return fault;
}

http::Response add_fault(sandbox::Sandbox& sandbox, const http::Call& call) {
  auto fault = read_fault(call.request);
  if (!fault) return problem(fault.error());
  if (auto added = sandbox.add_fault(*std::move(fault)); !added) return problem(added.error());
  return ok(sandbox.faults(), 201);
}

http::Response remove_fault(sandbox::Sandbox& sandbox, const http::Call& call) {
  const std::string& text = call.path.at("fault_id");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) {
    return problem(404, "no fault has the id " + text);
  }
  return done(sandbox.remove_fault(id));
}

Status move_clock(sandbox::Sandbox& sandbox, const http::Request& request) {
  ARMATURE_TRY(const JsonObject body, strict_body(request, {"advance", "set"}));
  const std::string advance = text_at(Json(body), "advance");
  const std::string set = text_at(Json(body), "set");
  if (advance.empty() == set.empty()) {
    return fail(Code::kInvalid, "either advance, a length such as 2h, or set, a time, is expected");
  }
  if (!advance.empty()) {
    ARMATURE_TRY(const Micros by, parse_duration(advance));
    return sandbox.advance_clock(by);
  }
  ARMATURE_TRY(const Instant to, from_rfc3339(set));
  return sandbox.set_clock(to);
}

http::Response restore(sandbox::Sandbox& sandbox, const http::Call& call) {
  const auto snapshot = parse_json(call.request.body, kSnapshotDepth);
  return snapshot ? done(sandbox.restore(*snapshot)) : problem(snapshot.error());
}

void add_state_routes(http::Router& router, sandbox::Sandbox* sandbox) {
  router.add("GET", "/api/v2/armature/sandbox/clock",
             with_sandbox(sandbox, [](sandbox::Sandbox& box, const http::Call&) {
               return ok(box.clock());
             }));
  router.add("POST", "/api/v2/armature/sandbox/clock",
             with_sandbox(sandbox, [](sandbox::Sandbox& box, const http::Call& call) {
               const Status moved = move_clock(box, call.request);
               return moved ? ok(box.clock()) : problem(moved.error());
             }));
  router.add("GET", "/api/v2/armature/sandbox/snapshot",
             with_sandbox(sandbox, [](sandbox::Sandbox& box, const http::Call&) {
               const auto snapshot = box.snapshot();
               return snapshot ? ok(*snapshot) : problem(snapshot.error());
             }));
  router.add("PUT", "/api/v2/armature/sandbox/snapshot", with_sandbox(sandbox, restore));
  router.add("POST", "/api/v2/armature/sandbox/reset",
             with_sandbox(sandbox, [](sandbox::Sandbox& box, const http::Call&) {
               return done(box.reset());
             }));
}

}  // namespace

void add_sandbox_routes(http::Router& router, sandbox::Sandbox* sandbox) {
  router.add("GET", "/api/v2/armature/sandbox",
             with_sandbox(sandbox, [](sandbox::Sandbox& box, const http::Call&) {
               return ok(box.status());
             }));
  router.add("GET", "/api/v2/armature/sandbox/effects",
             with_sandbox(sandbox, [](sandbox::Sandbox& box, const http::Call&) {
               return ok(box.effects());
             }));
  router.add("GET", "/api/v2/armature/sandbox/faults",
             with_sandbox(sandbox, [](sandbox::Sandbox& box, const http::Call&) {
               return ok(box.faults());
             }));
  router.add("POST", "/api/v2/armature/sandbox/faults", with_sandbox(sandbox, add_fault));
  router.add("DELETE", "/api/v2/armature/sandbox/faults",
             with_sandbox(sandbox, [](sandbox::Sandbox& box, const http::Call&) {
               box.clear_faults();
               return http::Response{204, {}, ""};
             }));
  router.add("DELETE", "/api/v2/armature/sandbox/faults/{fault_id}",
             with_sandbox(sandbox, remove_fault));
  add_state_routes(router, sandbox);
}

}  // namespace armature::api
