#pragma once
// Columns and how they become values. Private to the store's files.
#include "base/time.h"
#include "orchestrator/store.h"

namespace armature::orchestrator {

inline std::optional<std::int64_t> micros(const std::optional<Instant>& at) {
  if (!at) return std::nullopt;
  return to_micros(*at);
}

inline std::optional<Instant> instant(const storage::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_micros(row.integer(column));
}

// The object a column holds; an empty one when the text is none.
inline JsonObject object(const storage::Statement& row, int column) {
  auto value = parse_json(row.text(column));
  if (!value || !value->is_object()) return {};
  return std::move(value->as_object());
}

constexpr std::string_view kRunColumns =
    "id, dag_id, run_id, run_type, state, version, conf, params, triggered_by, note, logical_date, "
    "interval_start, interval_end, queued_at, run_after, start_at, end_at";
RunRow run_of(const storage::Statement& row);

constexpr std::string_view kTaskColumns =
    "id, task_id, operator, state, try_number, max_tries, fence, retry_at, queued_at, start_at, "
    "end_at, error";
TaskRow task_of(const storage::Statement& row);

// Columns of an event: which run and task, by their row ids, or a DAG.
struct Event {
  Instant at;
  std::string_view kind;
  std::optional<std::string> dag_id;
  std::optional<std::int64_t> run, task;
  int try_number = 0;
  std::int64_t fence = 0;
  JsonObject detail = {};
};
Status add_event(storage::Connection& connection, const Event& event);

}  // namespace armature::orchestrator
