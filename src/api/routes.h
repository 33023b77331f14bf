#pragma once
// The routes by subject. Each adds its own to the router; api.cc lists them.
#include "api/api.h"

namespace armature::api {

void add_dag_routes(http::Router& router, const Services& services);
void add_run_routes(http::Router& router, const Services& services);
void add_pool_routes(http::Router& router, const Services& services);
void add_access_routes(http::Router& router, access::AuditLog& audit);
// `dags_of`: those that use an identity; null: no DAGs run in this server.
using DagsOf = std::function<std::vector<std::string>(const std::string& identity)>;
void add_identity_routes(http::Router& router, const GatewayServices& services, DagsOf dags_of);
// Null: no gateway runs in this server.
void add_stop_routes(http::Router& router, gateway::KillSwitch* stops);
// Null: no sandbox runs in this server.
void add_sandbox_routes(http::Router& router, sandbox::Sandbox* sandbox);

// A number from the query within bounds, or the fallback when absent.
Result<int> query_number(const http::Call& call, std::string_view name, int fallback, int least,
                         int most);

}  // namespace armature::api
