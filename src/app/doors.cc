#include "app/doors.h"

namespace armature::app {

Result<std::unique_ptr<Doors>> Doors::start(DoorOptions options, Inside inside,
                                            http::Runtime& runtime, const Clock& clock,
                                            Random& random, Log& log) {
  std::unique_ptr<Doors> doors(new Doors(std::move(options), runtime, inside.access));
  ARMATURE_CHECK(doors->open_identity(clock, random));
  ARMATURE_CHECK(doors->open_proxy(std::move(inside), clock, random, log));
  return doors;
}

gateway::TokenOf Doors::token_of() const {
  return
      [&access = access_](const std::string& credential) { return access.token_for(credential); };
}

Status Doors::open_identity(const Clock& clock, Random& random) {
  if (!options_.identity_port) return Ok{};
  gateway::ManagedIdentity endpoint;
  endpoint.resources = gateway::arm_resources(options_.audience);
  endpoint.token_of = token_of();
  const auto answer = [endpoint = std::move(endpoint), &clock, &random](http::Request request,
                                                                        http::Reply reply) {
    reply(gateway::serve_identity(endpoint, request, random.uuid(), clock.now()));
  };
  http::ServerOptions server;
  server.port = *options_.identity_port;
  server.max_body_bytes = 64 * 1024;
  identity_ = std::make_unique<http::Server>(runtime_, server, answer);
  if (auto started = identity_->start(); !started) {
    return std::move(started).error().in("gateway.identity_port");
  }
  options_.addresses.identity_url = "http://127.0.0.1:" + std::to_string(identity_->port());
  return Ok{};
}

Status Doors::open_proxy(Inside inside, const Clock& clock, Random& random, Log& log) {
  if (!options_.proxy_port) return Ok{};
  options_.proxy.public_url = options_.addresses.gateway_url;
  proxy_ = std::make_unique<gateway::ForwardProxy>(options_.proxy, token_of(),
                                                   std::move(inside.handle), runtime_, log);
  auto connect = std::make_shared<http::ConnectOptions>();
  connect->decide = [this](const http::Request& request) { return proxy_->connect(request); };
  connect->certificates = std::make_shared<http::HostCertificates>(inside.authority, clock, random);
  http::ServerOptions server;
  server.port = *options_.proxy_port;
  server.max_connections = options_.proxy_connections;
  server.connect = std::move(connect);
  server.drain = options_.drain;
  server.on_failure = [&log](const std::string& what) {
    log.error("proxy connection failed", {
                                             {"error", what}
    });
  };
  proxy_server_ = std::make_unique<http::Server>(
      runtime_, server,
      [this](http::Request request, http::Reply reply) { reply(proxy_->plain(request)); });
  if (auto started = proxy_server_->start(); !started) {
    return std::move(started).error().in("gateway.proxy_port");
  }
  options_.addresses.proxy = "127.0.0.1:" + std::to_string(proxy_server_->port());
  return Ok{};
}

std::vector<std::pair<std::string, Secret>> Doors::environment_of(const Attempt& attempt) const {
  const auto credential = access_.credential_of(attempt);
  // Without one the process has no way in, which its first call tells it.
  return task_environment(options_.addresses, credential ? *credential : Secret());
}

void Doors::stop() {
  if (proxy_server_) proxy_server_->stop();
  if (identity_) identity_->stop();
}

}  // namespace armature::app
