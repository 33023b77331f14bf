#pragma once
// GatewayServer: the gateway alone, without orchestrator and sandbox, in front of Azure or of
// whatever speaks like it, and a control API of the same shapes as the server's for `armature
// audit|access|identity`.
//
//   start     takes the data directory, listens, then writes DATA_DIR/server.json, and
//             DATA_DIR/workloads/NAME.env (0600) with the door variables of each local workload
//   Errors    kUnavailable: another server holds the data directory, or a port is taken; kInvalid:
//             no identity, or what the configuration says of one
//   Threads   start and stop from one thread
#include <memory>
#include <string>

#include "app/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"

namespace armature::app {

class GatewayServer {
 public:
  static Result<std::unique_ptr<GatewayServer>> start(const Config& config, const Clock& clock,
                                                      Random& random, Log& log, Redactor& redactor);
  ~GatewayServer();
  void stop();
  // Where it is and who may call: what `armature gateway` prints. No secret.
  std::string directions() const;

 private:
  struct Impl;
  explicit GatewayServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::app
