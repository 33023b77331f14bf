#include "orchestrator/store_schema.h"

#include <array>

namespace armature::orchestrator {
namespace {

constexpr std::string_view kFirst = R"sql(
CREATE TABLE dag (
  dag_id         TEXT PRIMARY KEY,
  version        TEXT NOT NULL,
  file           TEXT NOT NULL,
  paused         INTEGER NOT NULL,
  schedule_key   TEXT NOT NULL DEFAULT '',
  next_run_after INTEGER
) STRICT;

CREATE TABLE dag_version (
  dag_id     TEXT NOT NULL,
  version    TEXT NOT NULL,
  file       TEXT NOT NULL,
  source     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (dag_id, version)
) STRICT;

CREATE TABLE dag_run (
  id             INTEGER PRIMARY KEY,
  dag_id         TEXT NOT NULL,
  run_id         TEXT NOT NULL,
  run_type       TEXT NOT NULL,
  state          TEXT NOT NULL,
  version        TEXT NOT NULL,
  conf           TEXT NOT NULL,
  params         TEXT NOT NULL,
  triggered_by   TEXT NOT NULL,
  note           TEXT NOT NULL,
  logical_date   INTEGER,
  interval_start INTEGER,
  interval_end   INTEGER,
  queued_at      INTEGER,
  run_after      INTEGER,
  start_at       INTEGER,
  end_at         INTEGER,
  clear_number   INTEGER NOT NULL DEFAULT 0,
  UNIQUE (dag_id, run_id),
  UNIQUE (dag_id, logical_date)
) STRICT;
CREATE INDEX dag_run_live ON dag_run (state) WHERE state IN ('queued', 'running');

CREATE TABLE task_instance (
  id         INTEGER PRIMARY KEY,
  run        INTEGER NOT NULL REFERENCES dag_run (id) ON DELETE CASCADE,
  task_id    TEXT NOT NULL,
  map_index  INTEGER NOT NULL DEFAULT -1,
  operator   TEXT NOT NULL,
  state      TEXT NOT NULL,
  try_number INTEGER NOT NULL,
  max_tries  INTEGER NOT NULL,
  fence      INTEGER NOT NULL,
  retry_at   INTEGER,
  queued_at  INTEGER,
  start_at   INTEGER,
  end_at     INTEGER,
  error      TEXT NOT NULL DEFAULT '',
  rendered   TEXT NOT NULL DEFAULT '{}',
  handle     TEXT,
  UNIQUE (run, task_id, map_index)
) STRICT;

CREATE TABLE xcom (
  task  INTEGER NOT NULL REFERENCES task_instance (id) ON DELETE CASCADE,
  key   TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (task, key)
) STRICT;

CREATE TABLE event (
  id         INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  kind       TEXT NOT NULL,
  dag_id     TEXT,
  run        INTEGER,
  task       INTEGER,
  try_number INTEGER NOT NULL,
  fence      INTEGER NOT NULL,
  detail     TEXT NOT NULL
) STRICT;
CREATE INDEX event_run ON event (run, id);
)sql";

constexpr std::string_view kPools = R"sql(
CREATE TABLE pool (
  name        TEXT PRIMARY KEY,
  slots       INTEGER NOT NULL,
  description TEXT NOT NULL
) STRICT;
)sql";

constexpr std::array<storage::Migration, 2> kMigrations = {
    {{1, kFirst}, {2, kPools}}
};

}  // namespace

std::span<const storage::Migration> store_migrations() { return kMigrations; }

}  // namespace armature::orchestrator
