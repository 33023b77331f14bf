#include "dag/plan.h"

#include <gtest/gtest.h>

#include "dag/testing.h"

namespace armature::dag {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const Instant kNow = from_micros(1'700'000'000'000'000);

// Actions as a person would say them: "schedule b", "skip c", "finish failed".
std::vector<std::string> said(const DagDef& dag, const std::vector<Action>& actions) {
  std::vector<std::string> out;
  for (const Action& action : actions) {
    const auto task = [&] { return dag.tasks[action.task].id.str(); };
    switch (action.kind) {
      case Action::Kind::kSchedule:
        out.push_back("schedule " + task());
        break;
      case Action::Kind::kSucceed:
        out.push_back("succeed " + task());
        break;
      case Action::Kind::kSkip:
        out.push_back("skip " + task());
        break;
      case Action::Kind::kUpstreamFail:
        out.push_back("upstream_fail " + task());
        break;
      case Action::Kind::kFailTask:
        out.push_back("fail " + task());
        break;
      case Action::Kind::kFinishRun:
        out.push_back("finish " + std::string(to_string(action.run_state)));
        break;
    }
  }
  return out;
}

RunView view(const DagDef& dag, const std::vector<TaskState>& states) {
  RunView out{dag, RunState::kRunning, kNow, {}};
  for (const TaskState state : states) out.tasks.push_back({state, 0, 1, std::nullopt});
  return out;
}

using Said = std::vector<std::string>;
constexpr auto kNone = TaskState::kNone;
constexpr auto kSuccess = TaskState::kSuccess;
constexpr auto kFailed = TaskState::kFailed;
constexpr auto kRunning = TaskState::kRunning;

DagDef diamond() {
  return testing::make_dag("d", {
                                    {"a", {}        },
                                    {"b", {"a"}     },
                                    {"c", {"a"}     },
                                    {"d", {"b", "c"}}
  });
}

TEST(Plan, WalksADiamond) {
  const DagDef dag = diamond();
  const auto step = [&](std::vector<TaskState> states) {
    return said(dag, plan(view(dag, states), kNow));
  };
  EXPECT_EQ(step({kNone, kNone, kNone, kNone}), (Said{"schedule a"}));
  EXPECT_EQ(step({TaskState::kScheduled, kNone, kNone, kNone}), Said{});
  EXPECT_EQ(step({kRunning, kNone, kNone, kNone}), Said{});
  EXPECT_EQ(step({kSuccess, kNone, kNone, kNone}), (Said{"schedule b", "schedule c"}));
  EXPECT_EQ(step({kSuccess, kSuccess, kRunning, kNone}), Said{});
  EXPECT_EQ(step({kSuccess, kSuccess, kSuccess, kNone}), (Said{"schedule d"}));
  EXPECT_EQ(step({kSuccess, kSuccess, kSuccess, kSuccess}), (Said{"finish success"}));
  EXPECT_EQ(step({kSuccess, kFailed, kRunning, kNone}), (Said{"upstream_fail d"}));
  EXPECT_EQ(step({kSuccess, kFailed, kSuccess, kNone}), (Said{"upstream_fail d", "finish failed"}));
}

TEST(Plan, WhatDoesNothingIsDoneInTheStepInWhichItsTurnComes) {
  DagDef dag = diamond();
  for (TaskDef& task : dag.tasks) task.instant = task.id.str() != "c";
  const auto step = [&](std::vector<TaskState> states) {
    return said(dag, plan(view(dag, states), kNow));
  };
  EXPECT_EQ(step({kNone, kNone, kNone, kNone}), (Said{"succeed a", "succeed b", "schedule c"}));
  EXPECT_EQ(step({kSuccess, kSuccess, kSuccess, kNone}), (Said{"succeed d", "finish success"}));
  EXPECT_EQ(step({kSuccess, kSuccess, kFailed, kNone}), (Said{"upstream_fail d", "finish failed"}));
  dag.tasks[1].skip_if = "{{ true }}";
  EXPECT_EQ(step({kSuccess, kNone, kRunning, kNone}), (Said{"schedule b"}))
      << "its condition is to be rendered first";
}

TEST(Plan, SkipsAndFailuresTravelInOneStep) {
  const DagDef dag = testing::make_dag("d", {
                                                {"a", {}   },
                                                {"b", {"a"}},
                                                {"c", {"b"}}
  });
  EXPECT_EQ(said(dag, plan(view(dag, {TaskState::kSkipped, kNone, kNone}), kNow)),
            (Said{"skip b", "skip c", "finish success"}));
  EXPECT_EQ(said(dag, plan(view(dag, {kFailed, kNone, kNone}), kNow)),
            (Said{"upstream_fail b", "upstream_fail c", "finish failed"}));
}

TEST(Plan, AFailureThatALeafForgivesIsASuccess) {
  DagDef dag = testing::make_dag("d", {
                                          {"a",     {}   },
                                          {"clean", {"a"}}
  });
  dag.tasks[1].trigger_rule = TriggerRule::kAllDone;
  EXPECT_EQ(said(dag, plan(view(dag, {kFailed, kNone}), kNow)), (Said{"schedule clean"}));
  EXPECT_EQ(said(dag, plan(view(dag, {kFailed, kSuccess}), kNow)), (Said{"finish success"}));
}

TEST(Plan, OnlyARunningRunMoves) {
  const DagDef dag = diamond();
  RunView run = view(dag, {kNone, kNone, kNone, kNone});
  for (const RunState state : {RunState::kQueued, RunState::kSuccess, RunState::kFailed}) {
    run.state = state;
    EXPECT_TRUE(plan(run, kNow).empty());
    EXPECT_FALSE(next_wake(run, kNow));
  }
}

TEST(Plan, ARunWithoutTasksSucceeds) {
  const DagDef dag = testing::make_dag("d", {});
  EXPECT_EQ(said(dag, plan(view(dag, {}), kNow)), (Said{"finish success"}));
}

TEST(Plan, FailFastStopsTheRest) {
  DagDef dag = testing::make_dag("d", {
                                          {"a", {}   },
                                          {"b", {}   },
                                          {"c", {}   },
                                          {"d", {"c"}}
  });
  dag.fail_fast = true;
  const auto actions = plan(view(dag, {kFailed, kRunning, TaskState::kUpForRetry, kNone}), kNow);
  EXPECT_EQ(said(dag, actions), (Said{"fail b", "skip c", "skip d", "finish failed"}));
  EXPECT_EQ(actions[0].reason, "fail_fast: task a failed");
}

TEST(Plan, ATimedOutRunFailsAndSkipsTheRest) {
  DagDef dag = diamond();
  dag.dagrun_timeout = hours(1);
  const RunView run = view(dag, {kSuccess, kRunning, kNone, kNone});
  EXPECT_EQ(said(dag, plan(run, kNow + hours(1) - Micros(1))), (Said{"schedule c"}));
  EXPECT_EQ(next_wake(run, kNow), kNow + hours(1));
  EXPECT_EQ(said(dag, plan(run, kNow + hours(1))),
            (Said{"skip b", "skip c", "skip d", "finish failed"}));
  EXPECT_FALSE(next_wake(run, kNow + hours(1)));
}

TEST(Plan, ARetryWaitsForItsTime) {
  const DagDef dag = testing::make_dag("d", {
                                                {"a", {}},
                                                {"b", {}}
  });
  RunView run = view(dag, {TaskState::kUpForRetry, TaskState::kUpForRetry});
  run.tasks[0].retry_at = kNow + seconds(30);
  run.tasks[1].retry_at = kNow + seconds(20);
  EXPECT_TRUE(plan(run, kNow).empty());
  EXPECT_EQ(next_wake(run, kNow), kNow + seconds(20));
  EXPECT_EQ(said(dag, plan(run, kNow + seconds(20))), (Said{"schedule b"}));
  EXPECT_EQ(next_wake(run, kNow + seconds(20)), kNow + seconds(30));
}

TaskDef retrying(int retries) {
  TaskDef task(*TaskId::parse("t"));
  task.retry.retries = retries;
  task.retry.retry_delay = seconds(20);
  return task;
}

AfterFailure after(const TaskDef& task, int try_number,
                   FailureClass kind = FailureClass::kTaskFailed, const std::string& code = "",
                   const std::vector<std::string>& own = {},
                   std::optional<Micros> asked = std::nullopt) {
  const TaskView seen{TaskState::kRunning, try_number, task.retry.retries + 1, std::nullopt};
  return after_failure(task, seen, kind, code, own, asked, kNow,
                       "d#t#" + std::to_string(try_number));
}

TEST(AfterFailure, CountsTries) {
  EXPECT_FALSE(after(retrying(0), 1).retry);
  EXPECT_EQ(after(retrying(0), 1).why, "no retries are set");
  EXPECT_TRUE(after(retrying(2), 1).retry);
  EXPECT_EQ(after(retrying(2), 2).retry_at, kNow + seconds(20));
  EXPECT_FALSE(after(retrying(2), 3).retry);
  EXPECT_EQ(after(retrying(2), 3).why, "no retries left");
}

TEST(AfterFailure, AsksRetryOn) {
  TaskDef task = retrying(3);
  EXPECT_FALSE(after(task, 1, FailureClass::kFatal).retry);
  EXPECT_TRUE(after(task, 1, FailureClass::kThrottled, "", {"throttled"}).retry);
  EXPECT_FALSE(after(task, 1, FailureClass::kTaskFailed, "", {"throttled"}).retry);
  task.retry.retry_on = std::vector<std::string>{"PrincipalNotFound", "throttled"};
  EXPECT_TRUE(after(task, 1, FailureClass::kTaskFailed, "PrincipalNotFound", {"network"}).retry);
  EXPECT_FALSE(after(task, 1, FailureClass::kNetwork, "", {"network"}).retry);
  const auto denied = after(task, 1, FailureClass::kTaskFailed, "AuthorizationFailed");
  EXPECT_FALSE(denied.retry);
  EXPECT_EQ(denied.why, "AuthorizationFailed is not in retry_on");
  task.retry.retry_on = std::vector<std::string>{};
  EXPECT_FALSE(after(task, 1).retry);
}

TEST(AfterFailure, BacksOffWithinAirflowsBounds) {
  TaskDef task = retrying(60);
  task.retry.exponential_backoff = 2;
  task.retry.max_retry_delay = hours(24);
  for (int n = 1; n <= 12; ++n) {
    const auto least = seconds(20 * (1 << (n - 1)));
    const Micros delay = after(task, n).retry_at - kNow;
    EXPECT_GE(delay, least) << n;
    EXPECT_LT(delay, 2 * least) << n;
    EXPECT_EQ(delay, after(task, n).retry_at - kNow) << "the same failure waits the same time";
  }
  EXPECT_EQ(after(task, 50).retry_at, kNow + hours(24));
  task.retry.max_retry_delay = seconds(300);
  EXPECT_EQ(after(task, 10).retry_at, kNow + seconds(300));
  task.retry.exponential_backoff = 1;
  EXPECT_EQ(after(task, 10).retry_at, kNow + seconds(20));
  task.retry.exponential_backoff = 1.5;
  task.retry.retry_delay = Micros(100'000);
  EXPECT_EQ(after(task, 1).retry_at, kNow + seconds(1));
}

TEST(AfterFailure, TheServersWordWins) {
  const TaskDef task = retrying(1);
  const auto asked = [&](Micros delay) {
    return after(task, 1, FailureClass::kThrottled, "", {}, delay).retry_at - kNow;
  };
  EXPECT_EQ(asked(seconds(90)), seconds(90));
  EXPECT_EQ(asked(seconds(5)), seconds(20));
  EXPECT_EQ(asked(hours(1000)), hours(24));
}

}  // namespace
}  // namespace armature::dag
