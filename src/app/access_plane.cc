#include "app/access_plane.h"

#include "app/az_runner.h"
#include "app/local_azure.h"
#include "base/files.h"

namespace armature::app {
namespace {

identity::UpstreamIdentity upstream_of(const IdentityConfig& one, const std::string& authority) {
  return {one.name, one.tenant_id, one.client_id, authority, one.credential};
}

}  // namespace

Result<std::unique_ptr<AccessPlane>> AccessPlane::open(const Source& source, http::Runtime& runtime,
                                                       storage::Database& database,
                                                       const Clock& clock, Random& random, Log& log,
                                                       Redactor& redactor) {
  auto plane = std::make_unique<AccessPlane>();
  const std::filesystem::path& data_dir = source.config.data_dir;
  http::ClientOptions client_options;
  client_options.ca_pem = source.ca_pem;
  plane->client = std::make_unique<http::Client>(runtime, client_options);
  ARMATURE_TRY(plane->issuer,
               identity::OidcIssuer::open(data_dir / "issuer_keys.json", clock, random));
  ARMATURE_CHECK(make_private_directory(data_dir / "secrets"));
  ARMATURE_TRY(Secret store_key, load_or_make_secret(data_dir / "secrets" / "store_key", random));
  redactor.add(store_key.reveal());
  plane->secrets = std::make_unique<identity::SecretStore>(data_dir / "secret_store.json",
                                                           std::move(store_key), random);
  std::vector<identity::UpstreamIdentity> upstream_identities;
  for (const IdentityConfig& one : source.identities) {
    upstream_identities.push_back(upstream_of(one, source.authority));
  }
  // A key per process: what an earlier process issued is refused by all that follow.
  plane->attempts =
      std::make_unique<identity::AttemptTokens>(Secret(random.bytes(32)), clock, random);
  plane->credentials =
      std::make_unique<identity::AttemptCredentials>(Secret(random.bytes(32)), clock, random);
  identity::UpstreamOptions options;
  options.issuer = plane->issuer.get();
  options.stored_secret = [store = plane->secrets.get()](const std::string& name) {
    return store->get(name);
  };
  options.run_program = az_runner(source.config.az_environment, data_dir, clock);
  options.log = &log;
  plane->upstream = std::make_unique<identity::UpstreamTokens>(
      runtime, *plane->client, clock, random, redactor, std::move(upstream_identities), options);
  plane->grants = std::make_unique<access::GrantStore>(std::vector<access::Ceiling>());
  plane->outside = std::make_unique<identity::OutsideTokens>(*plane->client, clock);
  plane->certificates = std::make_unique<identity::ClientCertificates>(clock);
  plane->workloads =
      std::make_unique<Workloads>(*plane->grants, *plane->outside, *plane->certificates);
  ARMATURE_CHECK(plane->workloads->put(source.identities, source.config.workloads));
  ARMATURE_TRY(plane->audit, access::AuditLog::open(database, clock));
  return plane;
}

}  // namespace armature::app
