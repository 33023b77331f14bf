#include "access/audit.h"

#include <array>

#include "base/crypto.h"
#include "base/time.h"

namespace armature::access {
namespace {

constexpr std::string_view kGenesis =
    "0000000000000000000000000000000000000000000000000000000000000000";

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

// What the hash covers: everything but the hash itself.
JsonObject content_of(const AuditRecord& record) {
  JsonObject out;
  out["sequence"] = record.sequence;
  out["at"] = to_rfc3339(record.at);
  out["kind"] = record.kind;
  out["request_id"] = record.request_id;
  out["dag_id"] = record.dag_id;
  out["run_id"] = record.run_id;
  out["task_id"] = record.task_id;
  out["map_index"] = record.map_index;
  out["try_number"] = record.try_number;
  // Only where there is one: records of before hash as they did.
  if (!record.workload.empty()) out["workload"] = record.workload;
  out["identity"] = record.identity;
  out["method"] = record.method;
  out["action"] = record.action;
  out["scope"] = record.scope;
  out["target"] = record.target;
  out["decision"] = record.decision;
  out["layer"] = record.layer;
  out["reason"] = record.reason;
  out["rule"] = record.rule;
  out["status"] = record.status;
  out["sends"] = record.sends;
  out["correlation_id"] = record.correlation_id;
  out["detail"] = record.detail;
  return out;
}

std::string chained(std::string_view content, std::string_view previous_hash) {
  return sha256_hex(std::string(content) + "\n" + std::string(previous_hash));
}

Result<AuditRecord> record_from(const std::string& content) {
  ARMATURE_TRY(const Json value, parse_json(content, 128));
  AuditRecord record;
  record.sequence = int_at(value, "sequence");
  ARMATURE_TRY(record.at, from_rfc3339(text_at(value, "at")));
  record.kind = text_at(value, "kind");
  record.request_id = text_at(value, "request_id");
  record.dag_id = text_at(value, "dag_id");
  record.run_id = text_at(value, "run_id");
  record.task_id = text_at(value, "task_id");
  record.map_index = static_cast<int>(int_at(value, "map_index", -1));
  record.try_number = static_cast<int>(int_at(value, "try_number"));
  record.workload = text_at(value, "workload");
  record.identity = text_at(value, "identity");
  record.method = text_at(value, "method");
  record.action = text_at(value, "action");
  record.scope = text_at(value, "scope");
  record.target = text_at(value, "target");
  record.decision = text_at(value, "decision");
  record.layer = text_at(value, "layer");
  record.reason = text_at(value, "reason");
  record.rule = text_at(value, "rule");
  record.status = static_cast<int>(int_at(value, "status"));
  record.sends = static_cast<int>(int_at(value, "sends"));
  record.correlation_id = text_at(value, "correlation_id");
  if (const Json* detail = find(value, "detail")) record.detail = *detail;
  return record;
}

}  // namespace

std::string hash_of(const AuditRecord& record) {
  return chained(canonical(Json(content_of(record))), record.previous_hash);
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

// Runs on the writer, one at a time: the last row is the chain's head.
Status AuditLog::append(storage::Connection& connection, AuditRecord record) {
  {
    auto last =
        connection.prepare("SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1");
    const bool any = last.step();
    ARMATURE_CHECK(last.status());
    record.sequence = any ? last.integer(0) + 1 : 1;
    record.previous_hash = any ? last.text(1) : std::string(kGenesis);
  }
  const std::string content = canonical(Json(content_of(record)));
  return connection
      .prepare(
          "INSERT INTO audit (sequence, at, dag_id, run_id, task_id, decision, content, "
          "previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .bind(record.sequence)
      .bind(to_micros(record.at))
      .bind(record.dag_id)
      .bind(record.run_id)
      .bind(record.task_id)
      .bind(record.decision)
      .bind(content)
      .bind(record.previous_hash)
      .bind(chained(content, record.previous_hash))
      .run();
}

void AuditLog::record(AuditRecord record) {
  record_durably(std::move(record), [](Status) {});
}

void AuditLog::record_durably(AuditRecord record, std::function<void(Status)> done) {
  record.at = clock_.now();
  database_.write_async([this, record = std::move(record)](
                            storage::Connection& connection) { return append(connection, record); },
                        std::move(done));
}

Result<std::vector<AuditRecord>> AuditLog::list(const AuditQuery& query) const {
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

Result<AuditVerdict> AuditLog::verify() const {
  return database_.read_value<AuditVerdict>(
      [](storage::Connection& connection) -> Result<AuditVerdict> {
        auto rows = connection.prepare(
            "SELECT sequence, at, dag_id, run_id, task_id, decision, content, previous_hash, hash "
            "FROM audit ORDER BY sequence");
        AuditVerdict verdict;
        verdict.head = kGenesis;
        const auto broken = [&](std::string why) {
          verdict.broken_at = verdict.records + 1;
          verdict.why = std::move(why);
          return verdict;
        };
        while (rows.step()) {
          if (rows.integer(0) != verdict.records + 1) return broken("a record is missing");
          if (rows.text(7) != verdict.head) return broken("it does not follow the record before");
          if (chained(rows.text(6), rows.text(7)) != rows.text(8)) {
            return broken("its content was changed");
          }
          // The columns that queries use are copies of the content: they must agree with it.
          const auto record = record_from(rows.text(6));
          if (!record || record->sequence != rows.integer(0) ||
              to_micros(record->at) != rows.integer(1) || record->dag_id != rows.text(2) ||
              record->run_id != rows.text(3) || record->task_id != rows.text(4) ||
              record->decision != rows.text(5)) {
            return broken("its columns were changed");
          }
          ++verdict.records;
          verdict.head = rows.text(8);
        }
        ARMATURE_CHECK(rows.status());
        verdict.holds = true;
        return verdict;
      });
}

}  // namespace armature::access
