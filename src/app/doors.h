#pragma once
// Doors: the ways into the gateway beside its own endpoint, each on a port of its own on loopback,
// and what task processes are told of them.
//
//   Identity  the managed identity endpoints (gateway/managed_identity.h), plain http
//   Proxy     the forward proxy (gateway/forward_proxy.h), plain http until its CONNECT
//   Errors    kUnavailable: a port is taken, naming the setting
//   Threads   start and stop from one thread; environment_of from any
//   Lifetime  everything passed in outlives it
#include <memory>
#include <optional>
#include <string>

#include "app/ports.h"
#include "app/task_environment.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "gateway/forward_proxy.h"
#include "gateway/managed_identity.h"
#include "http/certificates.h"
#include "http/runtime.h"
#include "http/server.h"

namespace armature::app {

struct DoorOptions {
  std::optional<std::uint16_t> identity_port;  // nothing: shut
  std::optional<std::uint16_t> proxy_port;     // nothing: shut
  unsigned proxy_connections = 4096;           // at once
  std::string audience;                        // of the upstream
  gateway::ProxyOptions proxy;
  Micros drain = std::chrono::seconds(5);  // of the proxy: http::ServerOptions
  DoorAddresses addresses;                 // all but the doors' own, which start() fills in
};

class Doors {
 public:
  // What the doors lead to.
  struct Inside {
    gateway::ForwardProxy::Handle handle;  // the gateway's
    TokensAndGrants& access;
    const http::Authority& authority;
  };
  static Result<std::unique_ptr<Doors>> start(DoorOptions options, Inside inside,
                                              http::Runtime& runtime, const Clock& clock,
                                              Random& random, Log& log);
  ~Doors() { stop(); }
  void stop();

  const DoorAddresses& addresses() const { return options_.addresses; }
  // For a task process of the attempt.
  std::vector<std::pair<std::string, Secret>> environment_of(const Attempt& attempt) const;

 private:
  Doors(DoorOptions options, http::Runtime& runtime, TokensAndGrants& access)
      : options_(std::move(options)), runtime_(runtime), access_(access) {}
  Status open_identity(const Clock& clock, Random& random);
  Status open_proxy(Inside inside, const Clock& clock, Random& random, Log& log);
  gateway::TokenOf token_of() const;

  DoorOptions options_;
  http::Runtime& runtime_;
  TokensAndGrants& access_;
  std::unique_ptr<http::Server> identity_;
  std::unique_ptr<gateway::ForwardProxy> proxy_;
  std::unique_ptr<http::Server> proxy_server_;
};

}  // namespace armature::app
