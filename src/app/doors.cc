#include "app/doors.h"

namespace armature::app {

Result<std::unique_ptr<Doors>> Doors::start(DoorOptions options, http::Runtime& runtime,
                                            TokensAndGrants& access, const Clock& clock,
                                            Random& random) {
  std::unique_ptr<Doors> doors(new Doors(std::move(options), runtime, access));
  ARMATURE_CHECK(doors->open_identity(clock, random));
  return doors;
}

Status Doors::open_identity(const Clock& clock, Random& random) {
  if (!options_.identity_port) return Ok{};
  gateway::ManagedIdentity endpoint;
  endpoint.resources = gateway::arm_resources(options_.audience);
  endpoint.token_of = [this](const std::string& credential) {
    return access_.token_for(credential);
  };
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

std::vector<std::pair<std::string, Secret>> Doors::environment_of(const Attempt& attempt) const {
  const auto credential = access_.credential_of(attempt);
  // Without one the process has no way in, which its first call tells it.
  return task_environment(options_.addresses, credential ? *credential : Secret());
}

void Doors::stop() {
  if (identity_) identity_->stop();
}

}  // namespace armature::app
