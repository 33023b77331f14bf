#include "api/api.h"

#include <charconv>

#include "api/problem.h"
#include "api/routes.h"
#include "base/bytes.h"
#include "base/crypto.h"

namespace armature::api {
namespace {

bool is_open(const http::Request& request) {
  const std::string path = http::path_of(request.target);
  return path == "/api/v2/version" || path == "/api/v2/monitor/health";
}

bool has_token(const http::Request& request, const Secret& token) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string given = request.headers.get("Authorization").value_or("");
  return starts_with_ci(given, kScheme) &&
         equal_constant_time(std::string_view(given).substr(kScheme.size()), token.reveal());
}

void add_server_routes(http::Router& router, const std::string& version) {
  router.add("GET", "/api/v2/version", [version](const http::Call&) {
    JsonObject out;
    out["version"] = version;
    return ok(out);
  });
  router.add("GET", "/api/v2/monitor/health", [](const http::Call&) {
    JsonObject healthy;
    healthy["status"] = "healthy";
    JsonObject out;
    out["metadatabase"] = healthy;
    out["scheduler"] = healthy;
    return ok(out);
  });
}

}  // namespace

Result<int> query_number(const http::Call& call, std::string_view name, int fallback, int least,
                         int most) {
  const std::string text = call.query_value(name);
  if (text.empty()) return fallback;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return fail(Code::kInvalid, std::string(name) + ": a whole number from " +
                                    std::to_string(least) + " to " + std::to_string(most) +
                                    " is expected");
  }
  return value;
}

namespace {

void add_misses(http::Router& router) {
  router.not_found = [](const http::Request& request) {
    return problem(404, "no such resource: " + http::path_of(request.target));
  };
  router.method_not_allowed = [](const http::Request& request, const std::string& allow) {
    http::Response response =
        problem(405, request.method + " is not allowed here; " + allow + " is");
    response.headers.set("Allow", allow);
    return response;
  };
}

std::function<http::Response(const http::Request&)> guarded(http::Router routes, Secret token) {
  auto router = std::make_shared<http::Router>(std::move(routes));
  return [router, token = std::move(token)](const http::Request& request) {
    if (!is_open(request) && !has_token(request, token)) {
      http::Response refused =
          problem(401, "send 'Authorization: Bearer TOKEN' with the token of DATA_DIR/api_token");
      refused.headers.set("WWW-Authenticate", "Bearer");
      return refused;
    }
    return router->handle(request);
  };
}

void add_gateway_routes(http::Router& router, const GatewayServices& services, DagsOf dags_of) {
  add_server_routes(router, services.version);
  add_access_routes(router, services.audit);
  add_identity_routes(router, services, std::move(dags_of));
  add_stop_routes(router, services.stops);
}

DagsOf dags_of(const orchestrator::Orchestrator& orchestrator) {
  return [&orchestrator](const std::string& identity) {
    std::vector<std::string> out;
    for (const auto& dag : orchestrator.dags()) {
      if (dag.def && dag.def->access.identity == identity) out.push_back(dag.def->id.str());
    }
    return out;
  };
}

}  // namespace

http::Router make_router(Services services) {
  http::Router router;
  add_gateway_routes(router, services.gateway, dags_of(services.orchestrator));
  add_dag_routes(router, services);
  add_run_routes(router, services);
  add_pool_routes(router, services);
  add_sandbox_routes(router, services.sandbox);
  add_misses(router);
  return router;
}

std::function<http::Response(const http::Request&)> make_api(Services services, Secret token) {
  return guarded(make_router(services), std::move(token));
}

std::function<http::Response(const http::Request&)> make_gateway_api(GatewayServices services,
                                                                     Secret token) {
  http::Router router;
  add_gateway_routes(router, services, nullptr);
  add_misses(router);
  return guarded(std::move(router), std::move(token));
}

std::function<http::Response(const http::Request&)> make_sandbox_api(sandbox::Sandbox& sandbox,
                                                                     const std::string& version,
                                                                     Secret token) {
  http::Router router;
  add_server_routes(router, version);
  add_sandbox_routes(router, &sandbox);
  add_misses(router);
  return guarded(std::move(router), std::move(token));
}

}  // namespace armature::api
