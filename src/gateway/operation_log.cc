#include "gateway/operation_log.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/seal.h"

namespace armature::gateway {
namespace {

constexpr std::string_view kTables = R"sql(
CREATE TABLE gateway_operation(
  request_key   TEXT PRIMARY KEY,
  dag_id        TEXT NOT NULL,
  run_id        TEXT NOT NULL,
  task_id       TEXT NOT NULL,
  map_index     INTEGER NOT NULL,
  try_number    INTEGER NOT NULL,
  fence         INTEGER NOT NULL,
  request_id    TEXT NOT NULL,
  method        TEXT NOT NULL,
  target        TEXT NOT NULL,
  body_digest   TEXT NOT NULL,
  state         TEXT NOT NULL CHECK(state IN ('not_sent', 'sent', 'answered', 'unknown')),
  status        INTEGER NOT NULL DEFAULT 0,
  running       INTEGER NOT NULL DEFAULT 0,
  poll_kind     INTEGER NOT NULL DEFAULT 2,
  poll_target   TEXT NOT NULL DEFAULT '',
  first_sent_at INTEGER NOT NULL,
  changed_at    INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX gateway_operation_running ON gateway_operation(running) WHERE running = 1;
CREATE INDEX gateway_operation_changed ON gateway_operation(changed_at);
CREATE TABLE gateway_poll(
  dag_id    TEXT NOT NULL,
  run_id    TEXT NOT NULL,
  task_id   TEXT NOT NULL,
  map_index INTEGER NOT NULL,
  path      TEXT NOT NULL,
  given_at  INTEGER NOT NULL,
  PRIMARY KEY(dag_id, run_id, task_id, map_index, path)
) WITHOUT ROWID;
CREATE INDEX gateway_poll_given ON gateway_poll(given_at);
)sql";
// Poll links are signed since: no list of what was handed out is kept. A key of before is the base
// of its own first ordinal.
constexpr std::string_view kOrdinals = R"sql(
DROP TABLE gateway_poll;
ALTER TABLE gateway_operation ADD COLUMN base TEXT NOT NULL DEFAULT '';
ALTER TABLE gateway_operation ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE gateway_operation ADD COLUMN client_id TEXT NOT NULL DEFAULT '';
ALTER TABLE gateway_operation ADD COLUMN answer TEXT NOT NULL DEFAULT '';
UPDATE gateway_operation SET base = request_key;
CREATE INDEX gateway_operation_client ON gateway_operation(base, client_id);
CREATE INDEX gateway_operation_ordinal ON gateway_operation(base, fence, ordinal);
CREATE INDEX gateway_operation_doubt ON gateway_operation(base)
  WHERE state IN ('sent', 'unknown');
)sql";
constexpr storage::Migration kMigrations[] = {
    {1, kTables                                                                            },
    {2, "CREATE INDEX gateway_operation_task ON gateway_operation(dag_id, run_id, task_id)"},
    {3, kOrdinals                                                                          }
};

constexpr auto kKept = std::chrono::hours(24 * 30);
// OASIS Repeatable Requests, as the services of Azure that know it keep it; SDKs repeat for less.
constexpr auto kClientRepeats = std::chrono::minutes(5);
constexpr std::size_t kLongestKey = 255;  // of an Idempotency-Key
constexpr const char* kEntry =
    "SELECT state, status, running, poll_kind, poll_target, first_sent_at, answer, client_id, "
    "changed_at, method, target, body_digest, ordinal, fence FROM gateway_operation WHERE ";

std::string path_key(std::string_view target) {
  return to_lower(target.substr(0, target.find('?')));
}

storage::Statement& bind_task(storage::Statement& statement, const TaskKey& task) {
  return statement.bind(task.dag.str())
      .bind(task.run.str())
      .bind(task.task.str())
      .bind(task.map_index);
}

arm::PollKind kind_of(std::int64_t stored) {
  if (stored == 0) return arm::PollKind::kAsyncOperation;
  return stored == 1 ? arm::PollKind::kLocation : arm::PollKind::kResource;
}

int stored_kind(arm::PollKind kind) {
  if (kind == arm::PollKind::kAsyncOperation) return 0;
  return kind == arm::PollKind::kLocation ? 1 : 2;
}

}  // namespace

Result<RequestKey> key_of(const Attempt& attempt, const arm::Operation& operation,
                          const http::Headers& headers, std::string_view body) {
  RequestKey key(attempt);
  key.client_id = headers.get("x-ms-client-request-id").value_or("");
  key.method = operation.method;
  key.target = to_lower(operation.target);
  key.body_digest = sha256_hex(body);
  JsonObject parts;
  parts["task"] = to_string(attempt.key);
  const auto name = headers.get("Idempotency-Key");
  if (name && name->size() > kLongestKey) {
    return fail(Code::kInvalid, "an Idempotency-Key has at most 255 characters");
  }
  key.named = name && !name->empty();
  key.counted = !key.named && operation.repeat == arm::Repeat::kNever;
  if (key.named) {
    parts["key"] = *name;
  } else {
    parts["method"] = key.method;
    parts["target"] = key.target;
    parts["query"] = operation.query;
    parts["body"] = key.body_digest;
  }
  key.base = sha256_hex(canonical(parts));
  key.text = key.base;
  return key;
}

OperationLog::OperationLog(storage::Database& database, const Clock& clock, Random& random,
                           Secret key)
    : database_(database), clock_(clock), random_(random), key_(std::move(key)) {}

Result<std::unique_ptr<OperationLog>> OperationLog::open(storage::Database& database,
                                                         const Clock& clock, Random& random,
                                                         Secret key) {
  ARMATURE_CHECK(database.migrate("gateway", kMigrations));
  std::unique_ptr<OperationLog> log(new OperationLog(database, clock, random, std::move(key)));
  ARMATURE_CHECK(log->load());
  return log;
}

Status OperationLog::load() {
  const std::int64_t oldest = to_micros(clock_.now() - kKept);
  const auto prune = [&](storage::Connection& connection) -> Status {
    auto operations = connection.prepare("DELETE FROM gateway_operation WHERE changed_at < ?");
    return operations.bind(oldest).run();
  };
  ARMATURE_CHECK(database_.write(prune));
  return database_.read([&](storage::Connection& connection) -> Status {
    auto rows = connection.prepare(
        "SELECT request_key, dag_id, run_id, task_id, map_index, target, poll_kind, poll_target "
        "FROM gateway_operation WHERE running = 1");
    while (rows.step()) {
      ARMATURE_TRY(auto dag, DagId::parse(rows.text(1)));
      ARMATURE_TRY(auto run, RunId::parse(rows.text(2)));
      ARMATURE_TRY(auto task, TaskId::parse(rows.text(3)));
      const TaskKey owner{dag, run, task, static_cast<int>(rows.integer(4))};
      RequestKey key(Attempt{owner, 0, 0});
      key.text = rows.text(0);
      key.target = rows.text(5);
      Entry entry;
      entry.running = true;
      entry.poll_kind = kind_of(rows.integer(6));
      entry.poll_target = rows.text(7);
      remember(key, entry);
    }
    return rows.status();
  });
}

bool OperationLog::is_recent(std::int64_t changed_at) const {
  return clock_.now() - from_micros(changed_at) < kClientRepeats;
}

Entry OperationLog::read_entry(storage::Statement& row) const {
  Entry entry;
  entry.state = row.text(0);
  entry.status = static_cast<int>(row.integer(1));
  entry.running = row.integer(2) != 0;
  entry.poll_kind = kind_of(row.integer(3));
  entry.poll_target = row.text(4);
  entry.first_sent = from_micros(row.integer(5));
  if (const std::string sealed = row.text(6); !sealed.empty()) {
    // Of another key: as if it had not been kept.
    if (const auto opened = unseal(sealed, key_)) entry.answer = opened->reveal();
  }
  return entry;
}

Result<Place> OperationLog::place_by_text(storage::Connection& connection,
                                          const RequestKey& key) const {
  auto row = connection.prepare(std::string(kEntry) + "request_key = ?");
  row.bind(key.text);
  Place place;
  if (row.step()) {
    place.entry = read_entry(row);
    place.in_doubt = place.entry->in_doubt();
    place.same_request = key.named || (!key.client_id.empty() && row.text(7) == key.client_id &&
                                       is_recent(row.integer(8)));
    place.of_earlier = row.integer(13) < key.attempt.fence;
    place.other_request = key.named && (row.text(9) != key.method || row.text(10) != key.target ||
                                        row.text(11) != key.body_digest);
  }
  ARMATURE_CHECK(row.status());
  return place;
}

// The client's own repeat has the id of what it repeats. Anything else is the next action of this
// attempt, and the same in number of the attempt before.
Result<Place> OperationLog::place_action(storage::Connection& connection, RequestKey& key) const {
  Place place;
  if (!key.client_id.empty()) {
    auto own = connection.prepare(std::string(kEntry) +
                                  "base = ? AND client_id = ? ORDER BY ordinal DESC LIMIT 1");
    own.bind(key.base).bind(key.client_id);
    if (own.step() && is_recent(own.integer(8))) {
      place.entry = read_entry(own);
      place.same_request = true;
      key.ordinal = static_cast<int>(own.integer(12));
    }
    ARMATURE_CHECK(own.status());
  }
  if (!place.same_request) {
    auto last = connection.prepare(
        "SELECT ordinal FROM gateway_operation WHERE base = ? AND fence = ? "
        "ORDER BY ordinal DESC LIMIT 1");
    last.bind(key.base).bind(key.attempt.fence);
    key.ordinal = last.step() ? static_cast<int>(last.integer(0)) + 1 : 0;
    ARMATURE_CHECK(last.status());
  }
  if (key.ordinal > 0) key.text = sha256_hex(key.base + "#" + std::to_string(key.ordinal));
  if (!place.same_request) {
    ARMATURE_TRY(place, place_by_text(connection, key));
    place.same_request = false;
  }
  auto doubt = connection.prepare(
      "SELECT 1 FROM gateway_operation WHERE base = ? AND state IN ('sent', 'unknown') LIMIT 1");
  place.in_doubt = doubt.bind(key.base).step();
  ARMATURE_CHECK(doubt.status());
  return place;
}

Result<Place> OperationLog::place(RequestKey& key) const {
  return database_.read_value<Place>([&](storage::Connection& connection) -> Result<Place> {
    return key.counted ? place_action(connection, key) : place_by_text(connection, key);
  });
}

void OperationLog::mark_sent(const RequestKey& key, const std::string& request_id, Instant at,
                             Done done) {
  database_.write_async(
      [key, request_id, at = to_micros(at)](storage::Connection& connection) -> Status {
        auto row = connection.prepare(
            "INSERT INTO gateway_operation(dag_id, run_id, task_id, map_index, request_key, "
            "try_number, fence, request_id, method, target, body_digest, state, first_sent_at, "
            "changed_at, base, ordinal, client_id) "
            "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'sent', ?, ?, ?, ?, ?) "
            "ON CONFLICT(request_key) DO UPDATE SET try_number = excluded.try_number, "
            "fence = excluded.fence, request_id = excluded.request_id, state = 'sent', "
            "status = 0, running = 0, poll_kind = 2, poll_target = '', answer = '', "
            "client_id = excluded.client_id, "
            "first_sent_at = excluded.first_sent_at, changed_at = excluded.changed_at");
        return bind_task(row, key.attempt.key)
            .bind(key.text)
            .bind(key.attempt.try_number)
            .bind(key.attempt.fence)
            .bind(request_id)
            .bind(key.method)
            .bind(key.target)
            .bind(key.body_digest)
            .bind(at)
            .bind(at)
            .bind(key.base)
            .bind(key.ordinal)
            .bind(key.client_id)
            .run();
      },
      std::move(done));
}

void OperationLog::mark_ended(const RequestKey& key, const Entry& end, Done done) {
  if (end.running) remember(key, end);
  std::string sealed;
  if (!end.answer.empty()) {
    // Without it the action still counts as answered: its answer alone cannot be given again.
    if (auto made = seal(end.answer, key_, random_)) sealed = *std::move(made);
  }
  database_.write_async(
      [key, end, sealed, now = to_micros(clock_.now())](storage::Connection& connection) -> Status {
        auto row = connection.prepare(
            "UPDATE gateway_operation SET state = ?, status = ?, running = ?, poll_kind = ?, "
            "poll_target = ?, answer = ?, changed_at = ? WHERE request_key = ?");
        return row.bind(end.state)
            .bind(end.status)
            .bind(end.running ? 1 : 0)
            .bind(stored_kind(end.poll_kind))
            .bind(end.poll_target)
            .bind(sealed)
            .bind(now)
            .bind(key.text)
            .run();
      },
      std::move(done));
}

void OperationLog::mark_taken_over(const RequestKey& key, Done done) {
  database_.write_async(
      [key](storage::Connection& connection) -> Status {
        auto row = connection.prepare(
            "UPDATE gateway_operation SET try_number = ?, fence = ?, client_id = ? "
            "WHERE request_key = ?");
        return row.bind(key.attempt.try_number)
            .bind(key.attempt.fence)
            .bind(key.client_id)
            .bind(key.text)
            .run();
      },
      std::move(done));
}

void OperationLog::forget(const TaskKey& task, Done done) {
  database_.write_async(
      [task](storage::Connection& connection) -> Status {
        auto rows = connection.prepare(
            "DELETE FROM gateway_operation WHERE dag_id = ? AND run_id = ? AND task_id = ? "
            "AND map_index = ? AND (method = 'POST' OR CASE WHEN state IN ('sent', 'unknown') "
            "THEN method = 'PATCH' ELSE running = 0 END)");
        return bind_task(rows, task).run();
      },
      std::move(done));
}

void OperationLog::remember(const RequestKey& key, const Entry& end) {
  const std::lock_guard lock(mutex_);
  running_[{key.attempt.key, key.target}] = {key.text, arm::PollKind::kResource};
  if (!end.poll_target.empty()) {
    running_[{key.attempt.key, path_key(end.poll_target)}] = {key.text, end.poll_kind};
  }
}

std::optional<arm::PollKind> OperationLog::watches(const TaskKey& task,
                                                   std::string_view target) const {
  const std::lock_guard lock(mutex_);
  const auto found = running_.find({task, path_key(target)});
  if (found == running_.end()) return std::nullopt;
  return found->second.kind;
}

void OperationLog::finish(const TaskKey& task, std::string_view target, Done done) {
  std::string key;
  {
    const std::lock_guard lock(mutex_);
    const auto found = running_.find({task, path_key(target)});
    if (found != running_.end()) key = found->second.key;
    std::erase_if(running_, [&](const auto& item) { return item.second.key == key; });
  }
  database_.write_async(
      [key, now = to_micros(clock_.now())](storage::Connection& connection) -> Status {
        auto row = connection.prepare(
            "UPDATE gateway_operation SET running = 0, changed_at = ? WHERE request_key = ?");
        return row.bind(now).bind(key).run();
      },
      std::move(done));
}

}  // namespace armature::gateway
