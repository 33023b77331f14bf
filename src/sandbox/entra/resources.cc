#include "sandbox/entra/resources.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "sandbox/entra/directory.h"
#include "sandbox/entra/graph_roles.h"
#include "sandbox/entra/hosts.h"

namespace armature::sandbox {
namespace {

// Services of Azure whose tokens Entra gives to every client of every tenant.
constexpr std::array kServices = {"https://management.azure.com",
                                  "https://management.core.windows.net",
                                  "https://vault.azure.net",
                                  "https://managedhsm.azure.net",
                                  "https://graph.microsoft.com",
                                  "https://graph.windows.net",
                                  "https://storage.azure.com",
                                  "https://database.windows.net",
                                  "https://ossrdbms-aad.database.windows.net",
                                  "https://servicebus.azure.net",
                                  "https://eventhubs.azure.net",
                                  "https://cosmos.azure.com",
                                  "https://batch.core.windows.net",
                                  "https://datalake.azure.net",
                                  "https://azconfig.io",
                                  "https://appconfig.azure.com",
                                  "https://monitor.azure.com",
                                  "https://api.loganalytics.io",
                                  "https://cognitiveservices.azure.com",
                                  "https://search.azure.com",
                                  "https://containerregistry.azure.net",
                                  "https://redis.azure.com",
                                  "https://digitaltwins.azure.net",
                                  "https://dev.azuresynapse.net",
                                  "https://ml.azure.com",
                                  "https://ai.azure.com",
                                  kTokenExchange,
                                  kGraphClientId};
// Each account of these services is a resource of its own.
constexpr std::array kAccounts = {".blob.core.windows.net",  ".queue.core.windows.net",
                                  ".table.core.windows.net", ".file.core.windows.net",
                                  ".servicebus.windows.net", ".azconfig.io",
                                  ".documents.azure.com",    ".kusto.windows.net"};

std::string_view bare(std::string_view resource) {
  while (!resource.empty() && resource.back() == '/') resource.remove_suffix(1);
  return resource;
}

// "https://vault.localhost:8082": the sandbox's own vaults, for clients that compare the resource
// of the challenge with the vault's host. A client that compares names alone leaves out the port.
bool is_own_vault(std::string_view resource) {
  return starts_with_ci(host_of_url(resource), "vault.localhost");
}

bool is_self(const Cloud& cloud, std::string_view resource) {
  return same_host(host_of_url(resource), host_of_url(cloud.url())) && !is_own_vault(resource);
}

bool is_service(const Cloud& cloud, std::string_view resource) {
  if (is_self(cloud, resource) || is_own_vault(resource)) return true;
  const auto same = [&](const char* known) { return equal_ci(known, resource); };
  const auto account = [&](const char* suffix) {
    return starts_with_ci(resource, "https://") && ends_with_ci(resource, suffix);
  };
  return std::ranges::any_of(kServices, same) || std::ranges::any_of(kAccounts, account);
}

// The application that the text names as a resource.
const AppRegistration* api_of(const State& state, std::string_view resource) {
  std::string_view id = resource;
  if (starts_with_ci(id, "api://")) id.remove_prefix(6);
  if (const AppRegistration* app = find_application(state, id)) return app;
  if (resource.find(':') == std::string_view::npos) return nullptr;
  for (const auto& [key, app] : state.table<AppRegistration>()) {
    const auto same = [&](const std::string& uri) { return equal_ci(bare(uri), resource); };
    if (std::ranges::any_of(app.identifier_uris, same)) return &app;
  }
  return nullptr;
}

// The values of the app roles that the client was given on the resource's service principal.
std::vector<std::string> roles_on(const ServicePrincipal* client, const ServicePrincipal* resource,
                                  const AppRegistration* api) {
  std::vector<std::string> out;
  if (!client || !resource) return out;
  for (const AppRole& role : client->app_roles) {
    if (role.resource_id != resource->object_id) continue;
    if (const char* known = graph_role_value(role.app_role_id);
        known && resource->client_id == kGraphClientId) {
      out.emplace_back(known);
    }
    const Json* declared = api ? api->body.if_contains("appRoles") : nullptr;
    if (!declared || !declared->is_array()) continue;
    for (const Json& one : declared->get_array()) {
      if (equal_ci(text_at(one, "id"), role.app_role_id)) out.push_back(text_at(one, "value"));
    }
  }
  return out;
}

}  // namespace

Scope read_scope(std::string_view scope) {
  constexpr std::string_view kDefault = "/.default";
  constexpr std::array kOpenId = {"openid", "profile", "email", "offline_access"};
  const auto invalid = [&](std::string_view which) {
    return EntraError{70011,
                      "The provided request must include a 'scope' input parameter. The provided "
                      "value for the input parameter 'scope' is not valid. The scope " +
                          std::string(which.substr(0, 256)) +
                          " is not valid. A client credentials request names one resource with the "
                          "suffix /.default."};
  };
  Scope out;
  for (const std::string& one : split(scope, ' ')) {
    if (one.empty() || std::ranges::any_of(kOpenId, [&](auto word) { return one == word; }))
      continue;
    if (!ends_with_ci(one, kDefault) || one.size() == kDefault.size()) {
      out.refusal = invalid(one);
      return out;
    }
    const std::string resource = one.substr(0, one.size() - kDefault.size());
    if (!out.resource.empty() && !equal_ci(bare(out.resource), bare(resource))) {
      out.refusal = EntraError{700022,
                               "The provided value for the input parameter 'scope' isn't valid "
                               "because it contains more than one resource."};
      return out;
    }
    out.resource = resource;
  }
  if (out.resource.empty()) out.refusal = invalid(scope);
  return out;
}

std::optional<Resource> find_resource(const Cloud& cloud, const State& state,
                                      std::string_view resource, const std::string& client_id) {
  const std::string_view name = bare(resource);
  Resource out{std::string(resource), 1, {}};
  const ServicePrincipal* client = find_client(state, client_id);
  if (is_service(cloud, name)) {
    if (is_audience(cloud, Service::kGraph, resource)) {
      out.roles = roles_on(client, find_client(state, kGraphClientId), nullptr);
    }
    if (equal_ci(name, kTokenExchange)) out.token_version = 2;
    return out;
  }
  const AppRegistration* api = api_of(state, name);
  const ServicePrincipal* principal = api ? find_client(state, api->client_id) : nullptr;
  if (!principal) return std::nullopt;
  out.token_version = api->token_version;
  if (out.token_version == 2) out.audience = api->client_id;
  out.roles = roles_on(client, principal, api);
  return out;
}

bool is_audience(const Cloud& cloud, Service service, std::string_view audience) {
  const std::string_view name = bare(audience);
  const auto is = [&](std::string_view known) { return equal_ci(known, name); };
  switch (service) {
    case Service::kArm:
      return is("https://management.azure.com") || is("https://management.core.windows.net") ||
             is_self(cloud, name);
    case Service::kGraph:
      return is("https://graph.microsoft.com") || is(kGraphClientId) || is_self(cloud, name);
    case Service::kVault:
      return is("https://vault.azure.net") || is_own_vault(name);
  }
  return false;
}

bool is_first_party_client(std::string_view client_id) {
  return equal_ci(client_id, "04b07795-8ddb-461a-bbee-02f9e1bf7b46") ||  // Azure CLI
         equal_ci(client_id, "1950a258-227b-4e31-a9cf-717495945fc2");    // Azure PowerShell
}

}  // namespace armature::sandbox
