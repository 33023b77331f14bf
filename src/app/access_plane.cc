#include "app/access_plane.h"

#include "app/az_runner.h"
#include "app/local_azure.h"
#include "base/files.h"

namespace armature::app {
namespace {

constexpr auto kRetentionEvery = std::chrono::seconds(10);

std::unique_ptr<Periodic> retain(access::AuditLog& audit, const Config& config, Log& log) {
  const access::AuditKeep keep{config.audit_retention, config.audit_max_records};
  if (keep.age <= Micros(0) && keep.records <= 0) return nullptr;
  return std::make_unique<Periodic>(kRetentionEvery, [&audit, &log, keep] {
    const auto gone = audit.forget(keep);
    if (!gone)
      log.warning("audit: the oldest records stay for now", {
                                                                {"error", gone.error().message}
      });
  });
}

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
  plane->retention = retain(*plane->audit, source.config, log);
  return plane;
}

}  // namespace armature::app
