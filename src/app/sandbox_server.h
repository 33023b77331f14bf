#pragma once
// SandboxServer: the sandbox alone, without orchestrator and gateway, and a control API of the same
// shapes as the server's (/api/v2/armature/sandbox…) for `armature sandbox fault|clock|…`.
//
//   start     takes the data directory, listens, then writes DATA_DIR/server.json for the command
//             line, DATA_DIR/sandbox.env (0600) for shells and DATA_DIR/azure-cloud.json for
//             `az cloud register`
//   State     in memory, or in one SQLite file
//   Errors    kUnavailable: another server holds the data directory, or a port is taken
//   Threads   start and stop from one thread
#include <filesystem>
#include <memory>
#include <string>

#include "app/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"

namespace armature::app {

struct SandboxServerOptions {
  Config config;  // data_dir, server_port (of the control API), server_workers, sandbox_*
  std::filesystem::path state_file;  // empty: in memory
};

class SandboxServer {
 public:
  static Result<std::unique_ptr<SandboxServer>> start(SandboxServerOptions options,
                                                      const Clock& clock, Random& random, Log& log,
                                                      Redactor& redactor);
  ~SandboxServer();
  void stop();
  // How to point clients at it: what `sandbox start` prints. No secret.
  std::string directions() const;

 private:
  struct Impl;
  explicit SandboxServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::app
