#pragma once
// AuditLog: every decision and every outcome, in one hash chain, in the server's database.
//
//   record    appends; the record's hash covers its content and the previous hash (SHA-256 over the
//             canonical JSON). record_durably() returns after the commit is on disk: used before a
//             mutation goes out. A record that cannot be written means that the call is refused.
//             record() gathers for up to 20 ms, and keeps what could not be written for the next
//             write; list() and verify() see all that was recorded before
//   verify    walks the chain from the oldest record kept and names the first broken one; needs no
//             key and no server, so a copy of the database can be checked elsewhere
//   forget    lets the oldest records go. A record of kind "retention" says before how far, with
//   the
//             hash of the last that goes: the chain can be checked from there on, and a beginning
//             that is missing without one is a broken chain. In small writes, between others, and
//             not all at once: it is to be called again and again. A hundredth more than `keep`
//             says may stay
//   Content   never a token, never a body: ids, action, scope, decision, rule, status, sizes,
//             digests
//   Limit     the chain alone cannot show that its newest records were cut off: whoever keeps an
//             earlier verdict's `head` and `last` can
//   Threads   any. Order of the chain is order of the writer; list() and verify() not from inside a
//             database call
//   Lifetime  the database outlives it; the destructor waits for what was recorded
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/attempt.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "storage/database.h"

namespace armature::access {

struct AuditRecord {
  std::int64_t sequence = 0;  // dense, from 1; set by the log
  Instant at;
  std::string kind;                     // "decision", "outcome", "token", "switch", "retention"
  std::string request_id;               // ties an outcome to its decision
  std::string dag_id, run_id, task_id;  // empty when no attempt could be named
  std::string workload;                 // of a caller from outside: its name, issuer and subject
  int map_index = -1;
  int try_number = 0;
  std::string identity;
  std::string method, action, scope, target;
  std::string decision;  // "allow", "deny"; of an outcome: "succeeded", "failed", "unknown";
                         // of a switch: "stop", "resume"
  std::string layer, reason, rule;
  int status = 0;                   // of an outcome: what Azure answered
  int sends = 0;                    // of an outcome: how often the request went out
  std::string correlation_id;       // x-ms-correlation-request-id
  Json detail;                      // an explanation for a denial
  std::string previous_hash, hash;  // hex
};

struct AuditQuery {
  std::string dag_id, run_id, task_id, decision;  // empty: any
  std::int64_t after_sequence = 0;
  int limit = 100;
  bool newest_first = false;
};

struct AuditKeep {
  Micros age{0};             // 0: any
  std::int64_t records = 0;  // the newest; 0: all
};

struct AuditVerdict {
  bool holds = false;
  std::int64_t records = 0;    // that hold
  std::int64_t first = 0;      // sequence of the oldest; 0: there is none
  std::int64_t last = 0;       // of the newest
  std::int64_t broken_at = 0;  // sequence, when it does not hold
  std::string why;
  std::string head;  // the last hash
};

class AuditLog {
 public:
  static Result<std::unique_ptr<AuditLog>> open(storage::Database& database, const Clock& clock);
  ~AuditLog() { flush(); }
  void record(AuditRecord record);  // soon; for reads
  void record_durably(AuditRecord record, std::function<void(Status)> done);
  Result<std::vector<AuditRecord>> list(const AuditQuery& query) const;
  Result<AuditVerdict> verify() const;
  // The number of records that went. Not from two threads at once.
  Result<std::int64_t> forget(const AuditKeep& keep);

 private:
  using Records = std::vector<AuditRecord>;
  AuditLog(storage::Database& database, const Clock& clock);
  static Status append(storage::Connection& connection, const Records& records);
  Records take_gathered();
  void put_back(Records records);
  void write(Records last, std::function<void(Status)> done, bool at_once);
  void flush() const;
  storage::Database& database_;
  const Clock& clock_;
  std::mutex mutex_;
  Records gathered_;  // not yet given to the writer
};

Json to_json(const AuditRecord& record);
std::string hash_of(const AuditRecord& record);  // over content and previous_hash

}  // namespace armature::access
