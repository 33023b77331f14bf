#pragma once
// KillSwitch: stops mutations of a DAG, an identity, a subscription or of all, at once.
//
//   Effect    from the return of stop() on no mutation it covers is sent, also none that was let in
//             before and waits for its turn or for another try. Reads, and with them polls of
//             operations that run, are left alone; what was sent cannot be called back
//   Durable   a stop is kept in the database and holds after a restart. It is in force before it is
//             written; resume() lets go only once that is written
//   Record    each stop and resume is in the audit chain (kind "switch")
//   Errors    kInvalid: an id that names nothing; kNotFound: resume() of what is not stopped; the
//             database's, with a stop in force all the same
//   Threads   any; stop() and resume() block, so never from an I/O thread
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/audit.h"
#include "access/explain.h"
#include "base/clock.h"
#include "gateway/lane.h"
#include "http/message.h"
#include "storage/database.h"

namespace armature::gateway {

struct Stop {
  std::string id;  // "all", "dag:etl", "identity:deployer", "subscription:GUID"
  std::string reason;
  Instant since;
};

// The canonical id. kInvalid for another kind, or no name.
Result<std::string> parse_stop_id(std::string_view text);
// The widest stop that covers the lane: all, then subscription, identity, DAG. Pure.
const Stop* covering(const std::vector<Stop>& stops, const Lane& lane);
access::Explanation explain_stop(const Call& call, const Stop& stop);
// 403: SDKs repeat a 503, whatever the method.
http::Response stopped(const access::Explanation& why);

class KillSwitch {
 public:
  static Result<std::unique_ptr<KillSwitch>> open(storage::Database& database,
                                                  access::AuditLog& audit, const Clock& clock);
  Result<Stop> stop(std::string_view id, std::string reason);
  Status resume(std::string_view id);
  std::vector<Stop> list() const;
  std::optional<Stop> stopping(const Lane& lane) const;

 private:
  KillSwitch(storage::Database& database, access::AuditLog& audit, const Clock& clock)
      : database_(database), audit_(audit), clock_(clock) {}
  Status load();
  Status record(const Stop& stop, const char* decision);

  storage::Database& database_;
  access::AuditLog& audit_;
  const Clock& clock_;
  std::mutex changing_;  // one change at a time, from memory to disk
  mutable std::mutex mutex_;
  std::vector<Stop> stops_;
};

}  // namespace armature::gateway
