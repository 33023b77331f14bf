// Schedules, pausing, clearing, and what a restart makes of it all.
#include <gtest/gtest.h>

#include "base/time.h"
#include "orchestrator/scheduler.h"
#include "orchestrator/testing.h"

namespace armature::orchestrator {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

class SchedulerRunsTest : public ::testing::Test {
 protected:
  testing::Bench bench_;

  testing::FakeExecutor& executor() { return *bench_.executor; }
  void open(const std::string& yaml) {
    bench_.write("d.yaml", yaml);
    bench_.open();
    bench_.step();
  }
  void trigger(const std::string& run_id = "r") {
    Orchestrator::Trigger what;
    what.run_id = run_id;
    const auto made = bench_.scheduler->trigger("d", what);
    ASSERT_TRUE(made) << made.error().message;
    bench_.step();
  }
  Names runs() {
    Names out;
    const auto page = bench_.store->runs({"d", "", 100, 0});
    for (const RunInfo& run : page->runs) out.push_back(run.run_id);
    return out;
  }
  // Ends as kill -9 does: nothing is told, the files are opened again.
  void crash_and_restart() {
    bench_.scheduler.reset();
    bench_.store.reset();
    bench_.database.reopen();
    bench_.open();
    bench_.step();
  }
  Names cleared(const Orchestrator::Clear& what) {
    const auto out = bench_.scheduler->clear("d", "r", what);
    Names ids;
    if (!out) return {out.error().message};
    for (const TaskInfo& task : *out) ids.push_back(task.task_id);
    return ids;
  }
};

std::string scheduled_dag(const std::string& more) {
  return "dag_id: d\nschedule: '0 * * * *'\n" + more + "tasks:\n  - {task_id: a, operator: work}\n";
}

TEST_F(SchedulerRunsTest, ACronScheduleMakesRuns) {
  bench_.clock.set(*from_rfc3339("2026-01-01T00:10:00Z"));
  open(scheduled_dag(""));
  EXPECT_TRUE(runs().empty());
  EXPECT_EQ(bench_.scheduler->dag("d")->next_run_after, *from_rfc3339("2026-01-01T01:00:00Z"));
  bench_.step_after(minutes(50));
  EXPECT_EQ(runs(), Names{"scheduled__2026-01-01T01:00:00+00:00"});
  EXPECT_EQ(executor().running(), Names{"a"});
  EXPECT_EQ(text_at(Json(executor().jobs[0].work.context), "ds_nodash"), "20260101");
  EXPECT_EQ(text_at(Json(executor().jobs[0].work.context), "ts_nodash"), "20260101T010000");
  bench_.step();
  EXPECT_EQ(runs().size(), 1u);
  bench_.step_after(hours(1));
  EXPECT_EQ(runs().front(), "scheduled__2026-01-01T02:00:00+00:00");
}

TEST_F(SchedulerRunsTest, TicksMissedWhileTheServerWasDownLeaveTheFirstAndTheLatest) {
  bench_.clock.set(*from_rfc3339("2026-01-01T00:10:00Z"));
  open(scheduled_dag(""));
  bench_.clock.advance(hours(5));
  crash_and_restart();
  EXPECT_EQ(runs(), (Names{"scheduled__2026-01-01T05:00:00+00:00",
                           "scheduled__2026-01-01T01:00:00+00:00"}));
  EXPECT_EQ(*bench_.scheduler->dag("d")->next_run_after, *from_rfc3339("2026-01-01T06:00:00Z"));
}

TEST_F(SchedulerRunsTest, CatchupStaysWithinMaxActiveRuns) {
  bench_.clock.set(*from_rfc3339("2026-01-02T00:10:00Z"));
  open(scheduled_dag("start_date: 2026-01-01\ncatchup: true\nmax_active_runs: 3\n"));
  EXPECT_EQ(runs().size(), 3u);
  EXPECT_EQ(runs().back(), "scheduled__2026-01-01T00:00:00+00:00");
  executor().succeed("a");
  bench_.step();
  bench_.step();
  EXPECT_EQ(runs().size(), 4u);
}

TEST_F(SchedulerRunsTest, OnceIsOnceAcrossRestarts) {
  open("dag_id: d\nschedule: '@once'\ntasks:\n  - {task_id: a, operator: work}\n");
  EXPECT_EQ(runs().size(), 1u);
  crash_and_restart();
  EXPECT_EQ(runs().size(), 1u);
}

TEST_F(SchedulerRunsTest, APausedDagStartsNothing) {
  bench_.clock.set(*from_rfc3339("2026-01-01T00:10:00Z"));
  open(scheduled_dag("is_paused_upon_creation: true\n"));
  EXPECT_TRUE(bench_.scheduler->dag("d")->paused);
  trigger();
  bench_.step_after(hours(3));
  EXPECT_EQ(runs(), Names{"r"});
  EXPECT_EQ(bench_.state("d", "r"), "queued");
  crash_and_restart();
  EXPECT_TRUE(bench_.scheduler->dag("d")->paused) << "kept";
  ASSERT_TRUE(bench_.scheduler->set_paused("d", false));
  bench_.step();
  EXPECT_EQ(bench_.state("d", "r"), "running");
  EXPECT_EQ(runs(), Names{"r"}) << "ticks of the pause stay undone";
  bench_.step_after(minutes(50));
  EXPECT_EQ(runs().front(), "scheduled__2026-01-01T04:00:00+00:00");
  EXPECT_EQ(bench_.scheduler->set_paused("x", true).error().code, Code::kNotFound);
}

constexpr const char* kMixed = R"(
dag_id: d
tasks:
  - {task_id: cloudy, operator: cloud}
  - {task_id: local, operator: work, retries: 1, retry_delay: 10s}
  - {task_id: fragile, operator: work}
  - {task_id: last, operator: work, dependencies: [cloudy], trigger_rule: all_done}
)";

TEST_F(SchedulerRunsTest, ARestartGoesOn) {
  open(kMixed);
  trigger();
  const auto before = executor().take("cloudy");
  ASSERT_TRUE(bench_.store->save(before.work.attempt, Json{
                                                          {"operation", "op-1"}
  }));
  crash_and_restart();
  EXPECT_EQ(executor().running(), Names{"cloudy"});
  const Work& work = executor().jobs[0].work;
  EXPECT_EQ(work.attempt.try_number, 1) << "the same try";
  EXPECT_EQ(work.attempt.fence, before.work.attempt.fence + 1);
  EXPECT_EQ(text_at(work.saved_handle, "operation"), "op-1");
  EXPECT_EQ(bench_.tasks("d", "r"), "cloudy=running local=up_for_retry fragile=failed last=none");
  EXPECT_EQ(bench_.task("d", "r", "fragile").error, "server stopped while the task was running");
  EXPECT_FALSE(bench_.store->save(before.work.attempt, Json("stale")));

  executor().succeed("cloudy");
  bench_.step_after(seconds(10));
  EXPECT_EQ(executor().running(), (Names{"local", "last"}));
  EXPECT_EQ(bench_.task("d", "r", "local").try_number, 2);
}

TEST_F(SchedulerRunsTest, ARetryGetsTheHandleOfTheTryBefore) {
  open("dag_id: d\ntasks:\n  - {task_id: a, operator: cloud, retries: 1, retry_delay: 1s}\n");
  trigger();
  ASSERT_TRUE(bench_.store->save(executor().jobs[0].work.attempt, Json("op-7")));
  executor().fail("a", dag::FailureClass::kServerError);
  bench_.step();
  bench_.step_after(seconds(1));
  EXPECT_EQ(executor().jobs.at(0).work.saved_handle, Json("op-7"));
  EXPECT_EQ(executor().jobs.at(0).work.attempt.try_number, 2);
}

TEST_F(SchedulerRunsTest, ARunKeepsTheVersionItBeganWith) {
  open(kMixed);
  trigger();
  bench_.write("d.yaml", "dag_id: d\ntasks:\n  - {task_id: other, operator: work}\n");
  bench_.step_after(seconds(2));
  executor().succeed("cloudy");
  crash_and_restart();
  EXPECT_EQ(bench_.tasks("d", "r").substr(0, 7), "cloudy=");
  trigger("r2");
  EXPECT_EQ(bench_.tasks("d", "r2"), "other=running");
  EXPECT_NE(bench_.store->run("d", "r")->dag_version, bench_.store->run("d", "r2")->dag_version);
}

TEST_F(SchedulerRunsTest, StopKeepsWhatEndedWellAndLeavesTheRest) {
  open(kMixed);
  trigger();
  executor().succeed("local");
  executor().fail("fragile", dag::FailureClass::kTaskFailed, "", "cancelled");
  bench_.scheduler->stop();
  EXPECT_TRUE(executor().stopped);
  EXPECT_EQ(bench_.tasks("d", "r"), "cloudy=running local=success fragile=running last=none");
}

constexpr const char* kChain = R"(
dag_id: d
tasks:
  - {task_id: a, operator: work, retries: 2, retry_delay: 1s}
  - {task_id: b, operator: work, dependencies: [a]}
  - {task_id: c, operator: work, dependencies: [b]}
)";

TEST_F(SchedulerRunsTest, ClearRunsAgainFromATask) {
  open(kChain);
  trigger();
  executor().succeed("a", Json(1));
  bench_.step();
  executor().fail("b");
  bench_.step();
  EXPECT_EQ(bench_.state("d", "r"), "failed");

  Orchestrator::Clear what;
  what.only_failed = true;
  what.dry_run = true;
  EXPECT_EQ(cleared(what), (Names{"b", "c"}));
  EXPECT_EQ(bench_.state("d", "r"), "failed") << "a dry run changes nothing";
  EXPECT_TRUE(bench_.access->cleared_tasks.empty());
  what.dry_run = false;
  EXPECT_EQ(cleared(what), (Names{"b", "c"}));
  EXPECT_EQ(bench_.access->cleared_tasks.size(), 2u) << "what they left in doubt may be sent again";
  bench_.step();
  EXPECT_EQ(bench_.state("d", "r"), "running");
  EXPECT_EQ(bench_.tasks("d", "r"), "a=success b=running c=none");
  EXPECT_EQ(bench_.task("d", "r", "b").try_number, 2);
  EXPECT_EQ(bench_.task("d", "r", "b").fence, 3) << "one for the clear, one for the attempt";
  executor().succeed("b");
  bench_.step();
  executor().succeed("c");
  bench_.step();
  EXPECT_EQ(bench_.state("d", "r"), "success");

  what = {};
  what.task_ids = {"a"};
  what.downstream = false;
  EXPECT_EQ(cleared(what), Names{"a"});
  EXPECT_EQ(bench_.task("d", "r", "a").max_tries, 3) << "one try made, two retries more";
  EXPECT_FALSE(bench_.store->xcom("d", "r", "a", "return_value"));
  what.task_ids = {"nothing"};
  EXPECT_EQ(cleared(what), Names{"the run has no task 'nothing'"});
}

TEST_F(SchedulerRunsTest, ClearingARunningTaskEndsItsAttempt) {
  open(kChain);
  trigger();
  const Attempt old = executor().jobs[0].work.attempt;
  EXPECT_EQ(cleared({}), Names{"a"});
  ASSERT_EQ(executor().cancelled, std::vector<Attempt>{old});
  EXPECT_EQ(bench_.access->ended, std::vector<Attempt>{old});
  bench_.step();
  ASSERT_EQ(executor().jobs.size(), 2u);
  const Attempt fresh = executor().jobs[1].work.attempt;
  EXPECT_GT(fresh.fence, old.fence);
  executor().succeed("a");  // the old one reports late
  bench_.step();
  EXPECT_EQ(bench_.tasks("d", "r"), "a=running b=none c=none");
  executor().succeed("a");
  bench_.step();
  EXPECT_EQ(bench_.tasks("d", "r"), "a=success b=running c=none");
}

TEST_F(SchedulerRunsTest, TheThreadDoesWhatStepDoes) {
  bench_.write("d.yaml", "dag_id: d\ntasks:\n  - {task_id: a, operator: work}\n");
  bench_.open();
  bench_.scheduler->start();
  Orchestrator::Trigger what;
  what.run_id = "r";
  ASSERT_TRUE(bench_.scheduler->trigger("d", what));
  bench_.scheduler->stop();
  const std::string state = bench_.state("d", "r");
  EXPECT_TRUE(state == "queued" || state == "running") << state;
}

}  // namespace
}  // namespace armature::orchestrator
