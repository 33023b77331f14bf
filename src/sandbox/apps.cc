#include "sandbox/apps.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"

namespace armature::sandbox {
namespace {

std::string digest_of(const std::string& salt, const Secret& secret) {
  return to_hex(hmac_sha256(salt, secret.reveal()));
}

Result<std::vector<Assignment>> seed_assignments(Cloud& cloud, const Application& app,
                                                 const AppSeed& seed) {
  std::vector<Assignment> out;
  for (const auto& wanted : seed.roles) {
    const arm::Role* role = arm::find_builtin_role(wanted.role);
    if (!role) return fail(Code::kNotFound, "no built-in role is called '" + wanted.role + "'");
    Assignment item;
    item.scope = wanted.scope.empty() ? "/subscriptions/" + cloud.subscription() : wanted.scope;
    item.name = cloud.random().uuid();
    item.id = (item.scope == "/" ? "" : item.scope) +
              "/providers/Microsoft.Authorization/roleAssignments/" + item.name;
    item.principal_id = app.object_id;
    item.principal_type = "ServicePrincipal";
    item.role_id = to_lower(role->id);
    item.created = cloud.clock().now();
    item.created_by = kSystem;
    out.push_back(std::move(item));
  }
  return out;
}

}  // namespace

void set_secret(Application& app, const Secret& secret, Random& random) {
  const std::string salt = random.bytes(16);
  app.salt = to_hex(salt);
  app.secret_digest = digest_of(salt, secret);
}

bool secret_matches(const Application& app, const Secret& secret) {
  const auto salt = from_hex(app.salt);
  return salt && equal_constant_time(digest_of(*salt, secret), app.secret_digest);
}

Result<Application> ensure_app(Cloud& cloud, Change& change, const AppSeed& seed) {
  const auto& known = change.state().table<Application>();
  const auto found = std::ranges::find_if(
      known, [&](const auto& item) { return item.second.display_name == seed.display_name; });
  Application app;
  if (found != known.end()) {
    app = found->second;
    if (!seed.client_id.empty() && app.client_id != seed.client_id) {
      change.erase<Application>(std::string(found->first));
      app.client_id = seed.client_id;
    }
  } else {
    app.client_id = seed.client_id.empty() ? cloud.random().uuid() : seed.client_id;
    app.object_id = seed.object_id.empty() ? cloud.random().uuid() : seed.object_id;
    app.display_name = seed.display_name;
    ARMATURE_TRY(const auto assignments, seed_assignments(cloud, app, seed));
    for (const Assignment& item : assignments) change.put(to_lower(item.id), item);
  }
  set_secret(app, seed.client_secret, cloud.random());
  change.put(app.client_id, app);
  if (seed.global_administrator) {
    change.put(kGlobalAdministrator + app.object_id, Setting{seed.display_name});
  }
  return app;
}

Result<Application> ensure_app(Cloud& cloud, const AppSeed& seed) {
  auto made = cloud.store().change([&](Change& change) { return ensure_app(cloud, change, seed); });
  if (!made) return made.error();
  return *std::move(made);
}

}  // namespace armature::sandbox
