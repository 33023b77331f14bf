#include "app/sandbox_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "api/api.h"
#include "app/local_azure.h"
#include "app/trust_bundle.h"
#include "app/version.h"
#include "base/files.h"
#include "cli/client_settings.h"
#include "http/server.h"
#include "storage/file_lock.h"

namespace armature::app {
namespace {

constexpr const char* kPrincipal = "sandbox-owner";
// Fixed, so that what was written down, and a snapshot, fits the next sandbox.
constexpr const char* kClientId = "33333333-3333-4333-8333-333333333333";
constexpr const char* kObjectId = "44444444-4444-4444-8444-444444444444";
constexpr std::size_t kLargestSnapshot = 256u << 20;  // the control API is on loopback alone

}  // namespace

struct SandboxServer::Impl {
  SandboxServerOptions options;
  const Clock& clock;
  Random& random;
  Log& log;
  Redactor& redactor;
  std::optional<storage::FileLock> lock;
  http::Authority authority;
  std::unique_ptr<http::Runtime> runtime;
  std::unique_ptr<LocalAzure> azure;
  std::unique_ptr<http::Server> control;

  std::filesystem::path data(const char* name) const { return options.config.data_dir / name; }

  Status open_data() {
    ARMATURE_CHECK(make_private_directory(options.config.data_dir));
    // The lock of the server's own database: the two never share a directory.
    auto taken = storage::FileLock::take(data("armature.db"));
    if (!taken) {
      return fail(taken.error().code, taken.error().message +
                                          ": it is running already ('armature sandbox status' asks "
                                          "it), or take another --data-dir");
    }
    lock.emplace(*std::move(taken));
    ARMATURE_TRY(authority,
                 http::load_or_make_authority(data("ca"), "Armature local CA", clock, random));
    ARMATURE_CHECK(write_trust_bundle(data("ca"), authority));
    http::Runtime::Options threads;
    threads.workers = options.config.server_workers;
    runtime = std::make_unique<http::Runtime>(threads);
    return Ok{};
  }

  Status start_azure() {
    LocalAzureOptions settings;
    settings.config = options.config;
    // Tools that are tried out against it should meet the limits that Azure will have for them.
    if (settings.config.sandbox_throttle == "auto") settings.config.sandbox_throttle = "on";
    settings.state_file = options.state_file;
    settings.principal = kPrincipal;
    settings.client_id = kClientId;
    settings.object_id = kObjectId;
    settings.roles = {
        {"Owner",                     "/"},
        {"Key Vault Secrets Officer", "/"}
    };
    settings.graph_roles = {"Directory.ReadWrite.All", "AppRoleAssignment.ReadWrite.All"};
    settings.config.sandbox_imds_port = options.config.sandbox_imds_port.value_or(0);
    ARMATURE_TRY(azure, LocalAzure::start(std::move(settings), authority, *runtime, clock, random,
                                          log, redactor));
    return Ok{};
  }

  Status start_control() {
    ARMATURE_TRY(Secret token, load_or_make_secret(data("api_token"), random));
    redactor.add(token.reveal());
    http::ServerOptions server;
    server.port = options.config.server_port;
    server.max_body_bytes = kLargestSnapshot;
    control = std::make_unique<http::Server>(
        *runtime, server,
        http::blocking(*runtime,
                       api::make_sandbox_api(azure->sandbox(), kVersion, std::move(token))));
    if (auto started = control->start(); !started) {
      return std::move(started).error().in("control port");
    }
    return Ok{};
  }

  Json server_json() const {
    return JsonObject{
        {"url",         "http://127.0.0.1:" + std::to_string(control->port())},
        {"sandbox_url", azure->url()                                         },
        {"sandbox",     azure->description()                                 },
        {"pid",         static_cast<std::int64_t>(::getpid())                }
    };
  }

  // server.json last: whoever waits for it finds the rest.
  Status write_files() {
    const Json found = server_json();
    ARMATURE_TRY(const auto settings, cli::read_client_settings(found));
    ARMATURE_CHECK(write_file(data("azure-cloud.json"), pretty(cli::az_cloud(settings)) + "\n"));
    ARMATURE_CHECK(write_file(data("sandbox.env"),
                              cli::exports(cli::client_variables(settings), cli::Shell::kBash),
                              0600));
    return write_file(data("server.json"), pretty(found) + "\n", 0600);
  }

  Status start() {
    ARMATURE_CHECK(open_data());
    ARMATURE_CHECK(start_azure());
    ARMATURE_CHECK(start_control());
    return write_files();
  }

  void stop() {
    if (control) control->stop();
    if (azure) azure->stop();
    if (runtime) runtime->stop();
    // Only what this process wrote: without the lock it belongs to another.
    if (!lock) return;
    for (const char* name : {"server.json", "sandbox.env"}) {
      std::error_code ignored;
      std::filesystem::remove(data(name), ignored);
    }
  }
};

SandboxServer::SandboxServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SandboxServer::~SandboxServer() = default;

Result<std::unique_ptr<SandboxServer>> SandboxServer::start(SandboxServerOptions options,
                                                            const Clock& clock, Random& random,
                                                            Log& log, Redactor& redactor) {
  std::unique_ptr<Impl> impl(
      new Impl{std::move(options), clock, random, log, redactor, {}, {}, {}, {}, {}});
  if (auto started = impl->start(); !started) {
    impl->stop();
    return std::move(started).error();
  }
  return std::unique_ptr<SandboxServer>(new SandboxServer(std::move(impl)));
}

void SandboxServer::stop() { impl_->stop(); }

std::string SandboxServer::directions() const {
  const std::string data = impl_->options.config.data_dir.string();
  const std::string flag = data == ".armature" ? "" : " --data-dir " + data;
  return fmt::format(
      R"text(The sandbox is up at {url}   (tenant {tenant}, subscription {subscription})
State: {state}. A service principal that owns everything: {client}; its secret is in {secret}

This shell, for az, the SDKs and Terraform:
  eval "$(armature sandbox env{flag})"
Azure CLI:
  az cloud register -n armature --cloud-config @{data}/azure-cloud.json && az cloud set -n armature
  az login --service-principal -u $AZURE_CLIENT_ID -p $AZURE_CLIENT_SECRET --tenant $AZURE_TENANT_ID
Python, JavaScript, Go:
  EnvironmentCredential / DefaultAzureCredential with disable_instance_discovery; endpoint {url}
Terraform:
  provider "azurerm" {{ features {{}} }}, with metadata_host = "{host}" (ARM_METADATA_HOSTNAME)
Faults, time, state:
  armature sandbox fault add status --status 503 --path /deployments/{flag}
  armature sandbox clock advance 2h{flag}
  armature sandbox snapshot save before.json{flag}
)text",
      fmt::arg("url", impl_->azure->url()), fmt::arg("host", impl_->azure->url().substr(8)),
      fmt::arg("tenant", impl_->azure->sandbox().tenant_id()),
      fmt::arg("subscription", impl_->azure->sandbox().subscription_id()),
      fmt::arg("state", impl_->options.state_file.empty() ? "in memory, gone when it stops"
                                                          : impl_->options.state_file.string()),
      fmt::arg("client", impl_->azure->client_id()),
      fmt::arg("secret", impl_->azure->secret_file().string()), fmt::arg("data", data),
      fmt::arg("flag", flag));
}

}  // namespace armature::app
