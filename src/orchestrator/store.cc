#include "orchestrator/store.h"

#include "orchestrator/store_rows.h"
#include "orchestrator/store_schema.h"

namespace armature::orchestrator {
namespace {

using storage::Connection;

Status change_task(Connection& connection, const TaskChange& change, Instant now) {
  auto update = connection.prepare(
      "UPDATE task_instance SET state = ?, try_number = ?, max_tries = ?, fence = ?, retry_at = ?, "
      "queued_at = ?, start_at = ?, end_at = ?, error = ? "
      "WHERE id = ? AND state = ? AND try_number = ? AND fence = ?");
  const TaskRow& after = change.after;
  update.bind(dag::to_string(after.state)).bind(after.try_number).bind(after.max_tries);
  update.bind(after.fence).bind(micros(after.retry_at)).bind(micros(after.queued_at));
  update.bind(micros(after.start)).bind(micros(after.end)).bind(after.error);
  update.bind(change.before.id).bind(dag::to_string(change.before.state));
  update.bind(change.before.try_number).bind(change.before.fence);
  ARMATURE_CHECK(update.run());
  if (connection.changes() != 1) {
    return fail(Code::kConflict, "task " + after.task_id + " is no longer " +
                                     std::string(dag::to_string(change.before.state)) +
                                     " under fence " + std::to_string(change.before.fence));
  }
  if (change.rendered) {
    auto rendered = connection.prepare("UPDATE task_instance SET rendered = ? WHERE id = ?");
    ARMATURE_CHECK(rendered.bind(dump(*change.rendered)).bind(after.id).run());
  }
  if (change.forget) {
    auto handle = connection.prepare("UPDATE task_instance SET handle = NULL WHERE id = ?");
    ARMATURE_CHECK(handle.bind(after.id).run());
    ARMATURE_CHECK(connection.prepare("DELETE FROM xcom WHERE task = ?").bind(after.id).run());
  }
  if (change.output) {
    auto output = connection.prepare(
        "INSERT INTO xcom (task, key, value) VALUES (?, 'return_value', ?) "
        "ON CONFLICT (task, key) DO UPDATE SET value = excluded.value");
    ARMATURE_CHECK(output.bind(after.id).bind(dump(*change.output)).run());
  }
  auto run = connection.prepare("SELECT run FROM task_instance WHERE id = ?");
  run.bind(after.id);
  if (!run.step()) return fail(Code::kInternal, "task instance vanished");
  return add_event(connection, {now, change.event, std::nullopt, run.integer(0), after.id,
                                after.try_number, after.fence, change.detail});
}

Status change_run(Connection& connection, const RunChange& change, Instant now) {
  auto update = connection.prepare(
      "UPDATE dag_run SET state = ?, queued_at = ?, start_at = ?, end_at = ?, "
      "clear_number = clear_number + ? WHERE id = ? AND state = ?");
  update.bind(dag::to_string(change.after.state)).bind(micros(change.after.queued_at));
  update.bind(micros(change.after.start)).bind(micros(change.after.end));
  update.bind(change.event == "cleared" ? 1 : 0);
  update.bind(change.id).bind(dag::to_string(change.before));
  ARMATURE_CHECK(update.run());
  if (connection.changes() != 1) {
    return fail(Code::kConflict, "run " + change.after.run_id + " is no longer " +
                                     std::string(dag::to_string(change.before)));
  }
  return add_event(connection,
                   {now, change.event, std::nullopt, change.id, std::nullopt, 0, 0, change.detail});
}

Status insert_run(Connection& connection, RunRow& run) {
  auto taken = connection.prepare(
      "SELECT run_id FROM dag_run WHERE dag_id = ? AND (run_id = ? OR logical_date = ?)");
  taken.bind(run.info.dag_id).bind(run.info.run_id).bind(micros(run.info.logical_date));
  if (taken.step()) {
    const bool by_id = taken.text(0) == run.info.run_id;
    return fail(Code::kConflict, by_id ? "run '" + run.info.run_id + "' exists already"
                                       : "run '" + taken.text(0) + "' has this logical date");
  }
  ARMATURE_CHECK(taken.status());
  auto insert = connection.prepare(
      "INSERT INTO dag_run (dag_id, run_id, run_type, state, version, conf, params, triggered_by, "
      "note, logical_date, interval_start, interval_end, queued_at, run_after, start_at, end_at) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  const RunInfo& info = run.info;
  insert.bind(info.dag_id).bind(info.run_id).bind(info.run_type);
  insert.bind(dag::to_string(info.state)).bind(info.dag_version);
  insert.bind(dump(info.conf)).bind(dump(run.params)).bind(info.triggered_by).bind(info.note);
  insert.bind(micros(info.logical_date)).bind(micros(info.interval_start));
  insert.bind(micros(info.interval_end)).bind(micros(info.queued_at)).bind(micros(info.run_after));
  insert.bind(micros(info.start)).bind(micros(info.end));
  ARMATURE_CHECK(insert.run());
  run.id = connection.last_insert_id();
  auto task = connection.prepare(
      "INSERT INTO task_instance (run, task_id, operator, state, try_number, max_tries, fence) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (TaskRow& row : run.tasks) {
    task.bind(run.id).bind(row.task_id).bind(row.operator_name).bind(dag::to_string(row.state));
    task.bind(row.try_number).bind(row.max_tries).bind(row.fence);
    ARMATURE_CHECK(task.run());
    row.id = connection.last_insert_id();
  }
  return Ok{};
}

Status move_schedule(Connection& connection, const std::string& dag_id, const std::string& key,
                     std::optional<Instant> at) {
  auto update =
      connection.prepare("UPDATE dag SET schedule_key = ?, next_run_after = ? WHERE dag_id = ?");
  return update.bind(key).bind(micros(at)).bind(dag_id).run();
}

}  // namespace

Status add_event(Connection& connection, const Event& event) {
  auto insert = connection.prepare(
      "INSERT INTO event (at, kind, dag_id, run, task, try_number, fence, detail) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(to_micros(event.at)).bind(event.kind).bind(event.dag_id).bind(event.run);
  insert.bind(event.task).bind(event.try_number).bind(event.fence).bind(dump(event.detail));
  return insert.run();
}

Result<std::unique_ptr<Store>> Store::open(storage::Database& database, const Clock& clock) {
  if (auto done = database.migrate("orchestrator", store_migrations()); !done) {
    return std::move(done).error().in("orchestrator tables");
  }
  return std::unique_ptr<Store>(new Store(database, clock));
}

Status Store::put_dag(const dag::DagDef& dag, bool paused) {
  return database_.write([&](Connection& connection) -> Status {
    auto version = connection.prepare(
        "INSERT INTO dag_version (dag_id, version, file, source, created_at) "
        "VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING");
    version.bind(dag.id.str()).bind(dag.version).bind(dag.file).bind(dag.source);
    ARMATURE_CHECK(version.bind(to_micros(clock_.now())).run());
    const bool is_new = connection.changes() == 1;
    auto current = connection.prepare(
        "INSERT INTO dag (dag_id, version, file, paused) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (dag_id) DO UPDATE SET version = excluded.version, file = excluded.file");
    current.bind(dag.id.str()).bind(dag.version).bind(dag.file).bind(paused ? 1 : 0);
    ARMATURE_CHECK(current.run());
    if (!is_new) return Ok{};
    JsonObject detail;
    detail["version"] = dag.version;
    return add_event(connection, {clock_.now(), "dag version", dag.id.str(), std::nullopt,
                                  std::nullopt, 0, 0, detail});
  });
}

Status Store::set_paused(const std::string& dag_id, bool paused, const std::string& schedule_key,
                         std::optional<Instant> next_run_after) {
  return database_.write([&](Connection& connection) -> Status {
    auto update = connection.prepare("UPDATE dag SET paused = ? WHERE dag_id = ?");
    ARMATURE_CHECK(update.bind(paused ? 1 : 0).bind(dag_id).run());
    ARMATURE_CHECK(move_schedule(connection, dag_id, schedule_key, next_run_after));
    return add_event(connection, {clock_.now(),
                                  paused ? "paused" : "unpaused",
                                  dag_id,
                                  std::nullopt,
                                  std::nullopt,
                                  0,
                                  0,
                                  {}});
  });
}

Status Store::set_next_run(const std::string& dag_id, const std::string& schedule_key,
                           std::optional<Instant> next_run_after) {
  return database_.write([&](Connection& connection) -> Status {
    return move_schedule(connection, dag_id, schedule_key, next_run_after);
  });
}

Status Store::put_pool(const dag::Pool& pool) {
  return database_.write([&](Connection& connection) -> Status {
    auto insert = connection.prepare(
        "INSERT INTO pool (name, slots, description) VALUES (?, ?, ?) ON CONFLICT (name) "
        "DO UPDATE SET slots = excluded.slots, description = excluded.description");
    ARMATURE_CHECK(insert.bind(pool.name).bind(pool.slots).bind(pool.description).run());
    JsonObject detail;
    detail["pool"] = pool.name;
    detail["slots"] = pool.slots;
    return add_event(connection, {clock_.now(), "pool set", {}, {}, {}, 0, 0, detail});
  });
}

Status Store::delete_pool(const std::string& name) {
  return database_.write([&](Connection& connection) -> Status {
    auto remove = connection.prepare("DELETE FROM pool WHERE name = ?");
    ARMATURE_CHECK(remove.bind(name).run());
    JsonObject detail;
    detail["pool"] = name;
    return add_event(connection, {clock_.now(), "pool deleted", {}, {}, {}, 0, 0, detail});
  });
}

Result<RunRow> Store::create_run(RunRow run, std::optional<NextRun> next) {
  const auto work = [&](Connection& connection) -> Status {
    ARMATURE_CHECK(insert_run(connection, run));
    if (next) {
      ARMATURE_CHECK(move_schedule(connection, run.info.dag_id, next->schedule_key, next->at));
    }
    JsonObject detail;
    detail["triggered_by"] = run.info.triggered_by;
    return add_event(connection,
                     {clock_.now(), "created", std::nullopt, run.id, std::nullopt, 0, 0, detail});
  };
  ARMATURE_CHECK(database_.write(work));
  return run;
}

Status Store::apply(const Changes& changes) {
  if (changes.empty()) return Ok{};
  const Instant now = clock_.now();
  return database_.write([&](Connection& connection) -> Status {
    for (const TaskChange& change : changes.tasks) {
      ARMATURE_CHECK(change_task(connection, change, now));
    }
    for (const RunChange& change : changes.runs) {
      ARMATURE_CHECK(change_run(connection, change, now));
    }
    return Ok{};
  });
}

Status Store::save(const Attempt& attempt, const Json& handle) {
  return database_.write([&](Connection& connection) -> Status {
    auto update = connection.prepare(
        "UPDATE task_instance SET handle = ? WHERE task_id = ? AND map_index = ? AND fence = ? "
        "AND try_number = ? AND state = 'running' "
        "AND run = (SELECT id FROM dag_run WHERE dag_id = ? AND run_id = ?)");
    if (handle.is_null()) {
      update.bind_null();
    } else {
      update.bind(dump(handle));
    }
    update.bind(attempt.key.task.str()).bind(attempt.key.map_index).bind(attempt.fence);
    update.bind(attempt.try_number).bind(attempt.key.dag.str()).bind(attempt.key.run.str());
    ARMATURE_CHECK(update.run());
    if (connection.changes() == 1) return Ok{};
    return fail(Code::kConflict, to_string(attempt.key) + " has a newer attempt than fence " +
                                     std::to_string(attempt.fence));
  });
}

}  // namespace armature::orchestrator
