#include "app/access_plane.h"

namespace armature::app {
namespace {

// A scope and role as the operator wrote them, checked like a DAG's grants.
Result<access::Ceiling> ceiling_of(const IdentityConfig& identity) {
  std::vector<access::Grant> grants;
  for (const RoleAtScope& entry : identity.ceiling) {
    ARMATURE_TRY(access::Grant grant,
                 access::make_grant(entry.role, entry.scope, entry.assignable_roles,
                                    "identities." + identity.name + ".ceiling"));
    grants.push_back(std::move(grant));
  }
  return access::Ceiling{identity.name, std::move(grants)};
}

}  // namespace

Result<std::unique_ptr<AccessPlane>> AccessPlane::open(const Source& source, http::Runtime& runtime,
                                                       storage::Database& database,
                                                       const Clock& clock, Random& random,
                                                       Redactor& redactor) {
  auto plane = std::make_unique<AccessPlane>();
  http::ClientOptions client_options;
  client_options.ca_pem = source.ca_pem;
  plane->client = std::make_unique<http::Client>(runtime, client_options);
  std::vector<identity::UpstreamIdentity> upstream_identities;
  std::vector<access::Ceiling> ceilings;
  for (const IdentityConfig& one : source.identities) {
    upstream_identities.push_back({one.name, one.tenant_id, one.client_id, source.authority,
                                   identity::SecretFile{one.client_secret_file}});
    ARMATURE_TRY(access::Ceiling ceiling, ceiling_of(one));
    ceilings.push_back(std::move(ceiling));
  }
  // A key per process: what an earlier process issued is refused by all that follow.
  plane->attempts =
      std::make_unique<identity::AttemptTokens>(Secret(random.bytes(32)), clock, random);
  plane->credentials =
      std::make_unique<identity::AttemptCredentials>(Secret(random.bytes(32)), clock, random);
  plane->upstream = std::make_unique<identity::UpstreamTokens>(
      runtime, *plane->client, clock, random, redactor, std::move(upstream_identities));
  plane->grants = std::make_unique<access::GrantStore>(std::move(ceilings));
  ARMATURE_TRY(plane->audit, access::AuditLog::open(database, clock));
  return plane;
}

}  // namespace armature::app
