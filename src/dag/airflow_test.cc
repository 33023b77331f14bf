// What a real Apache Airflow 3 answered (tests/airflow/run asks it again): the same, row by row.
#include <gtest/gtest.h>

#include <list>

#include "base/files.h"
#include "base/json.h"
#include "base/time.h"
#include "dag/plan.h"
#include "dag/slots.h"
#include "dag/testing.h"
#include "dag/timetable.h"

namespace armature::dag {
namespace {

JsonArray rows_of(const std::string& name) {
  const auto text =
      read_file(std::string(ARMATURE_SOURCE_DIR) + "/tests/cases/airflow/" + name + ".json");
  EXPECT_TRUE(text) << name;
  const auto rows = parse_json(text ? *text : "[]");
  EXPECT_TRUE(rows) << name;
  return rows ? rows->as_array() : JsonArray{};
}

std::optional<Instant> time_at(const Json& row, std::string_view key) {
  const Json* value = find(row, key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  const auto out = from_rfc3339(as_text(*value));
  EXPECT_TRUE(out) << dump(row);
  return out ? std::optional<Instant>(*out) : std::nullopt;
}

double number_at(const Json& row, std::string_view key, double otherwise) {
  const Json* value = find(row, key);
  return value == nullptr || value->is_null() ? otherwise : value->to_number<double>();
}

Micros seconds_of(double seconds) { return Micros(static_cast<std::int64_t>(seconds * 1e6)); }

TEST(Airflow, CronInstants) {
  const JsonArray rows = rows_of("cron");
  EXPECT_GE(rows.size(), 100u);
  for (const Json& row : rows) {
    SCOPED_TRACE(dump(row));
    const auto cron = Cron::parse(text_at(row, "cron"));
    ASSERT_TRUE(cron) << cron.error().message;
    Instant at = *time_at(row, "after");
    for (const Json& expected : find(row, "next")->as_array()) {
      const auto next = cron->next(at, text_at(row, "zone"));
      ASSERT_TRUE(next && *next);
      EXPECT_EQ(to_rfc3339(**next), as_text(expected));
      at = **next;
    }
  }
}

// `first_run` decides what Airflow decides by whether there is a start date.
TEST(Airflow, NextRun) {
  const JsonArray rows = rows_of("next_due");
  EXPECT_GE(rows.size(), 200u);
  for (const Json& row : rows) {
    SCOPED_TRACE(dump(row));
    DagDef dag = testing::make_dag("d", {
                                            {"a", {}}
    });
    dag.schedule.kind = Schedule::Kind::kCron;
    dag.schedule.cron = text_at(row, "cron");
    dag.schedule.timezone = text_at(row, "zone");
    dag.start_date = time_at(row, "start_date");
    dag.end_date = time_at(row, "end_date");
    dag.catchup = find(row, "catchup")->as_bool();
    dag.first_run_latest = dag.start_date.has_value();
    const auto due = next_due(dag, time_at(row, "last"), *time_at(row, "now"));
    ASSERT_TRUE(due) << due.error().message;
    const auto expected = time_at(row, "run_after");
    EXPECT_EQ(*due ? to_rfc3339((*due)->run_after) : "never",
              expected ? to_rfc3339(*expected) : "never");
  }
}

TEST(Airflow, TriggerRules) {
  const JsonArray rows = rows_of("trigger_rules");
  EXPECT_GE(rows.size(), 900u);
  constexpr const char* kVerdicts[] = {"wait", "run", "skipped", "upstream_failed"};
  for (const Json& row : rows) {
    SCOPED_TRACE(dump(row));
    std::vector<TaskState> upstream;
    for (const Json& state : find(row, "upstream")->as_array()) {
      upstream.push_back(task_state_from(as_text(state)).value());
    }
    // There Airflow's run stands still until it is failed as deadlocked; here the task runs.
    if (text_at(row, "rule") == "all_skipped" && dump(row).find("removed") != std::string::npos) {
      continue;
    }
    const auto rule = trigger_rule_from(text_at(row, "rule"));
    ASSERT_TRUE(rule);
    EXPECT_EQ(kVerdicts[static_cast<int>(evaluate(*rule, upstream))], text_at(row, "verdict"));
  }
}

TEST(Airflow, RetryDelay) {
  const JsonArray rows = rows_of("retry_delay");
  EXPECT_GE(rows.size(), 100u);
  const Instant end = *from_rfc3339("2026-04-01T00:00:00Z");
  for (const Json& row : rows) {
    SCOPED_TRACE(dump(row));
    TaskDef task(*TaskId::parse(text_at(row, "task_id")));
    task.retry.retry_delay = seconds_of(number_at(row, "retry_delay", 0));
    task.retry.exponential_backoff = number_at(row, "retry_exponential_backoff", 0);
    task.retry.max_retry_delay = seconds_of(number_at(row, "max_retry_delay", 24 * 3600));
    TaskView view;
    view.try_number = static_cast<int>(number_at(row, "try_number", 0));
    view.max_tries = 1000;
    const std::string key = jitter_key(text_at(row, "dag_id"), text_at(row, "task_id"),
                                       time_at(row, "logical_date"), view.try_number);
    const auto after =
        after_failure(task, view, FailureClass::kTaskFailed, "", {}, std::nullopt, end, key);
    ASSERT_TRUE(after.retry);
    EXPECT_EQ(after.retry_at - end, seconds_of(number_at(row, "wait", 0)));
  }
}

int integer_at(const Json& row, std::string_view key) {
  const Json* value = find(row, key);
  return value == nullptr || value->is_null() ? 0 : static_cast<int>(value->as_int64());
}

TEST(Airflow, TotalWeights) {
  const JsonArray rows = rows_of("weights");
  EXPECT_GE(rows.size(), 60u);
  for (const Json& row : rows) {
    SCOPED_TRACE(dump(row));
    DagDef dag(*DagId::parse("d"));
    for (const Json& one : find(row, "tasks")->as_array()) {
      TaskDef task(*TaskId::parse("t" + std::to_string(dag.tasks.size())));
      task.priority_weight = integer_at(one, "priority_weight");
      task.weight_rule = weight_rule_from(text_at(one, "weight_rule")).value();
      for (const Json& above : find(one, "upstream")->as_array()) {
        task.upstream.push_back(static_cast<std::size_t>(above.as_int64()));
        dag.tasks[task.upstream.back()].downstream.push_back(dag.tasks.size());
      }
      dag.tasks.push_back(std::move(task));
    }
    JsonArray weights;
    for (const int weight : total_weights(dag)) weights.emplace_back(weight);
    EXPECT_EQ(dump(Json(weights)), dump(*find(row, "weights")));
  }
}

// One DAG with its runs, of a row of slots.json.
struct Scene {
  DagDef dag;
  std::vector<std::map<std::string, std::set<ReadyTask>>> ready;  // of each run
};

DagDef dag_of_scene(const Json& spec) {
  DagDef dag(*DagId::parse(text_at(spec, "dag_id")));
  dag.max_active_tasks = integer_at(spec, "max_active_tasks");
  for (const Json& one : find(spec, "tasks")->as_array()) {
    TaskDef task(*TaskId::parse(text_at(one, "task_id")));
    task.pool = text_at(one, "pool");
    task.pool_slots = integer_at(one, "pool_slots");
    task.total_weight = integer_at(one, "weight");
    if (const int most = integer_at(one, "max_active_tis_per_dag"); most > 0) {
      task.max_active_tis_per_dag = most;
    }
    dag.tasks.push_back(std::move(task));
  }
  return dag;
}

TEST(Airflow, WhatStartsAndInWhichOrder) {
  const JsonArray rows = rows_of("slots");
  EXPECT_GE(rows.size(), 150u);
  for (const Json& row : rows) {
    SCOPED_TRACE(dump(row));
    Pools pools;
    for (const auto& entry : find(row, "pools")->as_object()) {
      const std::string name(entry.key());
      pools[name] = Pool{name, static_cast<int>(entry.value().as_int64()), ""};
    }
    std::list<Scene> scenes;  // lanes point into them
    std::vector<Lane> lanes;
    Occupied occupied;
    for (const Json& spec : find(row, "dags")->as_array()) {
      Scene& scene = scenes.emplace_back(Scene{dag_of_scene(spec), {}});
      const JsonArray& runs = find(spec, "runs")->as_array();
      scene.ready.resize(runs.size());
      for (std::size_t r = 0; r < runs.size(); ++r) {
        const int day = integer_at(runs[r], "day");
        const std::int64_t id = day + 100 * static_cast<int>(scenes.size());
        const JsonArray& states = find(runs[r], "states")->as_array();
        for (std::size_t i = 0; i < states.size(); ++i) {
          const TaskDef& task = scene.dag.tasks[i];
          if (states[i] == "running") occupied.start(id, scene.dag, i);
          if (states[i] == "scheduled") scene.ready[r][task.pool].insert({task.total_weight, i});
        }
        for (const auto& [pool, ready] : scene.ready[r]) {
          lanes.push_back({id, from_micros(day * 86'400'000'000LL), &scene.dag, pool, &ready});
        }
      }
    }
    JsonArray started;
    for (const Start& start : choose(lanes, pools, occupied, integer_at(row, "parallelism"))) {
      const Lane& lane = lanes[start.lane];
      started.emplace_back(lane.dag->id.str() + "." + std::to_string(lane.run % 100) + "." +
                           lane.dag->tasks[start.task].id.str());
    }
    EXPECT_EQ(dump(Json(started)), dump(*find(row, "started")));
  }
}

}  // namespace
}  // namespace armature::dag
