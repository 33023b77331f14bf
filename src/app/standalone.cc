#include "app/standalone.h"

#include <unistd.h>

#include <atomic>

#include "api/api.h"
#include "app/access_plane.h"
#include "app/doors.h"
#include "app/local_azure.h"
#include "app/ports.h"
#include "app/trust_bundle.h"
#include "app/version.h"
#include "base/bytes.h"
#include "base/files.h"
#include "gateway/cloud_metadata.h"
#include "gateway/gateway.h"
#include "http/certificates.h"
#include "http/server.h"
#include "http/task.h"
#include "orchestrator/orchestrator.h"
#include "storage/database.h"

namespace armature::app {
namespace {

constexpr auto kCertificateLength = std::chrono::hours(24 * 365);
constexpr auto kSandboxIdentity = "provisioner";

}  // namespace

struct Standalone::Impl {
  Config config;
  const Clock& clock;
  Random& random;
  Log& log;
  Redactor& redactor;

  http::Authority authority;
  std::string management_url;
  std::string gateway_url;
  std::vector<IdentityConfig> identities;

  std::unique_ptr<storage::Database> database;
  std::unique_ptr<http::Runtime> runtime;
  std::unique_ptr<LocalAzure> azure;
  std::unique_ptr<AccessPlane> access;
  std::unique_ptr<gateway::Gateway> gateway;
  std::atomic<gateway::Gateway*> ready_gateway{nullptr};
  std::unique_ptr<http::Server> gateway_server;
  std::unique_ptr<TokensAndGrants> attempt_access;
  std::unique_ptr<Doors> doors;
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
  std::string ca_file(const char* name) const {
    std::error_code ignored;
    return std::filesystem::absolute(data("ca") / name, ignored).string();
  }

  Status open_data() {
    ARMATURE_CHECK(make_private_directory(config.data_dir));
    storage::Database::Options options;
    options.path = data("armature.db");
    ARMATURE_TRY(database, storage::Database::open(options));
    ARMATURE_TRY(authority,
                 http::load_or_make_authority(data("ca"), "Armature local CA", clock, random));
    ARMATURE_CHECK(write_trust_bundle(data("ca"), authority));
    http::Runtime::Options threads;
    threads.workers = config.server_workers;
    runtime = std::make_unique<http::Runtime>(threads);
    return Ok{};
  }

  Result<http::ServerOptions> tls_options(const std::string& address, std::uint16_t port) {
    http::ServerOptions options;
    options.address = address;
    options.port = port;
    std::vector<std::string> names = {"localhost", "127.0.0.1"};
    if (address != "127.0.0.1") names.push_back(address);
    ARMATURE_TRY(options.tls, http::issue(authority, names, kCertificateLength, clock, random));
    return options;
  }

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
    ARMATURE_TRY(azure, LocalAzure::start(std::move(options), authority, *runtime, clock, random,
                                          log, redactor));
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
      source.ca_pem = authority.certificate_pem;
      source.authority = management_url;
    }
    ARMATURE_TRY(access,
                 AccessPlane::open(source, *runtime, *database, clock, random, log, redactor));
    return Ok{};
  }

  Status start_gateway() {
    ARMATURE_TRY(auto server_options, tls_options(config.gateway_address, config.gateway_port));
    // The server comes first, for the gateway to know the port it is reached by.
    gateway_server = std::make_unique<http::Server>(
        *runtime, server_options, http::coroutine(*runtime, [this](http::Request request) {
          return answer(std::move(request));
        }));
    if (auto started = gateway_server->start(); !started) {
      return std::move(started).error().in("gateway.port");
    }
    gateway_url = "https://localhost:" + std::to_string(gateway_server->port());
    access->issuer->set_url(config.issuer_url.empty() ? gateway_url : config.issuer_url);
    gateway::Options options;
    options.outside = access->outside.get();
    options.upstream_url = management_url;
    options.audience = config.azure_audience;
    options.request_deadline = config.gateway_request_deadline;
    options.first_delay = config.gateway_first_delay;
    options.public_url = gateway_url;
    options.pacing = gateway::pacing_of(config.gateway_pacing);
    ARMATURE_CHECK(make_private_directory(data("secrets")));
    ARMATURE_TRY(options.state_key,
                 load_or_make_secret(data("secrets") / "gateway_state_key", random));
    redactor.add(options.state_key.reveal());
    ARMATURE_TRY(gateway,
                 gateway::Gateway::open(options, *runtime, *access->client, *database,
                                        *access->attempts, *access->upstream, *access->grants,
                                        *access->audit, clock, random, log));
    ready_gateway = gateway.get();
    return Ok{};
  }

  http::Task<http::Response> answer(http::Request request) {
    gateway::Gateway* ready = ready_gateway;
    if (!ready) co_return http::json_response(503, R"({"error":{"code":"ServerStarting"}})");
    const std::string& login = azure ? management_url : config.azure_authority;
    if (auto page = gateway::cloud_metadata(request, gateway_url, login))
      co_return *std::move(page);
    if (auto document = access->issuer->answer(request)) co_return *std::move(document);
    co_return co_await ready->handle(std::move(request));
  }

  Status start_doors() {
    TokensAndGrants::Identities acts_as;
    for (const IdentityConfig& one : identities) acts_as[one.name] = {one.tenant_id, one.client_id};
    attempt_access = std::make_unique<TokensAndGrants>(
        *access->attempts, *access->credentials, *access->grants, std::move(acts_as), clock,
        redactor, [this](const TaskKey& task) { gateway->forget_doubts(task); });
    DoorOptions options;
    options.identity_port = config.gateway_identity_port;
    options.proxy_port = config.gateway_proxy_port;
    options.audience = config.azure_audience;
    if (const auto azure_url = http::parse_url(config.azure_management_url)) {
      options.proxy.arm_hosts.push_back(to_lower(azure_url->host));
    }
    options.proxy.tunnelled = config.gateway_proxy_tunnel;
    options.proxy.tunnel_local = config.gateway_proxy_tunnel_local;
    options.addresses.gateway_url = gateway_url;
    options.addresses.ca_file = ca_file("ca.pem");
    options.addresses.bundle_file = ca_file("bundle.pem");
    Doors::Inside inside{
        [this](http::Request request) { return gateway->handle(std::move(request)); },
        *attempt_access, authority};
    ARMATURE_TRY(doors,
                 Doors::start(std::move(options), std::move(inside), *runtime, clock, random, log));
    return Ok{};
  }

  Status start_orchestrator() {
    caller = std::make_unique<DirectCaller>(*runtime, *gateway, *attempt_access);
    orchestrator::Options options;
    options.dags_folder = config.dags_folder.string();
    for (const auto& root : config.dags_file_roots) options.file_roots.push_back(root.string());
    options.logs_folder = data("logs").string();
    options.parallelism = config.parallelism;
    options.child = [this](const Attempt& attempt) { return doors->environment_of(attempt); };
    ARMATURE_TRY(orchestrator,
                 orchestrator::Orchestrator::open(options, *database, *attempt_access, *caller,
                                                  *access->client, clock, random, log, redactor));
    return orchestrator->start();
  }

  Status start_api() {
    ARMATURE_TRY(Secret token, load_or_make_secret(data("api_token"), random));
    redactor.add(token.reveal());
    api::Services services{*orchestrator,
                           *access->audit,
                           *access->upstream,
                           *access->secrets,
                           azure ? &azure->sandbox() : nullptr,
                           gateway_url,
                           config.azure_audience,
                           kVersion,
                           clock,
                           &gateway->stops()};
    http::ServerOptions options;
    options.address = config.server_address;
    options.port = config.server_port;
    api_server = std::make_unique<http::Server>(
        *runtime, options, http::blocking(*runtime, api::make_api(services, std::move(token))));
    if (auto started = api_server->start(); !started) {
      return std::move(started).error().in("server.port");
    }
    JsonObject found;
    found["url"] = url();
    found["gateway_url"] = gateway_url;
    if (!doors->addresses().identity_url.empty()) {
      found["identity_url"] = doors->addresses().identity_url;
    }
    if (!doors->addresses().proxy.empty()) found["proxy"] = doors->addresses().proxy;
    if (azure) found["sandbox_url"] = management_url;
    if (azure) found["sandbox"] = azure->description();
    found["ca_file"] = ca_file("ca.pem");
    found["pid"] = static_cast<std::int64_t>(::getpid());
    return write_file(data("server.json"), pretty(found) + "\n", 0600);
  }

  std::string url() const {
    return "http://" + config.server_address + ":" + std::to_string(api_server->port());
  }

  Status start() {
    ARMATURE_CHECK(open_data());
    ARMATURE_CHECK(start_sandbox());
    ARMATURE_CHECK(open_access());
    ARMATURE_CHECK(start_gateway());
    ARMATURE_CHECK(start_doors());
    ARMATURE_CHECK(start_orchestrator());
    return start_api();
  }

  // Faces first, so that nothing new comes in; then the work; then what the work stood on.
  void stop() {
    if (api_server) api_server->stop();
    if (orchestrator) orchestrator->stop();
    if (doors) doors->stop();
    if (gateway_server) gateway_server->stop();
    if (azure) azure->stop();
    if (runtime) runtime->stop();
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

void Standalone::stop() { impl_->stop(); }
std::string Standalone::url() const { return impl_->url(); }

}  // namespace armature::app
