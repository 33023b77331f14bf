#include "api/problem.h"
#include "api/routes.h"
#include "api/shapes.h"

namespace armature::api {
namespace {

Json pool_json(const orchestrator::PoolInfo& info) {
  JsonObject out;
  out["name"] = info.pool.name;
  out["slots"] = info.pool.slots;
  out["description"] = info.pool.description;
  out["include_deferred"] = false;
  out["occupied_slots"] = info.running_slots;
  out["running_slots"] = info.running_slots;
  out["queued_slots"] = 0;
  out["scheduled_slots"] = info.scheduled_slots;
  out["deferred_slots"] = 0;
  out["open_slots"] = info.pool.slots == dag::kUnlimitedSlots
                          ? dag::kUnlimitedSlots
                          : info.pool.slots - info.running_slots;
  out["configured"] = info.configured;
  return out;
}

http::Response list_pools(const Services& services, const http::Call& call) {
  const auto limit = query_number(call, "limit", 50, 1, 1000);
  if (!limit) return problem(limit.error());
  const auto offset = query_number(call, "offset", 0, 0, 1'000'000);
  if (!offset) return problem(offset.error());
  const auto pools = services.orchestrator.pools();
  JsonArray page;
  for (std::size_t i = static_cast<std::size_t>(*offset);
       i < pools.size() && page.size() < static_cast<std::size_t>(*limit); ++i) {
    page.push_back(pool_json(pools[i]));
  }
  return ok(page_json("pools", std::move(page), static_cast<std::int64_t>(pools.size())));
}

// What the body says over what `pool` has.
Status take_fields(const JsonObject& body, dag::Pool& pool) {
  if (const Json* slots = body.if_contains("slots")) {
    if (!slots->is_int64() || slots->get_int64() < dag::kUnlimitedSlots ||
        slots->get_int64() > 1'000'000) {
      return fail(Code::kInvalid, "slots: a whole number from 0 to 1,000,000, or -1 for no bound");
    }
    pool.slots = static_cast<int>(slots->get_int64());
  }
  if (const Json* text = body.if_contains("description"); text && !text->is_null()) {
    if (!text->is_string()) return fail(Code::kInvalid, "description: a text is expected");
    pool.description = as_text(*text);
  }
  const Json* deferred = body.if_contains("include_deferred");
  if (deferred && *deferred != Json(false)) {
    return fail(Code::kInvalid, "include_deferred: this version defers no task; false is expected");
  }
  return Ok{};
}

http::Response create_pool(const Services& services, const http::Call& call) {
  const auto body = strict_body(call.request, {"name", "slots", "description", "include_deferred"});
  if (!body) return problem(body.error());
  dag::Pool pool;
  pool.name = text_at(Json(*body), "name");
  if (!body->contains("slots")) return problem(422, "slots is missing");
  if (auto taken = take_fields(*body, pool); !taken) return problem(taken.error());
  if (services.orchestrator.pool(pool.name)) {
    return problem(409, "pool '" + pool.name + "' exists already");
  }
  const auto made = services.orchestrator.put_pool(std::move(pool));
  return made ? ok(pool_json(*made), 201) : problem(made.error());
}

http::Response patch_pool(const Services& services, const http::Call& call) {
  const auto body = strict_body(call.request, {"pool", "slots", "description", "include_deferred"});
  if (!body) return problem(body.error());
  const auto known = services.orchestrator.pool(call.path.at("pool_name"));
  if (!known) return problem(known.error());
  dag::Pool pool = known->pool;
  if (text_at(Json(*body), "pool", pool.name) != pool.name) {
    return problem(400, "a pool keeps its name");
  }
  if (auto taken = take_fields(*body, pool); !taken) return problem(taken.error());
  const auto made = services.orchestrator.put_pool(std::move(pool));
  return made ? ok(pool_json(*made)) : problem(made.error());
}

http::Response delete_pool(const Services& services, const http::Call& call) {
  const Status done = services.orchestrator.delete_pool(call.path.at("pool_name"));
  if (done) return {204, {}, ""};
  return done.error().code == Code::kInvalid ? problem(400, done.error().message)
                                             : problem(done.error());
}

}  // namespace

void add_pool_routes(http::Router& router, const Services& services) {
  router.add("GET", "/api/v2/pools",
             [services](const http::Call& call) { return list_pools(services, call); });
  router.add("POST", "/api/v2/pools",
             [services](const http::Call& call) { return create_pool(services, call); });
  router.add("GET", "/api/v2/pools/{pool_name}", [services](const http::Call& call) {
    const auto info = services.orchestrator.pool(call.path.at("pool_name"));
    return info ? ok(pool_json(*info)) : problem(info.error());
  });
  router.add("PATCH", "/api/v2/pools/{pool_name}",
             [services](const http::Call& call) { return patch_pool(services, call); });
  router.add("DELETE", "/api/v2/pools/{pool_name}",
             [services](const http::Call& call) { return delete_pool(services, call); });
}

}  // namespace armature::api
