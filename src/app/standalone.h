#pragma once
// Standalone: the whole of Armature in one process: database, gateway, orchestrator, REST API, and
// the sandbox unless it is switched off.
//
//   start     opens what the data directory holds, listens, then writes DATA_DIR/server.json
//   (addresses
//             and process id) for the command line to find the server by
//   Errors    kUnavailable: a port or the data directory is taken, naming it; kInvalid:
//   configuration Threads   start and stop from one thread Lifetime  the members stand in the order
//   they need each other: the last is destroyed first
#include <memory>
#include <string>

#include "app/config.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"

namespace armature::app {

class Standalone {
 public:
  static Result<std::unique_ptr<Standalone>> start(const Config& config, const Clock& clock,
                                                   Random& random, Log& log, Redactor& redactor);
  ~Standalone();
  void stop();     // drains, then ends
  void hang_up();  // SIGHUP: the access log is opened anew
  std::string url() const;

  struct Impl;
  explicit Standalone(std::unique_ptr<Impl> impl);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::app
