#include "app/local_azure.h"

#include "base/bytes.h"
#include "base/files.h"
#include "http/client.h"

namespace armature::app {
namespace {

constexpr auto kCertificateLength = std::chrono::hours(24 * 365);
constexpr auto kReadyIdentity =
    "/resourceGroups/sandbox/providers/Microsoft.ManagedIdentity/userAssignedIdentities/developer";
constexpr auto kIdentityHeader = "identity_header";
constexpr auto kIssuerTimeout = std::chrono::seconds(5);
constexpr std::size_t kMostIssuerBytes = 1u << 20;

std::string absolute_text(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal().string();
}

// GET for the keys of the issuers that federated credentials name: those on this machine under our
// own CA, those elsewhere under the system's.
sandbox::Fetch issuer_fetch(const http::Authority& authority, http::Runtime& runtime) {
  http::ClientOptions limits;
  limits.connect_timeout = kIssuerTimeout;
  limits.max_body_bytes = kMostIssuerBytes;
  const auto outside = std::make_shared<http::Client>(runtime, limits);
  limits.ca_pem = authority.certificate_pem;
  const auto here = std::make_shared<http::Client>(runtime, limits);
  return [outside, here](const std::string& address) -> Result<std::string> {
    const auto url = http::parse_url(address);
    const bool loopback = url && (url->host == "localhost" || url->host == "127.0.0.1");
    http::Request request;
    request.target = address;
    request.headers.set("Accept", "application/json");
    auto outcome = (loopback ? here : outside)->send_and_wait(std::move(request), kIssuerTimeout);
    if (!outcome.response) return std::move(outcome.response).error();
    if (outcome.response->status != 200) {
      return fail(Code::kUnavailable,
                  address + " answers " + std::to_string(outcome.response->status));
    }
    return std::move(outcome.response->body);
  };
}

}  // namespace

Result<Secret> load_or_make_secret(const std::filesystem::path& path, Random& random) {
  if (auto text = read_file(path, 4096)) return Secret(std::string(trim(*text)));
  Secret secret(to_base64url(random.bytes(32)));
  ARMATURE_CHECK(write_file(path, secret.reveal() + "\n", 0600));
  return secret;
}

LocalAzure::~LocalAzure() { stop(); }

std::filesystem::path LocalAzure::file(const char* folder, const std::string& name) const {
  return options_.config.data_dir / folder / name;
}

std::filesystem::path LocalAzure::secret_file() const {
  return file("secrets", options_.principal);
}

Result<std::unique_ptr<LocalAzure>> LocalAzure::start(LocalAzureOptions options,
                                                      const http::Authority& authority,
                                                      http::Runtime& runtime, const Clock& clock,
                                                      Random& random, Log& log,
                                                      Redactor& redactor) {
  std::unique_ptr<LocalAzure> azure(new LocalAzure(std::move(options)));
  ARMATURE_CHECK(make_private_directory(azure->options_.config.data_dir / "secrets"));
  ARMATURE_CHECK(azure->open(authority, runtime, clock, random, log, redactor));
  ARMATURE_CHECK(azure->serve(authority, runtime, clock, random));
  ARMATURE_CHECK(azure->add_principal(random, redactor));
  ARMATURE_CHECK(azure->serve_identities(runtime, random, log, redactor));
  return azure;
}

Status LocalAzure::open(const http::Authority& authority, http::Runtime& runtime,
                        const Clock& clock, Random& random, Log& log, Redactor& redactor) {
  if (!options_.state_file.empty()) {
    storage::Database::Options database_options;
    database_options.path = options_.state_file;
    ARMATURE_TRY(database_, storage::Database::open(database_options));
  }
  sandbox::Options settings;
  settings.tenant_id = options_.config.sandbox_tenant_id;
  settings.subscription_id = options_.config.sandbox_subscription_id;
  settings.provisioning_time = options_.config.sandbox_provisioning_time;
  auto roots = sandbox::read_content_roots(options_.config.sandbox_content_roots);
  if (!roots) return std::move(roots).error().in("sandbox.content_roots");
  settings.content = sandbox::folder_content(*std::move(roots));
  settings.throttle = options_.config.sandbox_throttle == "on";
  settings.require_registration = options_.config.sandbox_require_registration;
  settings.lenient = options_.config.sandbox_lenient;
  settings.token_lifetime = options_.config.sandbox_token_lifetime;
  settings.token_keys_file = options_.config.data_dir / "token_keys.json";
  settings.fetch = issuer_fetch(authority, runtime);
  ARMATURE_TRY(settings.state_key,
               load_or_make_secret(file("secrets", "sandbox_state_key"), random));
  redactor.add(settings.state_key.reveal());
  ARMATURE_TRY(sandbox_, sandbox::Sandbox::open(std::move(settings), runtime, database_.get(),
                                                clock, random, log));
  return Ok{};
}

Status LocalAzure::serve(const http::Authority& authority, http::Runtime& runtime,
                         const Clock& clock, Random& random) {
  http::ServerOptions server;
  server.port = options_.config.sandbox_port;
  ARMATURE_TRY(server.tls, http::issue(authority, {"localhost", "127.0.0.1", "*.vault.localhost"},
                                       kCertificateLength, clock, random));
  server_ = std::make_unique<http::Server>(runtime, server, sandbox_->handler());
  if (auto started = server_->start(); !started) {
    return std::move(started).error().in("sandbox.port");
  }
  url_ = "https://localhost:" + std::to_string(server_->port());
  sandbox_->set_public_url(url_);
  return Ok{};
}

Status LocalAzure::add_principal(Random& random, Redactor& redactor) {
  sandbox::AppSeed seed;
  seed.display_name = options_.principal;
  seed.client_secret = Secret(to_base64url(random.bytes(32)));
  seed.client_id = options_.client_id;
  seed.object_id = options_.object_id;
  seed.roles = options_.roles;
  seed.graph_roles = options_.graph_roles;
  redactor.add(seed.client_secret.reveal());
  ARMATURE_TRY(const auto app, sandbox_->ensure_app(seed));
  client_id_ = app.client_id;
  return write_file(secret_file(), seed.client_secret.reveal(), 0600);
}

// What code on an Azure resource finds: plain http, on loopback alone.
Status LocalAzure::serve_identities(http::Runtime& runtime, Random& random, Log& log,
                                    Redactor& redactor) {
  if (!options_.config.sandbox_imds_port) return Ok{};
  std::string resource = options_.config.sandbox_imds_resource;
  if (resource.empty()) {
    resource = "/subscriptions/" + sandbox_->subscription_id() + kReadyIdentity;
    const std::vector<sandbox::AppSeed::Assignment> roles = {
        {"Contributor", ""}
    };
    ARMATURE_TRY(const std::string principal, sandbox_->ensure_identity(resource, roles));
    log.info("a managed identity is ready", {
                                                {"resource",  resource },
                                                {"principal", principal}
    });
  }
  ARMATURE_TRY(Secret header, load_or_make_secret(file("secrets", kIdentityHeader), random));
  redactor.add(header.reveal());
  http::ServerOptions server;
  server.port = *options_.config.sandbox_imds_port;
  identity_server_ = std::make_unique<http::Server>(
      runtime, server, sandbox_->identity_handler(resource, std::move(header)));
  if (auto started = identity_server_->start(); !started) {
    return std::move(started).error().in("sandbox.imds_port");
  }
  return Ok{};
}

JsonObject LocalAzure::description() const {
  JsonObject out{
      {"url",                url_                        },
      {"tenant_id",          sandbox_->tenant_id()       },
      {"subscription_id",    sandbox_->subscription_id() },
      {"client_id",          client_id_                  },
      {"client_secret_file", absolute_text(secret_file())},
      {"ca_file",            absolute_text(file("ca",      "ca.pem"))},
      {"bundle_file",                    absolute_text(file("ca",                                    "bundle.pem"))},
      {"az_config_dir",      absolute_text(options_.config.data_dir / "az")}
  };
  if (identity_server_) {
    const std::string base = "http://127.0.0.1:" + std::to_string(identity_server_->port());
    out["imds_url"] = base;
    out["identity_endpoint"] = base + "/msi/token";
    out["identity_header_file"] = absolute_text(file("secrets", kIdentityHeader));
  }
  return out;
}

void LocalAzure::stop() {
  if (identity_server_) identity_server_->stop();
  if (server_) server_->stop();
}

}  // namespace armature::app
