#include "app/local_azure.h"

#include "base/bytes.h"
#include "base/files.h"

namespace armature::app {
namespace {

constexpr auto kCertificateLength = std::chrono::hours(24 * 365);
// Debian and Alpine, Fedora, macOS and BSD.
constexpr const char* kSystemRoots[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"};

std::string absolute_text(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::absolute(path, ignored).lexically_normal().string();
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
  ARMATURE_CHECK(azure->open(runtime, clock, random, log, redactor));
  ARMATURE_CHECK(azure->serve(authority, runtime, clock, random));
  ARMATURE_CHECK(azure->add_principal(random, redactor));
  ARMATURE_CHECK(azure->write_bundle(authority));
  return azure;
}

Status LocalAzure::open(http::Runtime& runtime, const Clock& clock, Random& random, Log& log,
                        Redactor& redactor) {
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
  seed.roles = options_.roles;
  redactor.add(seed.client_secret.reveal());
  ARMATURE_TRY(const auto app, sandbox_->ensure_app(seed));
  client_id_ = app.client_id;
  return write_file(secret_file(), seed.client_secret.reveal(), 0600);
}

Status LocalAzure::write_bundle(const http::Authority& authority) const {
  std::string roots;
  for (const char* path : kSystemRoots) {
    if (auto text = read_file(path)) {
      roots = *std::move(text);
      break;
    }
  }
  if (!roots.empty() && roots.back() != '\n') roots += '\n';
  return write_file(file("ca", "bundle.pem"), roots + authority.certificate_pem, 0644);
}

JsonObject LocalAzure::description() const {
  return {
      {"url",                url_                        },
      {"tenant_id",          sandbox_->tenant_id()       },
      {"subscription_id",    sandbox_->subscription_id() },
      {"client_id",          client_id_                  },
      {"client_secret_file", absolute_text(secret_file())},
      {"ca_file",            absolute_text(file("ca",      "ca.pem"))},
      {"bundle_file",                    absolute_text(file("ca",                                    "bundle.pem"))},
      {"az_config_dir",      absolute_text(options_.config.data_dir / "az")}
  };
}

void LocalAzure::stop() {
  if (server_) server_->stop();
}

}  // namespace armature::app
