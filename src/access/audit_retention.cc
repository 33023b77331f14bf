#include <algorithm>
#include <future>

#include "access/audit.h"
#include "base/time.h"

namespace armature::access {
namespace {

constexpr std::int64_t kEachWrite = 250;  // two milliseconds or so: changes wait for the writer
constexpr std::int64_t kMostAtOnce = 200'000;
constexpr int kSpare = 100;  // a part of this many may be too old or too many

struct Going {
  std::int64_t first = 1, through = 0;  // sequences; through < first: none
  std::string hash;                     // of `through`
};

// Records are in the order of their time: this looks at those that are older, and at one more.
Result<std::int64_t> oldest_since(storage::Connection& connection, Instant since,
                                  std::int64_t newest) {
  auto row =
      connection.prepare("SELECT sequence FROM audit WHERE at >= ? ORDER BY sequence LIMIT 1");
  row.bind(to_micros(since));
  const std::int64_t found = row.step() ? row.integer(0) : newest;
  ARMATURE_CHECK(row.status());
  return found;
}

// The newest record always stays: the next one follows it. Nothing goes before there is some to go:
// each going is a record, too.
Result<Going> who_goes(storage::Connection& connection, const AuditKeep& keep, Instant now) {
  auto ends = connection.prepare(
      "SELECT sequence, at, (SELECT max(sequence) FROM audit) FROM audit ORDER BY sequence LIMIT "
      "1");
  if (!ends.step()) {
    ARMATURE_CHECK(ends.status());
    return Going();
  }
  Going out;
  out.first = ends.integer(0);
  const std::int64_t newest = ends.integer(2);
  if (keep.records > 0 && newest - out.first + 1 > keep.records + keep.records / kSpare) {
    out.through = newest - keep.records;
  }
  const Instant since = now - keep.age;
  if (keep.age > Micros(0) && ends.integer(1) < to_micros(since - keep.age / kSpare)) {
    ARMATURE_TRY(const std::int64_t young, oldest_since(connection, since, newest));
    out.through = std::max(out.through, young - 1);
  }
  out.through = std::min(out.through, out.first + kMostAtOnce - 1);
  auto row = connection.prepare("SELECT hash FROM audit WHERE sequence = ?");
  row.bind(out.through);
  if (row.step()) out.hash = row.text(0);
  ARMATURE_CHECK(row.status());
  return out;
}

AuditRecord note_of(const Going& going) {
  AuditRecord note;
  note.kind = "retention";
  note.detail = JsonObject{
      {"first",   going.first  },
      {"through", going.through},
      {"hash",    going.hash   }
  };
  return note;
}

}  // namespace

Result<std::int64_t> AuditLog::forget(const AuditKeep& keep) {
  if (keep.age <= Micros(0) && keep.records <= 0) return 0;
  const Instant now = clock_.now();
  ARMATURE_TRY(const Going going, database_.read_value<Going>([&](storage::Connection& connection) {
    return who_goes(connection, keep, now);
  }));
  if (going.through < going.first) return 0;
  std::promise<Status> noted;
  record_durably(note_of(going), [&noted](Status status) { noted.set_value(std::move(status)); });
  ARMATURE_CHECK(noted.get_future().get());
  for (std::int64_t from = going.first; from <= going.through; from += kEachWrite) {
    const std::int64_t to = std::min(going.through, from + kEachWrite - 1);
    ARMATURE_CHECK(database_.write([to](storage::Connection& connection) {
      return connection.prepare("DELETE FROM audit WHERE sequence <= ?").bind(to).run();
    }));
  }
  return going.through - going.first + 1;
}

}  // namespace armature::access
