#include "access/audit.h"
#include "access/audit_content.h"
#include "base/time.h"

namespace armature::access {
namespace {

// What the newest "retention" record that was met says: where the chain was to begin.
struct Beginning {
  std::int64_t through = 0;
  std::string hash{kGenesis};
};

class ChainWalk {
 public:
  explicit ChainWalk(storage::Connection& connection) : connection_(connection) {}

  Result<AuditVerdict> walk() {
    verdict_.head = kGenesis;
    auto rows = connection_.prepare(
        "SELECT sequence, at, dag_id, run_id, task_id, decision, content, previous_hash, hash "
        "FROM audit ORDER BY sequence");
    while (rows.step()) {
      if (const std::string why = broken(rows); !why.empty()) {
        verdict_.broken_at = verdict_.last + 1;
        verdict_.why = why;
        return verdict_;
      }
    }
    ARMATURE_CHECK(rows.status());
    verdict_.holds = begins_where_it_was_to();
    if (!verdict_.holds) {
      verdict_.broken_at = 1;
      verdict_.why = "the oldest records are missing, and no record says that they were let go";
    }
    return verdict_;
  }

 private:
  std::string broken(storage::Statement& row) {
    const std::string content = row.text(6), previous_hash = row.text(7), hash = row.text(8);
    if (verdict_.first == 0) {
      verdict_.first = row.integer(0);
      verdict_.last = verdict_.first - 1;
      verdict_.head = first_follows_ = previous_hash;
    }
    if (row.integer(0) != verdict_.last + 1) return "a record is missing";
    if (previous_hash != verdict_.head) return "it does not follow the record before";
    if (chained(content, previous_hash) != hash) return "its content was changed";
    // The columns that queries use are copies of the content: they must agree with it.
    const auto record = record_from(content);
    if (!record || record->sequence != row.integer(0) || to_micros(record->at) != row.integer(1) ||
        record->dag_id != row.text(2) || record->run_id != row.text(3) ||
        record->task_id != row.text(4) || record->decision != row.text(5)) {
      return "its columns were changed";
    }
    if (record->kind == "retention") {
      beginning_ = {int_at(record->detail, "through"), text_at(record->detail, "hash")};
    }
    ++verdict_.records;
    ++verdict_.last;
    verdict_.head = hash;
    return "";
  }

  // Whole, or let go as far as was recorded, or on the way there.
  bool begins_where_it_was_to() const {
    if (verdict_.first <= 1) return verdict_.first == 0 || first_follows_ == kGenesis;
    if (beginning_.through < verdict_.first - 1) return false;
    if (beginning_.through == verdict_.first - 1) return beginning_.hash == first_follows_;
    auto row = connection_.prepare("SELECT hash FROM audit WHERE sequence = ?");
    row.bind(beginning_.through);
    return row.step() && row.text(0) == beginning_.hash;
  }

  storage::Connection& connection_;
  AuditVerdict verdict_;
  std::string first_follows_;
  Beginning beginning_;
};

}  // namespace

Result<AuditVerdict> AuditLog::verify() const {
  flush();
  return database_.read_value<AuditVerdict>(
      [](storage::Connection& connection) { return ChainWalk(connection).walk(); });
}

}  // namespace armature::access
