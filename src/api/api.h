#pragma once
// The REST face: Airflow's public API v2 under /api/v2 and Armature's own under /api/v2/armature.
//
//   Auth      every route but /api/v2/monitor/health and /api/v2/version wants
//             "Authorization: Bearer <API token>"; compared in constant time
//   Errors    application/problem+json (RFC 9457)
//   Truth     src/api/openapi.yaml; scripts/check_openapi.py holds the routes against it
//   Threads   handle() from any worker
#include <functional>
#include <memory>
#include <vector>

#include "access/audit.h"
#include "base/clock.h"
#include "base/secret.h"
#include "gateway/kill_switch.h"
#include "http/message.h"
#include "http/router.h"
#include "identity/principal.h"
#include "identity/secret_store.h"
#include "identity/upstream_tokens.h"
#include "orchestrator/orchestrator.h"
#include "sandbox/sandbox.h"

namespace armature::api {

// What is asked of a gateway, whether an orchestrator runs beside it or not.
struct GatewayServices {
  access::AuditLog& audit;
  identity::UpstreamTokens& upstream;
  identity::SecretStore& secrets;
  std::string audience;  // of tokens for Azure Resource Manager
  std::string version;
  gateway::KillSwitch* stops = nullptr;  // null: no gateway runs in this server
  // Who of the configuration uses the identity: its workloads.
  std::function<std::vector<identity::Principal>(const std::string& identity)> workloads_of;
};

struct Services {
  orchestrator::Orchestrator& orchestrator;
  GatewayServices gateway;
  sandbox::Sandbox* sandbox = nullptr;  // null: none runs in this server
  std::string gateway_url;
  const Clock& clock;
};

// A handler for http::blocking.
std::function<http::Response(const http::Request&)> make_api(Services services, Secret token);
// The same face with what a gateway that runs by itself has: audit, identities, stops.
std::function<http::Response(const http::Request&)> make_gateway_api(GatewayServices services,
                                                                     Secret token);
// The same face with the sandbox's routes alone, for a sandbox that runs by itself.
std::function<http::Response(const http::Request&)> make_sandbox_api(sandbox::Sandbox& sandbox,
                                                                     const std::string& version,
                                                                     Secret token);
// The routes alone, for the check against openapi.yaml.
http::Router make_router(Services services);

}  // namespace armature::api
