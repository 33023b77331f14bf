#include "gateway/kill_switch.h"

#include <algorithm>
#include <future>

#include "base/bytes.h"
#include "base/time.h"
#include "gateway/answers.h"

namespace armature::gateway {
namespace {

constexpr storage::Migration kMigrations[] = {
    {1, R"sql(
CREATE TABLE gateway_stop(
  id     TEXT PRIMARY KEY,
  reason TEXT NOT NULL,
  since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql"}
};

constexpr std::size_t kLongestName = 256, kLongestReason = 1'000;

access::AuditRecord switch_record(const Stop& stop, const char* decision) {
  access::AuditRecord record;
  record.kind = "switch";
  record.decision = decision;
  record.reason = stop.reason;
  record.rule = stop.id;
  const std::string name = stop.id.substr(stop.id.find(':') + 1);
  if (stop.id == "all") record.scope = "/";
  if (stop.id.starts_with("dag:")) record.dag_id = name;
  if (stop.id.starts_with("identity:")) record.identity = name;
  if (stop.id.starts_with("subscription:")) record.scope = "/subscriptions/" + name;
  return record;
}

}  // namespace

Result<std::string> parse_stop_id(std::string_view text) {
  if (text == "all") return std::string(text);
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view name = colon == text.npos ? "" : text.substr(colon + 1);
  const bool printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
  const bool known = kind == "dag" || kind == "identity" || kind == "subscription";
  if (!known || name.empty() || name.size() > kLongestName || !printable) {
    return fail(Code::kInvalid, "a stop is 'all', 'dag:ID', 'identity:NAME' or 'subscription:ID'");
  }
  if (kind != "subscription") return std::string(text);
  if (!is_uuid(name)) return fail(Code::kInvalid, "a subscription's id is a GUID");
  return to_lower(text);
}

const Stop* covering(const std::vector<Stop>& stops, const Lane& lane) {
  for (const std::string& id : {std::string("all"), "subscription:" + lane.subscription,
                                "identity:" + lane.identity, "dag:" + lane.dag}) {
    const auto found = std::ranges::find(stops, id, &Stop::id);
    if (found != stops.end()) return &*found;
  }
  return nullptr;
}

access::Explanation explain_stop(const Call& call, const Stop& stop) {
  access::Explanation why;
  why.layer = access::Layer::kKillSwitch;
  why.reason = "stopped";
  why.missing_action = call.operation.action;
  why.missing_scope = call.operation.scope;
  why.message = "Mutations are stopped for " +
                (stop.id == "all" ? std::string("everyone") : "'" + stop.id + "'") + " since " +
                to_rfc3339(stop.since) + (stop.reason.empty() ? "" : ": " + stop.reason) +
                ". Reads and polls go on; `armature access resume " + stop.id + "` lifts the stop.";
  return why;
}

http::Response stopped(const access::Explanation& why) { return denied(why, "StoppedByOperator"); }

Result<std::unique_ptr<KillSwitch>> KillSwitch::open(storage::Database& database,
                                                     access::AuditLog& audit, const Clock& clock) {
  ARMATURE_CHECK(database.migrate("gateway_stop", kMigrations));
  std::unique_ptr<KillSwitch> out(new KillSwitch(database, audit, clock));
  ARMATURE_CHECK(out->load());
  return out;
}

Status KillSwitch::load() {
  return database_.read([&](storage::Connection& connection) -> Status {
    auto rows = connection.prepare("SELECT id, reason, since FROM gateway_stop ORDER BY id");
    while (rows.step()) {
      stops_.push_back({rows.text(0), rows.text(1), from_micros(rows.integer(2))});
    }
    return rows.status();
  });
}

Status KillSwitch::record(const Stop& stop, const char* decision) {
  std::promise<Status> written;
  auto result = written.get_future();
  audit_.record_durably(switch_record(stop, decision),
                        [&](Status status) { written.set_value(std::move(status)); });
  return result.get();
}

Result<Stop> KillSwitch::stop(std::string_view id, std::string reason) {
  ARMATURE_TRY(std::string canonical_id, parse_stop_id(id));
  if (reason.size() > kLongestReason) {
    return fail(Code::kInvalid, "a reason has 1000 characters at most");
  }
  const Stop made{std::move(canonical_id), std::move(reason), clock_.now()};
  const std::lock_guard changing(changing_);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(stops_, [&](const Stop& known) { return known.id == made.id; });
    stops_.push_back(made);
    std::ranges::sort(stops_, {}, &Stop::id);
  }
  const Status kept = database_.write([&](storage::Connection& connection) -> Status {
    auto row = connection.prepare("INSERT OR REPLACE INTO gateway_stop VALUES(?, ?, ?)");
    return row.bind(made.id).bind(made.reason).bind(to_micros(made.since)).run();
  });
  if (!kept) return Error(kept.error()).in("the stop is in force, but not kept");
  if (auto recorded = record(made, "stop"); !recorded) {
    return std::move(recorded).error().in("the stop is in force, but not recorded");
  }
  return made;
}

Status KillSwitch::resume(std::string_view id) {
  ARMATURE_TRY(const std::string canonical_id, parse_stop_id(id));
  const std::lock_guard changing(changing_);
  std::optional<Stop> ended;
  for (const Stop& known : list()) {
    if (known.id == canonical_id) ended = known;
  }
  if (!ended) return fail(Code::kNotFound, "'" + canonical_id + "' is not stopped");
  ARMATURE_CHECK(database_.write([&](storage::Connection& connection) -> Status {
    auto row = connection.prepare("DELETE FROM gateway_stop WHERE id = ?");
    return row.bind(canonical_id).run();
  }));
  ARMATURE_CHECK(record(*ended, "resume"));
  const std::lock_guard lock(mutex_);
  std::erase_if(stops_, [&](const Stop& known) { return known.id == canonical_id; });
  return Ok{};
}

std::vector<Stop> KillSwitch::list() const {
  const std::lock_guard lock(mutex_);
  return stops_;
}

std::optional<Stop> KillSwitch::stopping(const Lane& lane) const {
  const std::lock_guard lock(mutex_);
  const Stop* found = covering(stops_, lane);
  return found ? std::optional(*found) : std::nullopt;
}

}  // namespace armature::gateway
