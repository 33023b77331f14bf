#pragma once
// OperationLog: what the gateway knows about mutations it sent, written before the bytes leave, so
// that a crash between sending and answering is found again.
//
//   Key       of a request as a task means it: dag, run, task, map index, method, target, query and
//             the digest of the body; not the try: a retry of the task means the same request
//   States    not_sent → sent → answered, or unknown when no answer came and none could be found.
//             `running`: it was answered, and the operation it started is not known to have ended
//   In flight sent, unknown or running: the next send of the same key is resolved by reading back
//   Content   ids, digests, states and poll paths (with their signed query: without a token of the
//             same task they are of no use here); never a body, never a token
//   Kept      30 days after the last change
//   Threads   any; find, was_handed_out and open block on the database
//   Lifetime  database and clock outlive it; so do callbacks' captures
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "arm/long_running.h"
#include "arm/operation.h"
#include "base/attempt.h"
#include "base/clock.h"
#include "storage/database.h"

namespace armature::gateway {

struct RequestKey {
  std::string text;  // hex digest
  Attempt attempt;
  std::string method;
  std::string target;  // lower case, no query
  std::string body_digest;
};
RequestKey key_of(const Attempt& attempt, const arm::Operation& operation, std::string_view body);

struct Entry {
  std::string state;  // "not_sent", "sent", "answered", "unknown"
  int status = 0;
  bool running = false;
  std::string poll_target;  // path with query; empty: read the resource itself
  arm::PollKind poll_kind = arm::PollKind::kResource;
  Instant first_sent;

  bool in_doubt() const { return state == "sent" || state == "unknown"; }
  bool in_flight() const { return in_doubt() || running; }
};

class OperationLog {
 public:
  using Done = std::function<void(Status)>;
  static Result<std::unique_ptr<OperationLog>> open(storage::Database& database,
                                                    const Clock& clock);

  // One sender per key and process at a time. False: another is at it.
  bool enter(const RequestKey& key);
  void leave(const RequestKey& key);

  Result<std::optional<Entry>> find(const RequestKey& key) const;
  void mark_sent(const RequestKey& key, const std::string& request_id, Instant at, Done done);
  void mark_ended(const RequestKey& key, const Entry& end, Done done);

  // Drops what cannot be resolved by reading back: actions and PATCHes of the task in doubt.
  void forget_doubts(const TaskKey& task, Done done);

  // Poll paths that an answer gave to a task: it may read them without a grant of its own.
  void hand_out(const TaskKey& task, std::vector<std::string> targets, Done done);
  Result<bool> was_handed_out(const TaskKey& task, std::string_view target) const;

  // Which operation of the task, still thought to be running, a read of this target tells about.
  std::optional<arm::PollKind> watches(const TaskKey& task, std::string_view target) const;
  void finish(const TaskKey& task, std::string_view target, Done done);

 private:
  using Place = std::pair<TaskKey, std::string>;  // lower-case path
  struct Running {
    std::string key;
    arm::PollKind kind;
  };

  OperationLog(storage::Database& database, const Clock& clock);
  Status load();
  void remember(const RequestKey& key, const Entry& end);

  storage::Database& database_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::set<std::string> sending_;
  std::map<Place, Running> running_;
};

}  // namespace armature::gateway
