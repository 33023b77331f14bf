#include "access/audit.h"

#include <array>
#include <iterator>
#include <utility>

#include "access/audit_content.h"
#include "base/time.h"

namespace armature::access {
namespace {

constexpr std::size_t kMostGathered = 512;
constexpr std::array<storage::Migration, 1> kMigrations = {{{1, R"sql(
CREATE TABLE audit (
  sequence INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  dag_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  decision TEXT NOT NULL,
  content TEXT NOT NULL,
  previous_hash TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_task ON audit (run_id, task_id, sequence);
)sql"}}};

}  // namespace

std::string hash_of(const AuditRecord& record) {
  return chained(content_text(record, record.sequence), record.previous_hash);
}

Json to_json(const AuditRecord& record) {
  JsonObject out = content_of(record);
  out["previous_hash"] = record.previous_hash;
  out["hash"] = record.hash;
  return out;
}

AuditLog::AuditLog(storage::Database& database, const Clock& clock)
    : database_(database), clock_(clock) {}

Result<std::unique_ptr<AuditLog>> AuditLog::open(storage::Database& database, const Clock& clock) {
  ARMATURE_CHECK(database.migrate("audit", kMigrations));
  return std::unique_ptr<AuditLog>(new AuditLog(database, clock));
}

// On the writer, one batch at a time: the last row is the chain's head.
Status AuditLog::append(storage::Connection& connection, const Records& records) {
  std::int64_t sequence = 0;
  std::string previous_hash(kGenesis);
  {
    auto last =
        connection.prepare("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1");
    if (last.step()) {
      sequence = last.integer(0);
      previous_hash = last.text(1);
    }
    ARMATURE_CHECK(last.status());
  }
  for (const AuditRecord& record : records) {
    const std::string content = content_text(record, ++sequence);
    std::string hash = chained(content, previous_hash);
    ARMATURE_CHECK(
        connection
            .prepare("INSERT INTO audit (sequence, at, dag_id, run_id, task_id, decision, content, "
                     "previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
            .bind(sequence)
            .bind(to_micros(record.at))
            .bind_kept(record.dag_id)
            .bind_kept(record.run_id)
            .bind_kept(record.task_id)
            .bind_kept(record.decision)
            .bind_kept(content)
            .bind_kept(previous_hash)
            .bind_kept(hash)
            .run());
    previous_hash = std::move(hash);
  }
  return Ok{};
}

AuditLog::Records AuditLog::take_gathered() {
  const std::lock_guard lock(mutex_);
  return std::exchange(gathered_, {});
}

void AuditLog::put_back(Records records) {
  const std::lock_guard lock(mutex_);
  records.insert(records.end(), std::make_move_iterator(gathered_.begin()),
                 std::make_move_iterator(gathered_.end()));
  gathered_ = std::move(records);
}

// Writes what was gathered until then and `last`, after it. What could not be written stays
// gathered, so that the next write tries it again.
void AuditLog::write(Records last, std::function<void(Status)> done, bool at_once) {
  const auto taken = std::make_shared<Records>();
  auto work = [this, taken, last = std::move(last)](storage::Connection& connection) -> Status {
    *taken = take_gathered();
    ARMATURE_CHECK(append(connection, *taken));
    return append(connection, last);
  };
  auto ended = [this, taken, done = std::move(done)](Status status) {
    if (!status) put_back(std::move(*taken));
    done(std::move(status));
  };
  if (at_once) {
    database_.write_async(std::move(work), std::move(ended));
  } else {
    database_.write_soon(std::move(work), std::move(ended));
  }
}

void AuditLog::record(AuditRecord record) {
  record.at = clock_.now();
  std::size_t waiting = 0;
  {
    const std::lock_guard lock(mutex_);
    gathered_.push_back(std::move(record));
    waiting = gathered_.size();
  }
  if (waiting == 1 || waiting % kMostGathered == 0) {
    write(
        {}, [](const Status&) {}, waiting != 1);
  }
}

void AuditLog::record_durably(AuditRecord record, std::function<void(Status)> done) {
  record.at = clock_.now();
  Records one;
  one.push_back(std::move(record));
  write(std::move(one), std::move(done), true);
}

// A reader finds what was recorded before it asked.
void AuditLog::flush() const {
  (void)database_.write([](storage::Connection&) -> Status { return Ok{}; });
}

Result<std::vector<AuditRecord>> AuditLog::list(const AuditQuery& query) const {
  flush();
  return database_.read_value<std::vector<AuditRecord>>(
      [&](storage::Connection& connection) -> Result<std::vector<AuditRecord>> {
        std::string sql =
            "SELECT content, previous_hash, hash FROM audit WHERE sequence > ?"
            " AND (? = '' OR dag_id = ?) AND (? = '' OR run_id = ?)"
            " AND (? = '' OR task_id = ?) AND (? = '' OR decision = ?) ORDER BY sequence ";
        sql += query.newest_first ? "DESC LIMIT ?" : "LIMIT ?";
        auto rows = connection.prepare(sql);
        rows.bind(query.after_sequence);
        for (const std::string* value :
             {&query.dag_id, &query.run_id, &query.task_id, &query.decision}) {
          rows.bind(*value).bind(*value);
        }
        rows.bind(query.limit);
        std::vector<AuditRecord> out;
        while (rows.step()) {
          ARMATURE_TRY(AuditRecord record, record_from(rows.text(0)));
          record.previous_hash = rows.text(1);
          record.hash = rows.text(2);
          out.push_back(std::move(record));
        }
        ARMATURE_CHECK(rows.status());
        return out;
      });
}

}  // namespace armature::access
