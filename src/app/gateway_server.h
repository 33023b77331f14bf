#pragma once
// GatewayServer: the gateway alone, without orchestrator and sandbox, in front of Azure or of
// whatever speaks like it, and a control API of the same shapes as the server's for `armature
// audit|access|identity`.
//
//   hang_up   (SIGHUP; also when the file changes) reads the configuration again: workloads, their
//             roles and the identities' ceilings count at once, for calls that come from then on.
//             What is broken is logged, and the last good goes on. The access log is opened anew
//   stop      not ready at once; running requests get gateway.drain
//   start     takes the data directory, listens, then writes DATA_DIR/server.json, and
//             DATA_DIR/workloads/NAME.env (0600) with the door variables of each local workload
//   Errors    kUnavailable: another server holds the data directory, or a port is taken; kInvalid:
//             no identity, or what the configuration says of one
//   Threads   start and stop from one thread, hang_up from any
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"

namespace armature::app {

struct GatewayServerOptions {
  Config config;
  std::function<Result<Config>()> reread;  // the same sources, as they are now
  std::filesystem::path watched;           // the configuration file
};

class GatewayServer {
 public:
  static Result<std::unique_ptr<GatewayServer>> start(GatewayServerOptions options,
                                                      const Clock& clock, Random& random, Log& log,
                                                      Redactor& redactor);
  ~GatewayServer();
  void stop();
  void hang_up();
  // Where it is and who may call: what `armature gateway` prints. No secret.
  std::string directions() const;

 private:
  struct Impl;
  explicit GatewayServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::app
