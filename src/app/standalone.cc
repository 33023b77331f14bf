#include "app/standalone.h"

#include <unistd.h>

#include "api/api.h"
#include "app/access_plane.h"
#include "app/data_directory.h"
#include "app/gateway_front.h"
#include "app/local_azure.h"
#include "app/version.h"
#include "base/bytes.h"
#include "base/files.h"
#include "http/certificates.h"
#include "http/server.h"
#include "http/task.h"
#include "orchestrator/orchestrator.h"
#include "storage/database.h"

namespace armature::app {
namespace {

constexpr auto kSandboxIdentity = "provisioner";

}  // namespace

struct Standalone::Impl {
  Config config;
  const Clock& clock;
  Random& random;
  Log& log;
  Redactor& redactor;

  DataDirectory home;
  std::string management_url;
  std::vector<IdentityConfig> identities;

  std::unique_ptr<LocalAzure> azure;
  std::unique_ptr<AccessPlane> access;
  std::unique_ptr<GatewayFront> front;
  std::unique_ptr<DirectCaller> caller;
  std::unique_ptr<orchestrator::Orchestrator> orchestrator;
  std::unique_ptr<http::Server> api_server;

  Impl(const Config& settings, const Clock& time, Random& dice, Log& journal, Redactor& mask)
      : config(settings),
        clock(time),
        random(dice),
        log(journal),
        redactor(mask),
        management_url(settings.azure_management_url),
        identities(settings.identities) {}

  std::filesystem::path data(const char* name) const { return config.data_dir / name; }

  // The local Azure, and an identity in it for the gateway to use: its secret is new at every
  // start.
  Status start_sandbox() {
    if (!config.sandbox_enabled) return Ok{};
    const std::vector<std::string> roles = {"Contributor",
                                            "Role Based Access Control Administrator"};
    LocalAzureOptions options;
    options.config = config;
    options.state_file = data("sandbox.db");
    options.principal = kSandboxIdentity;
    for (const std::string& role : roles) options.roles.push_back({role, ""});
    ARMATURE_TRY(azure, LocalAzure::start(std::move(options), home.authority, *home.runtime, clock,
                                          random, log, redactor));
    management_url = azure->url();
    return add_sandbox_identity(roles);
  }

  Status add_sandbox_identity(const std::vector<std::string>& roles) {
    IdentityConfig identity;
    identity.name = kSandboxIdentity;
    identity.tenant_id = azure->sandbox().tenant_id();
    identity.client_id = azure->client_id();
    identity.credential = identity::SecretFile{azure->secret_file()};
    const std::string subscription = "/subscriptions/" + azure->sandbox().subscription_id();
    identity.ceiling = {
        {roles[0], subscription, {}                                         },
        {roles[1], subscription, {"Reader", "Storage Blob Data Contributor"}}
    };
    for (const IdentityConfig& known : identities) {
      if (known.name == identity.name) {
        return fail(Code::kInvalid,
                    "identities: 'provisioner' is the sandbox's own identity; take "
                    "another name or set sandbox.enabled to false");
      }
    }
    identities.push_back(std::move(identity));
    return Ok{};
  }

  Status open_access() {
    AccessPlane::Source source{config, identities, config.azure_authority, ""};
    if (azure) {
      source.ca_pem = home.authority.certificate_pem;
      source.authority = management_url;
    }
    ARMATURE_TRY(access, AccessPlane::open(source, *home.runtime, *home.database, clock, random,
                                           log, redactor));
    return Ok{};
  }

  Status start_gateway() {
    std::vector<std::string> arm_hosts;
    if (const auto azure_url = http::parse_url(config.azure_management_url)) {
      arm_hosts.push_back(to_lower(azure_url->host));
    }
    FrontOptions options{config, identities, management_url,
                         azure ? management_url : config.azure_authority, std::move(arm_hosts)};
    ARMATURE_TRY(front,
                 GatewayFront::start(std::move(options), *access, home.authority, *home.runtime,
                                     *home.database, clock, random, log, redactor));
    return Ok{};
  }

  Status start_orchestrator() {
    caller = std::make_unique<DirectCaller>(*home.runtime, front->gateway(), front->attempts());
    orchestrator::Options options;
    options.dags_folder = config.dags_folder.string();
    for (const auto& root : config.dags_file_roots) options.file_roots.push_back(root.string());
    options.logs_folder = data("logs").string();
    options.parallelism = config.parallelism;
    options.pools = config.pools;
    options.child = [this](const Attempt& attempt) {
      return front->doors().environment_of(attempt);
    };
    ARMATURE_TRY(orchestrator, orchestrator::Orchestrator::open(
                                   options, *home.database, front->attempts(), *caller,
                                   *access->client, clock, random, log, redactor));
    return orchestrator->start();
  }

  Status start_api() {
    ARMATURE_TRY(Secret token, load_or_make_secret(data("api_token"), random));
    redactor.add(token.reveal());
    api::GatewayServices of_gateway{*access->audit,
                                    *access->upstream,
                                    *access->secrets,
                                    config.azure_audience,
                                    kVersion,
                                    &front->gateway().stops(),
                                    [all = access->workloads.get()](const std::string& identity) {
                                      return all->principals_of(identity);
                                    }};
    api::Services services{*orchestrator, std::move(of_gateway),
                           azure ? &azure->sandbox() : nullptr, front->url(), clock};
    http::ServerOptions options;
    options.address = config.server_address;
    options.port = config.server_port;
    api_server = std::make_unique<http::Server>(
        *home.runtime, options,
        http::blocking(*home.runtime, api::make_api(services, std::move(token))));
    if (auto started = api_server->start(); !started) {
      return std::move(started).error().in("server.port");
    }
    JsonObject found = front->addresses();
    found["url"] = url();
    if (azure) found["sandbox_url"] = management_url;
    if (azure) found["sandbox"] = azure->description();
    found["pid"] = static_cast<std::int64_t>(::getpid());
    return write_file(data("server.json"), pretty(found) + "\n", 0600);
  }

  std::string url() const {
    return "http://" + config.server_address + ":" + std::to_string(api_server->port());
  }

  Status start() {
    ARMATURE_TRY(home, open_data_directory(config, clock, random));
    ARMATURE_CHECK(start_sandbox());
    ARMATURE_CHECK(open_access());
    ARMATURE_CHECK(start_gateway());
    ARMATURE_CHECK(start_orchestrator());
    return start_api();
  }

  // Faces first, so that nothing new comes in; then the work; then what the work stood on.
  void stop() {
    if (api_server) api_server->stop();
    if (orchestrator) orchestrator->stop();
    if (front) front->stop();
    if (azure) azure->stop();
    if (home.runtime) home.runtime->stop();
    std::error_code ignored;
    std::filesystem::remove(data("server.json"), ignored);
  }
};

Standalone::Standalone(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Standalone::~Standalone() = default;

Result<std::unique_ptr<Standalone>> Standalone::start(const Config& config, const Clock& clock,
                                                      Random& random, Log& log,
                                                      Redactor& redactor) {
  auto impl = std::make_unique<Impl>(config, clock, random, log, redactor);
  if (auto started = impl->start(); !started) {
    impl->stop();
    return std::move(started).error();
  }
  return std::make_unique<Standalone>(std::move(impl));
}

void Standalone::stop() {
  impl_->front->drain();
  impl_->stop();
}
void Standalone::hang_up() { impl_->front->reopen_log(); }
std::string Standalone::url() const { return impl_->url(); }

}  // namespace armature::app
