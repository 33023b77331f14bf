#pragma once
// OperationLog: what the gateway knows about mutations it sent, written before the bytes leave, so
// that a crash between sending and answering is found again.
//
//   Key       of a request as a task means it: dag, run, task, map index, method, target, query and
//             the digest of the body; not the try: a retry of the task means the same request. With
//             an Idempotency-Key, that and the task alone. Actions (POST) are counted beside it:
//             the second same action of an attempt is another one, and is the second one of the
//             attempt before
//   Same      request: of the same Idempotency-Key, or of the same x-ms-client-request-id within
//             the window in which a client repeats by itself
//   States    not_sent → sent → answered, or unknown when no answer came and none could be found.
//             `running`: it was answered, and the operation it started is not known to have ended
//   In flight sent, unknown or running: the next send of the same key is resolved by reading back
//   Content   ids, digests, states and poll paths; of an action also its answer, sealed, for a
//             client that missed it; never a body or a token in clear
//   Kept      30 days after the last change
//   Threads   any; find and open block on the database
//   Lifetime  database, clock and random outlive it; so do callbacks' captures
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "arm/long_running.h"
#include "arm/operation.h"
#include "base/attempt.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/secret.h"
#include "http/message.h"
#include "storage/database.h"

namespace armature::gateway {

struct RequestKey {
  explicit RequestKey(Attempt of) : attempt(std::move(of)) {}

  Attempt attempt;
  std::string base;  // hex digest of what the request is
  std::string text;  // `base`, or of an action the one of its ordinal: place() says which
  int ordinal = 0;
  bool counted = false;   // an action without an Idempotency-Key
  bool named = false;     // by an Idempotency-Key
  std::string client_id;  // x-ms-client-request-id
  std::string method;
  std::string target;  // lower case, no query
  std::string body_digest;
};
// kInvalid: an Idempotency-Key of more than 255 characters.
Result<RequestKey> key_of(const Attempt& attempt, const arm::Operation& operation,
                          const http::Headers& headers, std::string_view body);

struct Entry {
  std::string state;  // "not_sent", "sent", "answered", "unknown"
  int status = 0;
  bool running = false;
  std::string poll_target;  // path with query; empty: read the resource itself
  arm::PollKind poll_kind = arm::PollKind::kResource;
  Instant first_sent;
  std::string answer;  // JSON, of an action only; empty: not kept

  bool in_doubt() const { return state == "sent" || state == "unknown"; }
  bool in_flight() const { return in_doubt() || running; }
  bool succeeded() const { return state == "answered" && status < 400; }
};

// Where a request stands among those that were sent before.
struct Place {
  std::optional<Entry> entry;  // of an earlier send, of this attempt or one before
  bool same_request = false;   // that send was of this very request, not of one like it
  bool of_earlier = false;     // it was of an earlier attempt of the task
  bool other_request = false;  // its Idempotency-Key was used for something else
  bool in_doubt = false;       // it, or another action like it, was sent and not answered
};

class OperationLog {
 public:
  using Done = std::function<void(Status)>;
  static Result<std::unique_ptr<OperationLog>> open(storage::Database& database, const Clock& clock,
                                                    Random& random, Secret key);

  // Settles `text` and `ordinal` of the key. For the one sender of this base at a time.
  Result<Place> place(RequestKey& key) const;
  void mark_sent(const RequestKey& key, const std::string& request_id, Instant at, Done done);
  void mark_ended(const RequestKey& key, const Entry& end, Done done);
  // This attempt and request took over what an earlier one had sent: it is theirs from now on.
  void mark_taken_over(const RequestKey& key, Done done);

  // A person looked: what the task sent is to be done again. What has ended is forgotten, and so
  // are actions and PATCHes in doubt; what is left is resolved by reading back.
  void forget(const TaskKey& task, Done done);

  // Which operation of the task, still thought to be running, a read of this target tells about.
  std::optional<arm::PollKind> watches(const TaskKey& task, std::string_view target) const;
  void finish(const TaskKey& task, std::string_view target, Done done);

 private:
  using PlaceOf = std::pair<TaskKey, std::string>;  // lower-case path
  struct Running {
    std::string key;
    arm::PollKind kind;
  };

  OperationLog(storage::Database& database, const Clock& clock, Random& random, Secret key);
  Status load();
  void remember(const RequestKey& key, const Entry& end);
  Result<Place> place_action(storage::Connection& connection, RequestKey& key) const;
  Result<Place> place_by_text(storage::Connection& connection, const RequestKey& key) const;
  Entry read_entry(storage::Statement& row) const;
  bool is_recent(std::int64_t changed_at) const;

  storage::Database& database_;
  const Clock& clock_;
  Random& random_;
  const Secret key_;
  mutable std::mutex mutex_;
  std::map<PlaceOf, Running> running_;
};

}  // namespace armature::gateway
