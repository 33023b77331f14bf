#include "sandbox/apps.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "sandbox/entra/directory.h"
#include "sandbox/entra/graph_roles.h"
#include "sandbox/entra/managed_identity.h"
#include "sandbox/entra/resources.h"

namespace armature::sandbox {
namespace {

constexpr auto kSeedLength = std::chrono::hours(24 * 365 * 100);
constexpr const char* kSeedName = "given at start";  // the secret that each start replaces

Result<std::vector<Assignment>> seed_assignments(Cloud& cloud, const ServicePrincipal& principal,
                                                 const std::vector<AppSeed::Assignment>& roles) {
  std::vector<Assignment> out;
  for (const auto& wanted : roles) {
    const arm::Role* role = arm::find_builtin_role(wanted.role);
    if (!role) return fail(Code::kNotFound, "no built-in role is called '" + wanted.role + "'");
    Assignment item;
    item.scope = wanted.scope.empty() ? "/subscriptions/" + cloud.subscription() : wanted.scope;
    item.name = cloud.random().uuid();
    item.id = (item.scope == "/" ? "" : item.scope) +
              "/providers/Microsoft.Authorization/roleAssignments/" + item.name;
    item.principal_id = principal.object_id;
    item.principal_type = "ServicePrincipal";
    item.role_id = to_lower(role->id);
    item.created = cloud.clock().now();
    item.created_by = kSystem;
    out.push_back(std::move(item));
  }
  return out;
}

Result<std::vector<AppRole>> seed_graph_roles(Cloud& cloud, const State& state,
                                              const AppSeed& seed) {
  std::vector<AppRole> out;
  const ServicePrincipal* graph = find_client(state, kGraphClientId);
  for (const std::string& name : seed.graph_roles) {
    const char* id = graph_role_id(name);
    if (!id || !graph) {
      return fail(Code::kNotFound, "no permission of Microsoft Graph is called '" + name + "'");
    }
    out.push_back({cloud.random().uuid(), graph->object_id, id, cloud.clock().now()});
  }
  return out;
}

void give_secret(Cloud& cloud, AppRegistration& app, const Secret& secret) {
  std::erase_if(app.passwords, [](const auto& one) { return one.display_name == kSeedName; });
  const Instant now = cloud.clock().now();
  app.passwords.push_back(
      make_password({kSeedName, now, now + kSeedLength}, secret, cloud.random()));
}

const AppRegistration* find_named(const State& state, const std::string& name) {
  for (const auto& [key, app] : state.table<AppRegistration>()) {
    if (app.display_name == name) return &app;
  }
  return nullptr;
}

void note_administrator(Change& change, const AppSeed& seed, const std::string& object_id) {
  if (!seed.global_administrator) return;
  change.put(kGlobalAdministrator + object_id, Setting{seed.display_name});
}

Result<Application> make_app(Cloud& cloud, Change& change, const AppSeed& seed) {
  AppRegistration app;
  app.client_id = seed.client_id.empty() ? cloud.random().uuid() : to_lower(seed.client_id);
  app.object_id = cloud.random().uuid();
  app.display_name = seed.display_name;
  app.created = cloud.clock().now();
  give_secret(cloud, app, seed.client_secret);
  ServicePrincipal principal;
  principal.client_id = app.client_id;
  principal.object_id = seed.object_id.empty() ? cloud.random().uuid() : to_lower(seed.object_id);
  principal.display_name = seed.display_name;
  principal.created = app.created;
  ARMATURE_TRY(principal.app_roles, seed_graph_roles(cloud, change.state(), seed));
  ARMATURE_TRY(const auto assignments, seed_assignments(cloud, principal, seed.roles));
  for (const Assignment& item : assignments) change.put(to_lower(item.id), item);
  put_application(change, app);
  put_service_principal(change, principal);
  note_administrator(change, seed, principal.object_id);
  return Application{app.client_id, principal.object_id};
}

Record new_record(Cloud& cloud, const arm::ResourceId& id) {
  Record out;
  out.id = id.text;
  out.type = id.type;
  out.name = id.name;
  out.api_version = "2023-01-31";
  out.body = JsonObject{
      {"location", "westeurope"}
  };
  out.created = out.changed = out.ready = cloud.clock().now();
  out.created_by = out.changed_by = "sandbox";
  return out;
}

Result<std::string> make_identity(Cloud& cloud, Change& change, const arm::ResourceId& id,
                                  const std::vector<AppSeed::Assignment>& roles) {
  if (!change.state().get<Record>(to_lower(id.scope))) {
    ARMATURE_TRY(const auto group, arm::ResourceId::parse(id.scope));
    change.put(to_lower(group.text), new_record(cloud, group));
  }
  const Record record = new_record(cloud, id);
  change.put(to_lower(id.text), record);
  sync_identity(cloud, change, record);
  const ServicePrincipal* principal = find_identity(change.state(), id.text);
  ARMATURE_TRY(const auto assignments, seed_assignments(cloud, *principal, roles));
  for (const Assignment& item : assignments) change.put(to_lower(item.id), item);
  return principal->object_id;
}

}  // namespace

Result<std::string> ensure_identity(Cloud& cloud, const std::string& resource_id,
                                    const std::vector<AppSeed::Assignment>& roles) {
  ARMATURE_TRY(const auto id, arm::ResourceId::parse(resource_id));
  if (!equal_ci(id.type, "Microsoft.ManagedIdentity/userAssignedIdentities") ||
      id.resource_group.empty()) {
    return fail(Code::kInvalid, resource_id + " is no user-assigned identity");
  }
  auto made = cloud.store().change([&](Change& change) -> Result<std::string> {
    const ServicePrincipal* known = find_identity(change.state(), id.text);
    return known ? Result<std::string>(known->object_id) : make_identity(cloud, change, id, roles);
  });
  if (!made) return made.error();
  return *std::move(made);
}

Result<Application> ensure_app(Cloud& cloud, Change& change, const AppSeed& seed) {
  const AppRegistration* known = find_named(change.state(), seed.display_name);
  if (!known) return make_app(cloud, change, seed);
  AppRegistration app = *known;
  const ServicePrincipal* found = find_client(change.state(), app.client_id);
  std::optional<ServicePrincipal> principal =
      found ? std::optional(*found) : std::optional<ServicePrincipal>();
  if (!seed.client_id.empty() && app.client_id != seed.client_id) {
    change.erase<AppRegistration>(app.client_id);
    if (principal) change.erase<ServicePrincipal>(app.client_id);
    app.client_id = seed.client_id;
    if (principal) principal->client_id = seed.client_id;
    if (principal) put_service_principal(change, *principal);
  }
  give_secret(cloud, app, seed.client_secret);
  put_application(change, app);
  if (principal) note_administrator(change, seed, principal->object_id);
  return Application{app.client_id, principal ? principal->object_id : ""};
}

Result<Application> ensure_app(Cloud& cloud, const AppSeed& seed) {
  auto made = cloud.store().change([&](Change& change) { return ensure_app(cloud, change, seed); });
  if (!made) return made.error();
  return *std::move(made);
}

// Also the identities of resources that were kept before there was a directory.
void seed_directory(Cloud& cloud, Change& change) {
  for (const auto& [key, record] : change.state().table<Record>()) {
    sync_identity(cloud, change, record);
  }
  if (find_client(change.state(), kGraphClientId)) return;
  ServicePrincipal graph;
  graph.client_id = kGraphClientId;
  graph.object_id = uuid_v5(cloud.tenant(), kGraphClientId);
  graph.display_name = "Microsoft Graph";
  graph.created = cloud.clock().now();
  put_service_principal(change, graph);
}

}  // namespace armature::sandbox
