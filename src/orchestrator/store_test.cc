#include "orchestrator/store.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "storage/testing.h"

namespace armature::orchestrator {
namespace {

using dag::RunState;
using dag::TaskState;

class StoreTest : public ::testing::Test {
 protected:
  armature::testing::TempDatabase database_;
  armature::testing::FakeClock clock_;
  std::unique_ptr<Store> store_ = *Store::open(*database_, clock_);

  RunRow make_run(const std::string& run_id, std::optional<Instant> logical = std::nullopt) {
    RunRow row;
    row.info.dag_id = "etl";
    row.info.run_id = run_id;
    row.info.run_type = "manual";
    row.info.dag_version = "v1";
    row.info.logical_date = logical;
    row.info.run_after = clock_.now();
    row.info.conf["n"] = 3;
    for (const char* id : {"a", "b"}) {
      TaskRow task;
      task.task_id = id;
      task.operator_name = "work";
      task.max_tries = 2;
      row.tasks.push_back(task);
    }
    return row;
  }
  static TaskChange to(const TaskRow& before, TaskState state) {
    TaskChange out{before, before, std::string(dag::to_string(state))};
    out.after.state = state;
    return out;
  }
  std::int64_t count(const std::string& sql) {
    return *database_->read_value<std::int64_t>(
        [&](storage::Connection& connection) -> Result<std::int64_t> {
          auto row = connection.prepare(sql);
          row.step();
          return row.integer(0);
        });
  }
};

TEST_F(StoreTest, ARunComesBackAsItWasMade) {
  const auto made = store_->create_run(make_run("r1", clock_.now()));
  ASSERT_TRUE(made) << made.error().message;
  const auto rows = store_->live_runs();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  const RunRow& row = rows->front();
  EXPECT_EQ(row.id, made->id);
  EXPECT_EQ(row.info.run_id, "r1");
  EXPECT_EQ(row.info.logical_date, clock_.now());
  EXPECT_EQ(dump(row.info.conf), R"({"n":3})");
  ASSERT_EQ(row.tasks.size(), 2u);
  EXPECT_EQ(row.tasks[1].task_id, "b");
  EXPECT_EQ(row.tasks[1].max_tries, 2);
  EXPECT_EQ(row.tasks[1].state, TaskState::kNone);
}

TEST_F(StoreTest, RunIdAndLogicalDateAreTakenOnce) {
  ASSERT_TRUE(store_->create_run(make_run("r1", clock_.now())));
  EXPECT_EQ(store_->create_run(make_run("r1")).error().code, Code::kConflict);
  const auto same_date = store_->create_run(make_run("r2", clock_.now()));
  EXPECT_EQ(same_date.error().code, Code::kConflict);
  EXPECT_EQ(same_date.error().message, "run 'r1' has this logical date");
  EXPECT_TRUE(store_->create_run(make_run("r3")));
  EXPECT_TRUE(store_->create_run(make_run("r4"))) << "many runs have no logical date";
}

TEST_F(StoreTest, AChangeIsACompareAndSet) {
  const RunRow run = *store_->create_run(make_run("r1"));
  Changes changes;
  changes.tasks.push_back(to(run.tasks[0], TaskState::kScheduled));
  ASSERT_TRUE(store_->apply(changes));
  EXPECT_EQ(store_->apply(changes).error().code, Code::kConflict) << "no longer none";

  TaskRow now = changes.tasks[0].after;
  TaskChange stale = to(now, TaskState::kQueued);
  stale.before.fence = 7;
  EXPECT_EQ(store_->apply({{stale}, {}}).error().code, Code::kConflict);
  stale.before.fence = 0;
  stale.before.try_number = 1;
  EXPECT_EQ(store_->apply({{stale}, {}}).error().code, Code::kConflict);
}

TEST_F(StoreTest, OneStaleChangeUndoesTheWholeSet) {
  const RunRow run = *store_->create_run(make_run("r1"));
  const auto events = count("SELECT count(*) FROM event");
  TaskChange good = to(run.tasks[0], TaskState::kScheduled);
  TaskChange stale = to(run.tasks[1], TaskState::kSuccess);
  stale.before.state = TaskState::kRunning;
  EXPECT_FALSE(store_->apply({
      {good,    stale},
      {       }
  }));
  EXPECT_EQ(store_->run_row("etl", "r1")->tasks[0].state, TaskState::kNone);
  EXPECT_EQ(count("SELECT count(*) FROM event"), events);
  ASSERT_TRUE(store_->apply({{good}, {}}));
  EXPECT_EQ(count("SELECT count(*) FROM event WHERE kind = 'scheduled'"), 1);

  RunChange run_change{run.id, RunState::kRunning, run.info, "success"};
  run_change.after.state = RunState::kSuccess;
  EXPECT_EQ(store_->apply({{}, {run_change}}).error().code, Code::kConflict) << "it is queued";
}

TEST_F(StoreTest, AHandleIsSavedByTheCurrentAttemptOnly) {
  const RunRow run = *store_->create_run(make_run("r1"));
  const Attempt attempt{
      {*DagId::parse("etl"), *RunId::parse("r1"), *TaskId::parse("a"), -1},
      1, 1
  };
  const Json handle = {
      {"operation", "https://example.test/op/1"}
  };
  EXPECT_EQ(store_->save(attempt, handle).error().code, Code::kConflict) << "not running yet";
  TaskChange start = to(run.tasks[0], TaskState::kRunning);
  start.after.try_number = 1;
  start.after.fence = 1;
  ASSERT_TRUE(store_->apply({{start}, {}}));
  ASSERT_TRUE(store_->save(attempt, handle));
  EXPECT_EQ(*store_->handle(run.tasks[0].id), handle);

  TaskChange again = to(start.after, TaskState::kRunning);
  again.after.fence = 2;
  ASSERT_TRUE(store_->apply({{again}, {}}));
  EXPECT_EQ(store_->save(attempt, Json("late")).error().code, Code::kConflict);
  EXPECT_EQ(*store_->handle(run.tasks[0].id), handle);

  TaskChange cleared = to(again.after, TaskState::kNone);
  cleared.forget = true;
  ASSERT_TRUE(store_->apply({{cleared}, {}}));
  EXPECT_TRUE(store_->handle(run.tasks[0].id)->is_null());
}

TEST_F(StoreTest, OutputsAndRenderingsAreKept) {
  const RunRow run = *store_->create_run(make_run("r1"));
  TaskChange done = to(run.tasks[0], TaskState::kSuccess);
  done.output = Json{
      {"id", 7}
  };
  done.rendered = JsonObject{
      {"say", "hello"}
  };
  ASSERT_TRUE(store_->apply({{done}, {}}));
  EXPECT_EQ(dump(*store_->xcom("etl", "r1", "a", "return_value")), R"({"id":7})");
  EXPECT_EQ(store_->xcom("etl", "r1", "b", "return_value").error().code, Code::kNotFound);
  EXPECT_EQ(store_->xcom("etl", "r9", "a", "return_value").error().code, Code::kNotFound);
  EXPECT_EQ(store_->outputs(run.id)->size(), 1u);
  EXPECT_EQ(dump(Json(store_->task_instances("etl", "r1")->front().rendered)),
            R"({"say":"hello"})");
}

TEST_F(StoreTest, RunsArePagedNewestFirst) {
  for (const char* id : {"r1", "r2", "r3"}) ASSERT_TRUE(store_->create_run(make_run(id)));
  const auto page = store_->runs({"etl", "queued", 2, 0});
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_EQ(page->total, 3);
  ASSERT_EQ(page->runs.size(), 2u);
  EXPECT_EQ(page->runs[0].run_id, "r3");
  EXPECT_EQ(store_->runs({"~", "", 10, 2})->runs.size(), 1u);
  EXPECT_EQ(store_->runs({"other", "", 10, 0})->total, 0);
  EXPECT_EQ(store_->runs({"", "failed", 10, 0})->total, 0);
}

TEST_F(StoreTest, DagsKeepTheirVersionsAndSchedule) {
  dag::DagDef dag(*DagId::parse("etl"));
  dag.file = "etl.yaml";
  dag.source = "dag_id: etl";
  dag.version = "v1";
  ASSERT_TRUE(store_->put_dag(dag, true));
  dag.version = "v2";
  dag.source = "dag_id: etl # 2";
  ASSERT_TRUE(store_->put_dag(dag, false)) << "paused is of the first time only";
  ASSERT_TRUE(store_->set_next_run("etl", "key", clock_.now()));
  store_.reset();
  database_.reopen();
  store_ = *Store::open(*database_, clock_);
  const auto rows = store_->dags();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1u);
  EXPECT_TRUE(rows->front().paused);
  EXPECT_EQ(rows->front().source, "dag_id: etl # 2");
  EXPECT_EQ(rows->front().next_run_after, clock_.now());
  EXPECT_EQ(store_->version("etl", "v1")->source, "dag_id: etl");
  EXPECT_EQ(store_->version("etl", "v3").error().code, Code::kNotFound);
}

}  // namespace
}  // namespace armature::orchestrator
