#include "gateway/operation_log.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/json.h"

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
constexpr storage::Migration kMigrations[] = {
    {1, kTables                                                                            },
    {2, "CREATE INDEX gateway_operation_task ON gateway_operation(dag_id, run_id, task_id)"}
};

constexpr auto kKept = std::chrono::hours(24 * 30);

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

RequestKey key_of(const Attempt& attempt, const arm::Operation& operation, std::string_view body) {
  RequestKey key{{}, attempt, operation.method, to_lower(operation.target), sha256_hex(body)};
  JsonObject parts;
  parts["task"] = to_string(attempt.key);
  parts["method"] = key.method;
  parts["target"] = key.target;
  parts["query"] = operation.query;
  parts["body"] = key.body_digest;
  key.text = sha256_hex(canonical(parts));
  return key;
}

OperationLog::OperationLog(storage::Database& database, const Clock& clock)
    : database_(database), clock_(clock) {}

Result<std::unique_ptr<OperationLog>> OperationLog::open(storage::Database& database,
                                                         const Clock& clock) {
  ARMATURE_CHECK(database.migrate("gateway", kMigrations));
  std::unique_ptr<OperationLog> log(new OperationLog(database, clock));
  ARMATURE_CHECK(log->load());
  return log;
}

Status OperationLog::load() {
  const std::int64_t oldest = to_micros(clock_.now() - kKept);
  const auto prune = [&](storage::Connection& connection) -> Status {
    auto operations = connection.prepare("DELETE FROM gateway_operation WHERE changed_at < ?");
    ARMATURE_CHECK(operations.bind(oldest).run());
    auto polls = connection.prepare("DELETE FROM gateway_poll WHERE given_at < ?");
    return polls.bind(oldest).run();
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
      const Attempt any_attempt{owner, 0, 0};
      const RequestKey key{rows.text(0), any_attempt, {}, rows.text(5), {}};
      Entry entry;
      entry.running = true;
      entry.poll_kind = kind_of(rows.integer(6));
      entry.poll_target = rows.text(7);
      remember(key, entry);
    }
    return rows.status();
  });
}

bool OperationLog::enter(const RequestKey& key) {
  const std::lock_guard lock(mutex_);
  return sending_.insert(key.text).second;
}

void OperationLog::leave(const RequestKey& key) {
  const std::lock_guard lock(mutex_);
  sending_.erase(key.text);
}

Result<std::optional<Entry>> OperationLog::find(const RequestKey& key) const {
  return database_.read_value<std::optional<Entry>>(
      [&](storage::Connection& connection) -> Result<std::optional<Entry>> {
        auto row = connection.prepare(
            "SELECT state, status, running, poll_kind, poll_target, first_sent_at "
            "FROM gateway_operation WHERE request_key = ?");
        row.bind(key.text);
        std::optional<Entry> found;
        if (row.step()) {
          found.emplace();
          found->state = row.text(0);
          found->status = static_cast<int>(row.integer(1));
          found->running = row.integer(2) != 0;
          found->poll_kind = kind_of(row.integer(3));
          found->poll_target = row.text(4);
          found->first_sent = from_micros(row.integer(5));
        }
        ARMATURE_CHECK(row.status());
        return found;
      });
}

void OperationLog::mark_sent(const RequestKey& key, const std::string& request_id, Instant at,
                             Done done) {
  database_.write_async(
      [key, request_id, at = to_micros(at)](storage::Connection& connection) -> Status {
        auto row = connection.prepare(
            "INSERT INTO gateway_operation(dag_id, run_id, task_id, map_index, request_key, "
            "try_number, fence, request_id, method, target, body_digest, state, first_sent_at, "
            "changed_at) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'sent', ?, ?) "
            "ON CONFLICT(request_key) DO UPDATE SET try_number = excluded.try_number, "
            "fence = excluded.fence, request_id = excluded.request_id, state = 'sent', "
            "status = 0, running = 0, poll_kind = 2, poll_target = '', "
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
            .run();
      },
      std::move(done));
}

void OperationLog::mark_ended(const RequestKey& key, const Entry& end, Done done) {
  if (end.running) remember(key, end);
  database_.write_async(
      [key, end, now = to_micros(clock_.now())](storage::Connection& connection) -> Status {
        auto row = connection.prepare(
            "UPDATE gateway_operation SET state = ?, status = ?, running = ?, poll_kind = ?, "
            "poll_target = ?, changed_at = ? WHERE request_key = ?");
        return row.bind(end.state)
            .bind(end.status)
            .bind(end.running ? 1 : 0)
            .bind(stored_kind(end.poll_kind))
            .bind(end.poll_target)
            .bind(now)
            .bind(key.text)
            .run();
      },
      std::move(done));
}

void OperationLog::forget_doubts(const TaskKey& task, Done done) {
  database_.write_async(
      [task](storage::Connection& connection) -> Status {
        auto rows = connection.prepare(
            "DELETE FROM gateway_operation WHERE dag_id = ? AND run_id = ? AND task_id = ? "
            "AND map_index = ? AND method IN ('POST', 'PATCH') AND state IN ('sent', 'unknown')");
        return bind_task(rows, task).run();
      },
      std::move(done));
}

void OperationLog::hand_out(const TaskKey& task, std::vector<std::string> targets, Done done) {
  database_.write_async(
      [task, targets = std::move(targets),
       now = to_micros(clock_.now())](storage::Connection& connection) -> Status {
        for (const std::string& target : targets) {
          auto row = connection.prepare(
              "INSERT INTO gateway_poll(dag_id, run_id, task_id, map_index, path, given_at) "
              "VALUES(?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET given_at = excluded.given_at");
          ARMATURE_CHECK(bind_task(row, task).bind(path_key(target)).bind(now).run());
        }
        return Ok{};
      },
      std::move(done));
}

Result<bool> OperationLog::was_handed_out(const TaskKey& task, std::string_view target) const {
  const std::string path = path_key(target);
  return database_.read_value<bool>([&](storage::Connection& connection) -> Result<bool> {
    auto row = connection.prepare(
        "SELECT 1 FROM gateway_poll WHERE dag_id = ? AND run_id = ? AND task_id = ? "
        "AND map_index = ? AND path = ?");
    const bool found = bind_task(row, task).bind(path).step();
    ARMATURE_CHECK(row.status());
    return found;
  });
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
