#include "app/gateway_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <mutex>

#include "api/api.h"
#include "app/access_plane.h"
#include "app/data_directory.h"
#include "app/file_watch.h"
#include "app/gateway_front.h"
#include "app/local_azure.h"
#include "app/local_workloads.h"
#include "app/version.h"
#include "base/bytes.h"
#include "base/files.h"
#include "http/server.h"
#include "storage/database.h"

namespace armature::app {
namespace {

// For people: how a caller shows who it is.
std::string known_by(const Config& config, const WorkloadConfig& one) {
  if (one.local) return "variables in " + workload_file(config, one).string();
  const identity::CertificateMatch& match = one.certificate;
  if (!match.empty()) return "by a certificate of " + match.subject + match.dns + match.uri;
  return "by tokens of " + one.trust.issuer;
}

}  // namespace

struct GatewayServer::Impl {
  Impl(GatewayServerOptions options, const Clock& time, Random& dice, Log& journal, Redactor& mask)
      : config(std::move(options.config)),
        reread(std::move(options.reread)),
        watched(std::move(options.watched)),
        clock(time),
        random(dice),
        log(journal),
        redactor(mask) {}

  const Config config;
  const std::function<Result<Config>()> reread;
  const std::filesystem::path watched;
  const Clock& clock;
  Random& random;
  Log& log;
  Redactor& redactor;
  DataDirectory home;
  std::unique_ptr<AccessPlane> access;
  std::unique_ptr<GatewayFront> front;
  std::unique_ptr<http::Server> control;
  std::mutex reloading;
  std::unique_ptr<FileWatch> watch;

  std::filesystem::path data(const char* name) const { return config.data_dir / name; }

  Status check() const {
    if (config.identities.empty()) {
      return fail(Code::kInvalid,
                  "identities: none is configured, so there is nobody to call Azure as "
                  "(docs/identities.md)");
    }
    if (!http::parse_url(config.azure_management_url)) {
      return fail(Code::kInvalid,
                  "azure.management_url: '" + config.azure_management_url + "' is not a URL");
    }
    if (config.workloads.empty()) {
      log.warning("no workloads are configured: nobody may call");
    }
    return Ok{};
  }

  Status open_access() {
    AccessPlane::Source source{config, config.identities, config.azure_authority, ""};
    if (!config.azure_ca_file.empty()) {
      auto trusted = read_file(config.azure_ca_file);
      if (!trusted) return std::move(trusted).error().in("azure.ca_file");
      source.ca_pem = *std::move(trusted);
    }
    ARMATURE_TRY(access, AccessPlane::open(source, *home.runtime, *home.database, clock, random,
                                           log, redactor));
    return Ok{};
  }

  // Clients of the proxy keep Azure's own name, whatever stands behind the gateway.
  std::vector<std::string> arm_hosts() const {
    std::vector<std::string> hosts = {"management.azure.com"};
    const auto upstream = http::parse_url(config.azure_management_url);
    const std::string host = upstream ? to_lower(upstream->host) : "";
    if (host.find('.') != std::string::npos && host != hosts.front()) hosts.push_back(host);
    return hosts;
  }

  Status start_front() {
    FrontOptions options{config, config.identities, config.azure_management_url,
                         config.azure_authority, arm_hosts()};
    ARMATURE_TRY(front,
                 GatewayFront::start(std::move(options), *access, home.authority, *home.runtime,
                                     *home.database, clock, random, log, redactor));
    return Ok{};
  }

  Status start_control() {
    ARMATURE_TRY(Secret token, load_or_make_secret(data("api_token"), random));
    redactor.add(token.reveal());
    api::GatewayServices services{*access->audit,
                                  *access->upstream,
                                  *access->secrets,
                                  config.azure_audience,
                                  kVersion,
                                  &front->gateway().stops(),
                                  [all = access->workloads.get()](const std::string& name) {
                                    return all->principals_of(name);
                                  }};
    http::ServerOptions server;
    server.address = config.server_address;
    server.port = config.server_port;
    control = std::make_unique<http::Server>(
        *home.runtime, server,
        http::blocking(*home.runtime,
                       api::make_gateway_api(std::move(services), std::move(token))));
    if (auto started = control->start(); !started) {
      return std::move(started).error().in("server.port");
    }
    return Ok{};
  }

  // server.json last: whoever waits for it finds the rest.
  Status write_files() const {
    JsonObject found = front->addresses();
    found["url"] = "http://" + config.server_address + ":" + std::to_string(control->port());
    found["upstream_url"] = config.azure_management_url;
    found["pid"] = static_cast<std::int64_t>(::getpid());
    return write_file(data("server.json"), pretty(found) + "\n", 0600);
  }

  Status start() {
    ARMATURE_CHECK(check());
    ARMATURE_TRY(home, open_data_directory(config, clock, random));
    ARMATURE_CHECK(open_access());
    ARMATURE_CHECK(start_front());
    ARMATURE_CHECK(start_control());
    watch = std::make_unique<FileWatch>(watched, [this] { reload(); });
    return write_files();
  }

  void reload() {
    const std::lock_guard one_at_a_time(reloading);
    auto fresh = reread();
    const Status done = fresh ? front->put_workloads(fresh->identities, fresh->workloads)
                              : Status(std::move(fresh).error());
    if (!done) {
      log.error("configuration not reloaded: the last good one goes on",
                {
                    {"error", done.error().message}
      });
      return;
    }
    log.info("configuration reloaded", {
                                           {"workloads", access->workloads->list().size()}
    });
  }

  void stop() {
    watch.reset();
    if (front) front->drain();
    if (control) control->stop();
    if (front) front->stop();
    if (home.runtime) home.runtime->stop();
    // Only what this process wrote: without the database it belongs to another.
    if (!home.database) return;
    std::error_code ignored;
    std::filesystem::remove(data("server.json"), ignored);
  }
};

GatewayServer::GatewayServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GatewayServer::~GatewayServer() = default;

Result<std::unique_ptr<GatewayServer>> GatewayServer::start(GatewayServerOptions options,
                                                            const Clock& clock, Random& random,
                                                            Log& log, Redactor& redactor) {
  auto impl = std::make_unique<Impl>(std::move(options), clock, random, log, redactor);
  if (auto started = impl->start(); !started) {
    impl->stop();
    return std::move(started).error();
  }
  return std::unique_ptr<GatewayServer>(new GatewayServer(std::move(impl)));
}

void GatewayServer::stop() { impl_->stop(); }

void GatewayServer::hang_up() {
  impl_->front->reopen_log();
  impl_->reload();
}

std::string GatewayServer::directions() const {
  std::string callers;
  for (const WorkloadConfig& one : impl_->access->workloads->list()) {
    callers += fmt::format("  {:<20} as {:<16} {}\n", one.trust.name, one.identity,
                           known_by(impl_->config, one));
  }
  return fmt::format(
      R"text(The gateway is up at {url}, in front of {upstream}
Who may call:
{callers}  az, Terraform, SDKs: docs/doors.md. The certificate is signed by {ca}
)text",
      fmt::arg("url", impl_->front->url()),
      fmt::arg("upstream", impl_->config.azure_management_url),
      fmt::arg("callers", callers.empty() ? "  nobody: workloads: is empty\n" : callers),
      fmt::arg("ca", impl_->config.gateway_certificate_file.empty()
                         ? impl_->front->doors().addresses().ca_file
                         : "your own CA"));
}

}  // namespace armature::app
