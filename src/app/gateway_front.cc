#include "app/gateway_front.h"

#include <algorithm>
#include <thread>

#include "app/local_azure.h"
#include "app/local_workloads.h"
#include "app/process_metrics.h"
#include "base/bytes.h"
#include "base/files.h"
#include "gateway/cloud_metadata.h"

namespace armature::app {
namespace {

constexpr auto kCertificateLength = std::chrono::hours(24 * 365);

// The operator's own, or one that the private CA issues for the names that clients may use.
Result<http::Certificate> certificate_for(const Config& config, const http::Authority& authority,
                                          const Clock& clock, Random& random) {
  if (config.gateway_certificate_file.empty() != config.gateway_key_file.empty()) {
    return fail(Code::kInvalid,
                "gateway.certificate_file and gateway.key_file: one of them is not set");
  }
  if (!config.gateway_certificate_file.empty()) {
    http::Certificate own;
    ARMATURE_TRY(own.chain_pem, read_file(config.gateway_certificate_file));
    ARMATURE_TRY(std::string key, read_file(config.gateway_key_file));
    own.key_pem = Secret(std::move(key));
    return own;
  }
  std::vector<std::string> names = {"localhost", "127.0.0.1"};
  const auto add = [&](const std::string& name) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  };
  add(config.gateway_address);
  if (const auto url = http::parse_url(config.gateway_public_url)) add(to_lower(url->host));
  return http::issue(authority, names, kCertificateLength, clock, random);
}

}  // namespace

Result<std::unique_ptr<GatewayFront>> GatewayFront::start(FrontOptions options, AccessPlane& access,
                                                          const http::Authority& authority,
                                                          http::Runtime& runtime,
                                                          storage::Database& database,
                                                          const Clock& clock, Random& random,
                                                          Log& log, Redactor& redactor) {
  std::unique_ptr<GatewayFront> front(
      new GatewayFront(std::move(options), access, database, clock));
  ARMATURE_TRY(front->readiness_,
               Readiness::open(
                   database, *access.upstream, [front = front.get()] { return front->asks(); },
                   clock, log, front->is_on_loopback()));
  ARMATURE_CHECK(front->listen(authority, runtime, clock, random, log));
  ARMATURE_CHECK(front->open_gateway(runtime, database, clock, random, log, redactor));
  ARMATURE_CHECK(front->open_doors(authority, runtime, clock, random, log, redactor));
  return front;
}

GatewayFront::~GatewayFront() { stop(); }

std::string GatewayFront::ca_file(const char* name) const {
  std::error_code ignored;
  return std::filesystem::absolute(options_.config.data_dir / "ca" / name, ignored).string();
}

// The server comes before the gateway, for the gateway to know the port it is reached by.
Status GatewayFront::listen(const http::Authority& authority, http::Runtime& runtime,
                            const Clock& clock, Random& random, Log& log) {
  http::ServerOptions server;
  server.address = options_.config.gateway_address;
  server.port = options_.config.gateway_port;
  ARMATURE_TRY(server.tls, certificate_for(options_.config, authority, clock, random));
  server.drain = options_.config.gateway_drain;
  server.max_connections = options_.config.gateway_max_connections;
  ARMATURE_CHECK(check_certificates(access_.workloads->list()));
  if (const auto& path = options_.config.gateway_client_ca_file; !path.empty()) {
    auto trusted = read_file(path);
    if (!trusted) return std::move(trusted).error().in("gateway.client_ca_file");
    server.client_ca_pem = *std::move(trusted);
  }
  server.on_failure = [&log](const std::string& what) {
    log.error("gateway request failed", {
                                            {"error", what}
    });
  };
  server_ = std::make_unique<http::Server>(runtime, server,
                                           http::coroutine(runtime, [this](http::Request request) {
                                             return answer(std::move(request));
                                           }));
  if (auto started = server_->start(); !started) {
    return std::move(started).error().in("gateway.port");
  }
  url_ = options_.config.gateway_public_url;
  if (url_.empty()) url_ = "https://localhost:" + std::to_string(server_->port());
  access_.issuer->set_url(options_.config.issuer_url.empty() ? url_ : options_.config.issuer_url);
  return Ok{};
}

Status GatewayFront::open_gateway(http::Runtime& runtime, storage::Database& database,
                                  const Clock& clock, Random& random, Log& log,
                                  Redactor& redactor) {
  const Config& config = options_.config;
  gateway::Options options;
  options.outside = access_.outside.get();
  options.certificates = access_.certificates.get();
  options.upstream_url = options_.upstream_url;
  options.audience = config.azure_audience;
  options.request_deadline = config.gateway_request_deadline;
  options.first_delay = config.gateway_first_delay;
  options.public_url = url_;
  options.pacing = gateway::pacing_of(config.gateway_pacing);
  if (config.gateway_access_log != "off" && !config.gateway_access_log.empty()) {
    auto opened = gateway::AccessLog::open(config.gateway_access_log, redactor, log);
    if (!opened) return std::move(opened).error().in("gateway.access_log");
    access_log_ = *std::move(opened);
    options.on_call = [to = access_log_.get()](gateway::CallReport report) {
      to->add(std::move(report));
    };
  }
  ARMATURE_CHECK(make_private_directory(config.data_dir / "secrets"));
  ARMATURE_TRY(options.state_key,
               load_or_make_secret(config.data_dir / "secrets" / "gateway_state_key", random));
  redactor.add(options.state_key.reveal());
  ARMATURE_TRY(gateway_,
               gateway::Gateway::open(options, runtime, *access_.client, database,
                                      *access_.attempts, *access_.upstream, *access_.grants,
                                      *access_.audit, clock, random, log));
  ready_ = gateway_.get();
  return Ok{};
}

http::Task<http::Response> GatewayFront::answer(http::Request request) {
  if (request.target == "/livez") co_return http::json_response(200, R"({"status":"ok"})");
  gateway::Gateway* ready = ready_;
  if (!ready) co_return http::json_response(503, R"({"error":{"code":"ServerStarting"}})");
  if (request.target == "/readyz") co_return co_await readiness_->answer();
  if (request.target == "/metrics" && shows_metrics()) {
    http::Response page;
    page.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    page.body = metrics();
    co_return page;
  }
  if (auto page = gateway::cloud_metadata(request, url_, options_.login_url)) {
    co_return *std::move(page);
  }
  if (auto document = access_.issuer->answer(request)) co_return *std::move(document);
  co_return co_await ready->handle(std::move(request));
}

// One for each identity that can be asked for without a DAG: of federation, as one of its
// workloads.
std::vector<identity::TokenAsk> GatewayFront::asks() const {
  std::vector<identity::TokenAsk> out;
  for (const std::string& name : access_.upstream->names()) {
    identity::TokenAsk ask{name, options_.config.azure_audience};
    const auto callers = access_.workloads->principals_of(name);
    if (!callers.empty()) ask.who = callers.front();
    if (access_.upstream->kind(name) != "federation" || ask.who) out.push_back(std::move(ask));
  }
  return out;
}

// Who asks is somebody on this machine.
bool GatewayFront::is_on_loopback() const {
  const std::string& address = options_.config.gateway_address;
  return address.starts_with("127.") || address == "::1";
}

bool GatewayFront::shows_metrics() const {
  const std::string& chosen = options_.config.gateway_metrics;
  return chosen == "auto" ? is_on_loopback() : chosen == "on";
}

std::string GatewayFront::metrics() const {
  Exposition out;
  gateway_->write_metrics(out);
  const http::Client::Counts client = access_.client->counts();
  out.counter("armature_gateway_upstream_connections_total",
              "Connections opened to Azure, to Entra and to issuers.",
              static_cast<double>(client.connections));
  out.gauge("armature_gateway_upstream_requests_in_flight", "Requests sent out without an answer.",
            static_cast<double>(client.under_way));
  out.family("armature_gateway_tokens_cached", "gauge", "Tokens that are held, by whose they are.");
  out.sample(
      {
          {"of", "identities"}
  },
      static_cast<double>(access_.upstream->cached()));
  out.sample(
      {
          {"of", "workloads"}
  },
      static_cast<double>(access_.outside->remembered()));
  out.gauge("armature_database_writes_waiting",
            "Records of the audit and other writes that wait for the database.",
            static_cast<double>(database_.writes_waiting()));
  if (access_log_) {
    out.counter("armature_gateway_access_log_dropped_total",
                "Lines of the access log that were not written.",
                static_cast<double>(access_log_->dropped()));
  }
  write_process_metrics(out, started_);
  return out.text();
}

Status GatewayFront::open_doors(const http::Authority& authority, http::Runtime& runtime,
                                const Clock& clock, Random& random, Log& log, Redactor& redactor) {
  TokensAndGrants::Identities acts_as;
  for (const IdentityConfig& one : options_.identities) {
    acts_as[one.name] = {one.tenant_id, one.client_id};
  }
  attempts_ = std::make_unique<TokensAndGrants>(
      *access_.attempts, *access_.credentials, *access_.grants, std::move(acts_as), clock, redactor,
      [this](const TaskKey& task) { gateway_->forget_doubts(task); });
  const Config& config = options_.config;
  DoorOptions options;
  options.identity_port = config.gateway_identity_port;
  options.proxy_port = config.gateway_proxy_port;
  options.proxy_connections = config.gateway_max_connections;
  options.audience = config.azure_audience;
  options.drain = config.gateway_drain;
  options.proxy.arm_hosts = options_.arm_hosts;
  options.proxy.tunnelled = config.gateway_proxy_tunnel;
  options.proxy.tunnel_local = config.gateway_proxy_tunnel_local;
  options.addresses.gateway_url = url_;
  options.addresses.ca_file = ca_file("ca.pem");
  options.addresses.bundle_file = ca_file("bundle.pem");
  Doors::Inside inside{
      [this](http::Request request) { return gateway_->handle(std::move(request)); }, *attempts_,
      authority};
  ARMATURE_TRY(doors_,
               Doors::start(std::move(options), std::move(inside), runtime, clock, random, log));
  return admit_local(config, access_.workloads->list(), *attempts_, *doors_);
}

// Without authorities no client is asked for a certificate, and such a workload could never call.
Status GatewayFront::check_certificates(const std::vector<WorkloadConfig>& workloads) const {
  for (const WorkloadConfig& one : workloads) {
    if (one.certificate.empty() || !options_.config.gateway_client_ca_file.empty()) continue;
    return fail(Code::kInvalid, "workloads." + one.trust.name +
                                    ": a certificate is for a server with gateway.client_ca_file "
                                    "(a new one needs a restart)");
  }
  return Ok{};
}

Status GatewayFront::put_workloads(const std::vector<IdentityConfig>& identities,
                                   std::vector<WorkloadConfig> workloads) {
  const std::vector<std::string> known = access_.upstream->names();
  for (const IdentityConfig& one : identities) {
    if (std::ranges::find(known, one.name) == known.end()) {
      return fail(Code::kInvalid, "identities: '" + one.name + "' is new, which needs a restart");
    }
  }
  ARMATURE_CHECK(check_certificates(workloads));
  ARMATURE_CHECK(access_.workloads->put(identities, std::move(workloads)));
  return admit_local(options_.config, access_.workloads->list(), *attempts_, *doors_);
}

JsonObject GatewayFront::addresses() const {
  JsonObject found;
  found["gateway_url"] = url_;
  const DoorAddresses& open = doors_->addresses();
  if (!open.identity_url.empty()) found["identity_url"] = open.identity_url;
  if (!open.proxy.empty()) found["proxy"] = open.proxy;
  found["ca_file"] = open.ca_file;
  return found;
}

void GatewayFront::reopen_log() {
  if (access_log_) access_log_->reopen();
}

void GatewayFront::drain() {
  readiness_->drain();
  std::this_thread::sleep_for(options_.config.gateway_drain_delay);
}

void GatewayFront::close_doors() {
  if (doors_) doors_->stop();
}

void GatewayFront::stop() {
  close_doors();
  if (server_) server_->stop();
}

}  // namespace armature::app
