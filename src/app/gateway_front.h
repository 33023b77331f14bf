#pragma once
// GatewayFront: the gateway on its own port (TLS) with the doors beside it: what `armature
// standalone` and `armature gateway` have in common.
//
//   Port      gateway.address and gateway.port; its certificate is the operator's, or one of the
//             private CA for localhost and the name in gateway.public_url
//   Answers   /livez, /readyz (readiness.h) and /metrics (gateway.metrics), cloud metadata, the
//   OpenID
//             documents, then the gateway's pipeline; 503 until that is open
//   Errors    kUnavailable: a port is taken, naming the setting; kInvalid: a URL or a certificate
//             of the configuration
//   Threads   start and stop from one thread
//   Lifetime  everything passed in outlives it
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "app/access_plane.h"
#include "app/doors.h"
#include "app/ports.h"
#include "app/readiness.h"
#include "gateway/access_log.h"
#include "gateway/gateway.h"
#include "http/certificates.h"
#include "http/server.h"
#include "storage/database.h"

namespace armature::app {

struct FrontOptions {
  const Config& config;
  std::vector<IdentityConfig> identities;  // with the sandbox's own
  std::string upstream_url;                // Azure Resource Manager, or the sandbox
  std::string login_url;                   // where clients of this cloud sign in
  std::vector<std::string> arm_hosts;      // that the proxy intercepts
};

class GatewayFront {
 public:
  static Result<std::unique_ptr<GatewayFront>> start(FrontOptions options, AccessPlane& access,
                                                     const http::Authority& authority,
                                                     http::Runtime& runtime,
                                                     storage::Database& database,
                                                     const Clock& clock, Random& random, Log& log,
                                                     Redactor& redactor);
  ~GatewayFront();
  void close_doors();  // beside the gateway's own port
  void reopen_log();   // the access log's file, for whoever renamed it
  // Not ready from now on. Requests are still taken for gateway.drain_delay: returns when it is
  // over.
  void drain();
  void stop();

  gateway::Gateway& gateway() { return *gateway_; }
  TokensAndGrants& attempts() { return *attempts_; }
  const Doors& doors() const { return *doors_; }
  const std::string& url() const { return url_; }
  // Who may call, read anew: all of it, or nothing of it.
  Status put_workloads(const std::vector<IdentityConfig>& identities,
                       std::vector<WorkloadConfig> workloads);
  // For server.json: gateway_url, ca_file, and the doors that are open.
  JsonObject addresses() const;

 private:
  GatewayFront(FrontOptions options, AccessPlane& access, storage::Database& database,
               const Clock& clock)
      : options_(std::move(options)), access_(access), database_(database), started_(clock.now()) {}
  Status listen(const http::Authority& authority, http::Runtime& runtime, const Clock& clock,
                Random& random, Log& log);
  Status open_gateway(http::Runtime& runtime, storage::Database& database, const Clock& clock,
                      Random& random, Log& log, Redactor& redactor);
  Status open_doors(const http::Authority& authority, http::Runtime& runtime, const Clock& clock,
                    Random& random, Log& log, Redactor& redactor);
  http::Task<http::Response> answer(http::Request request);
  std::vector<identity::TokenAsk> asks() const;
  bool is_on_loopback() const;
  bool shows_metrics() const;
  std::string metrics() const;
  Status check_certificates(const std::vector<WorkloadConfig>& workloads) const;
  std::string ca_file(const char* name) const;

  FrontOptions options_;
  AccessPlane& access_;
  storage::Database& database_;
  const Instant started_;
  std::string url_;
  std::unique_ptr<Readiness> readiness_;
  std::unique_ptr<gateway::AccessLog> access_log_;  // null: off
  std::unique_ptr<gateway::Gateway> gateway_;
  std::atomic<gateway::Gateway*> ready_{nullptr};
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<TokensAndGrants> attempts_;
  std::unique_ptr<Doors> doors_;
};

}  // namespace armature::app
