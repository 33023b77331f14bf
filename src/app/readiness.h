#pragma once
// Readiness: may traffic be sent here? For `GET /readyz`.
//
//   Checks    database: a row of its own can be written; identity: at least one of the identities
//             in use gets a token of Azure, or has one that still holds; draining: the server is
//             not about to stop
//   Out       200 or 503 with {"status", "checks": {NAME: {"ok", "error"?}}}; errors without
//             secrets, and only where `explains`: they name tenants and applications. The log tells
//             each change
//   Cost      a look is at most a second old and one is under way at a time, however many ask; a
//             look that does not end in ten seconds is a failed one
//   Threads   any; the coroutine runs on the runtime's I/O threads
//   Lifetime  everything passed in outlives it
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "http/task.h"
#include "identity/upstream_tokens.h"
#include "storage/database.h"

namespace armature::app {

class Readiness {
 public:
  // `asks`: one for each identity in use, at the moment of a look.
  using Asks = std::function<std::vector<identity::TokenAsk>()>;
  static Result<std::unique_ptr<Readiness>> open(storage::Database& database,
                                                 identity::UpstreamTokens& upstream, Asks asks,
                                                 const Clock& clock, Log& log, bool explains);
  http::Task<http::Response> answer();
  void drain() { draining_ = true; }  // from now on: not ready

 private:
  struct Look {
    Status database = Ok{};
    Status identity = Ok{};
    Ticks at{};
  };
  Readiness(storage::Database& database, identity::UpstreamTokens& upstream, Asks asks,
            const Clock& clock, Log& log, bool explains)
      : database_(database),
        upstream_(upstream),
        asks_(std::move(asks)),
        clock_(clock),
        log_(log),
        explains_(explains) {}
  bool begin();
  http::Task<void> look();
  void tell_change(const Look& seen);
  http::Response page() const;

  storage::Database& database_;
  identity::UpstreamTokens& upstream_;
  const Asks asks_;
  const Clock& clock_;
  Log& log_;
  const bool explains_;
  std::atomic<bool> draining_{false};
  mutable std::mutex mutex_;
  std::optional<Look> last_;
  std::optional<Ticks> looking_since_;
};

}  // namespace armature::app
