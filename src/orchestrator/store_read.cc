#include "orchestrator/store.h"
#include "orchestrator/store_rows.h"

namespace armature::orchestrator {
namespace {

using storage::Connection;
using storage::Statement;

std::string select(std::string_view columns, std::string_view rest) {
  return "SELECT " + std::string(columns) + " " + std::string(rest);
}

Status read_tasks(Connection& connection, RunRow& run) {
  auto rows =
      connection.prepare(select(kTaskColumns, "FROM task_instance WHERE run = ? ORDER BY id"));
  rows.bind(run.id);
  while (rows.step()) run.tasks.push_back(task_of(rows));
  return rows.status();
}

Error no_run(const std::string& dag_id, const std::string& run_id) {
  return fail(Code::kNotFound, "DAG '" + dag_id + "' has no run '" + run_id + "'");
}

Result<RunRow> read_run(Connection& connection, const std::string& dag_id,
                        const std::string& run_id) {
  auto row =
      connection.prepare(select(kRunColumns, "FROM dag_run WHERE dag_id = ? AND run_id = ?"));
  row.bind(dag_id).bind(run_id);
  if (!row.step()) {
    ARMATURE_CHECK(row.status());
    return no_run(dag_id, run_id);
  }
  return run_of(row);
}

}  // namespace

RunRow run_of(const Statement& row) {
  RunRow out;
  out.id = row.integer(0);
  out.info.dag_id = row.text(1);
  out.info.run_id = row.text(2);
  out.info.run_type = row.text(3);
  out.info.state = dag::run_state_from(row.text(4)).value_or(dag::RunState::kFailed);
  out.info.dag_version = row.text(5);
  out.info.conf = object(row, 6);
  out.params = object(row, 7);
  out.info.triggered_by = row.text(8);
  out.info.note = row.text(9);
  out.info.logical_date = instant(row, 10);
  out.info.interval_start = instant(row, 11);
  out.info.interval_end = instant(row, 12);
  out.info.queued_at = instant(row, 13);
  out.info.run_after = instant(row, 14);
  out.info.start = instant(row, 15);
  out.info.end = instant(row, 16);
  return out;
}

TaskRow task_of(const Statement& row) {
  TaskRow out;
  out.id = row.integer(0);
  out.task_id = row.text(1);
  out.operator_name = row.text(2);
  out.state = dag::task_state_from(row.text(3)).value_or(dag::TaskState::kNone);
  out.try_number = static_cast<int>(row.integer(4));
  out.max_tries = static_cast<int>(row.integer(5));
  out.fence = row.integer(6);
  out.retry_at = instant(row, 7);
  out.queued_at = instant(row, 8);
  out.start = instant(row, 9);
  out.end = instant(row, 10);
  out.error = row.text(11);
  return out;
}

Result<std::vector<DagRow>> Store::dags() const {
  return database_.read_value<std::vector<DagRow>>(
      [](Connection& connection) -> Result<std::vector<DagRow>> {
        auto rows = connection.prepare(
            "SELECT d.dag_id, d.version, d.file, v.source, d.paused, d.schedule_key, "
            "d.next_run_after FROM dag d JOIN dag_version v USING (dag_id, version) "
            "ORDER BY d.dag_id");
        std::vector<DagRow> out;
        while (rows.step()) {
          out.push_back({rows.text(0), rows.text(1), rows.text(2), rows.text(3),
                         rows.integer(4) != 0, rows.text(5), instant(rows, 6)});
        }
        ARMATURE_CHECK(rows.status());
        return out;
      });
}

Result<std::vector<dag::Pool>> Store::pools() const {
  using Out = std::vector<dag::Pool>;
  return database_.read_value<Out>([](Connection& connection) -> Result<Out> {
    auto rows = connection.prepare("SELECT name, slots, description FROM pool ORDER BY name");
    Out out;
    while (rows.step()) {
      out.push_back({rows.text(0), static_cast<int>(rows.integer(1)), rows.text(2)});
    }
    ARMATURE_CHECK(rows.status());
    return out;
  });
}

Result<DagRow> Store::version(const std::string& dag_id, const std::string& version) const {
  return database_.read_value<DagRow>([&](Connection& connection) -> Result<DagRow> {
    auto row =
        connection.prepare("SELECT file, source FROM dag_version WHERE dag_id = ? AND version = ?");
    row.bind(dag_id).bind(version);
    if (!row.step()) {
      ARMATURE_CHECK(row.status());
      return fail(Code::kNotFound, "DAG '" + dag_id + "' has no version " + version);
    }
    DagRow out;
    out.dag_id = dag_id;
    out.version = version;
    out.file = row.text(0);
    out.source = row.text(1);
    return out;
  });
}

Result<std::optional<Instant>> Store::last_scheduled(const std::string& dag_id) const {
  using Out = std::optional<Instant>;
  return database_.read_value<Out>([&](Connection& connection) -> Result<Out> {
    auto row = connection.prepare(
        "SELECT max(logical_date) FROM dag_run WHERE dag_id = ? AND run_type = 'scheduled'");
    row.bind(dag_id);
    if (!row.step()) {
      ARMATURE_CHECK(row.status());
      return Out();
    }
    return instant(row, 0);
  });
}

Result<std::vector<RunRow>> Store::live_runs() const {
  return database_.read_value<std::vector<RunRow>>(
      [](Connection& connection) -> Result<std::vector<RunRow>> {
        std::vector<RunRow> out;
        {
          auto rows = connection.prepare(
              select(kRunColumns, "FROM dag_run WHERE state IN ('queued', 'running') ORDER BY id"));
          while (rows.step()) out.push_back(run_of(rows));
          ARMATURE_CHECK(rows.status());
        }
        for (RunRow& run : out) ARMATURE_CHECK(read_tasks(connection, run));
        return out;
      });
}

Result<RunRow> Store::run_row(const std::string& dag_id, const std::string& run_id) const {
  return database_.read_value<RunRow>([&](Connection& connection) -> Result<RunRow> {
    ARMATURE_TRY(RunRow out, read_run(connection, dag_id, run_id));
    ARMATURE_CHECK(read_tasks(connection, out));
    return out;
  });
}

Result<RunInfo> Store::run(const std::string& dag_id, const std::string& run_id) const {
  return database_.read_value<RunInfo>([&](Connection& connection) -> Result<RunInfo> {
    ARMATURE_TRY(RunRow out, read_run(connection, dag_id, run_id));
    return std::move(out.info);
  });
}

Result<Json> Store::handle(std::int64_t task) const {
  return database_.read_value<Json>([&](Connection& connection) -> Result<Json> {
    auto row = connection.prepare("SELECT handle FROM task_instance WHERE id = ?");
    row.bind(task);
    if (!row.step() || row.is_null(0)) {
      ARMATURE_CHECK(row.status());
      return Json(nullptr);
    }
    return parse_json(row.text(0));
  });
}

Result<std::map<std::string, Json>> Store::outputs(std::int64_t run) const {
  using Out = std::map<std::string, Json>;
  return database_.read_value<Out>([&](Connection& connection) -> Result<Out> {
    auto rows = connection.prepare(
        "SELECT t.task_id, x.value FROM task_instance t JOIN xcom x ON x.task = t.id "
        "WHERE t.run = ? AND x.key = 'return_value'");
    rows.bind(run);
    Out out;
    while (rows.step()) {
      ARMATURE_TRY(Json value, parse_json(rows.text(1)));
      out.emplace(rows.text(0), std::move(value));
    }
    ARMATURE_CHECK(rows.status());
    return out;
  });
}

Result<Orchestrator::RunPage> Store::runs(const Orchestrator::RunQuery& query) const {
  using Out = Orchestrator::RunPage;
  const std::string dag_id = query.dag_id == "~" ? "" : query.dag_id;
  // "?1" twice: an empty filter matches all, with one statement for every combination.
  static constexpr std::string_view kWhere =
      "FROM dag_run WHERE (?1 = '' OR dag_id = ?1) AND (?2 = '' OR state = ?2)";
  return database_.read_value<Out>([&](Connection& connection) -> Result<Out> {
    Out out;
    {
      auto count = connection.prepare(select("count(*)", kWhere));
      count.bind(dag_id).bind(query.state);
      if (count.step()) out.total = static_cast<int>(count.integer(0));
      ARMATURE_CHECK(count.status());
    }
    auto rows = connection.prepare(
        select(kRunColumns, std::string(kWhere) + " ORDER BY id DESC LIMIT ?3 OFFSET ?4"));
    rows.bind(dag_id).bind(query.state).bind(query.limit).bind(query.offset);
    while (rows.step()) out.runs.push_back(run_of(rows).info);
    ARMATURE_CHECK(rows.status());
    return out;
  });
}

Result<std::vector<TaskInfo>> Store::task_instances(const std::string& dag_id,
                                                    const std::string& run_id) const {
  using Out = std::vector<TaskInfo>;
  return database_.read_value<Out>([&](Connection& connection) -> Result<Out> {
    ARMATURE_TRY(const RunRow run, read_run(connection, dag_id, run_id));
    auto rows = connection.prepare(select(std::string(kTaskColumns) + ", rendered, map_index",
                                          "FROM task_instance WHERE run = ? ORDER BY id"));
    rows.bind(run.id);
    Out out;
    while (rows.step()) {
      TaskInfo info = info_of(run.info, task_of(rows));
      info.rendered = object(rows, 12);
      info.map_index = static_cast<int>(rows.integer(13));
      out.push_back(std::move(info));
    }
    ARMATURE_CHECK(rows.status());
    return out;
  });
}

TaskInfo info_of(const RunInfo& run, const TaskRow& row) {
  TaskInfo out;
  out.dag_id = run.dag_id;
  out.run_id = run.run_id;
  out.task_id = row.task_id;
  out.operator_name = row.operator_name;
  out.try_number = row.try_number;
  out.max_tries = row.max_tries;
  out.fence = row.fence;
  out.state = row.state;
  out.queued_at = row.queued_at;
  out.start = row.start;
  out.end = row.end;
  out.error = row.error;
  return out;
}

Result<Json> Store::xcom(const std::string& dag_id, const std::string& run_id,
                         const std::string& task_id, const std::string& key) const {
  return database_.read_value<Json>([&](Connection& connection) -> Result<Json> {
    ARMATURE_TRY(const RunRow run, read_run(connection, dag_id, run_id));
    auto row = connection.prepare(
        "SELECT x.value FROM task_instance t JOIN xcom x ON x.task = t.id "
        "WHERE t.run = ? AND t.task_id = ? AND x.key = ?");
    row.bind(run.id).bind(task_id).bind(key);
    if (!row.step()) {
      ARMATURE_CHECK(row.status());
      return fail(Code::kNotFound, "task '" + task_id + "' has no XCom '" + key + "'");
    }
    return parse_json(row.text(0));
  });
}

}  // namespace armature::orchestrator
