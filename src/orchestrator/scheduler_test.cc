#include "orchestrator/scheduler.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/time.h"
#include "orchestrator/testing.h"

namespace armature::orchestrator {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Names = std::vector<std::string>;

class SchedulerTest : public ::testing::Test {
 protected:
  testing::Bench bench_;

  testing::FakeExecutor& executor() { return *bench_.executor; }
  // One DAG file, and a run of it that has begun.
  void run(const std::string& yaml, JsonObject conf = {}) {
    bench_.write("d.yaml", yaml);
    bench_.open();
    Orchestrator::Trigger trigger;
    trigger.run_id = "r";
    trigger.conf = std::move(conf);
    const auto made = bench_.scheduler->trigger("d", trigger);
    ASSERT_TRUE(made) << made.error().message;
    bench_.step();
  }
  std::string tasks() const { return bench_.tasks("d", "r"); }
  std::string state() const { return bench_.state("d", "r"); }
};

constexpr const char* kDiamond = R"(
dag_id: d
tasks:
  - {task_id: a, operator: work}
  - {task_id: b, operator: work, dependencies: [a]}
  - {task_id: c, operator: work, dependencies: [a]}
  - {task_id: z, operator: work, dependencies: [b, c]}
)";

TEST_F(SchedulerTest, WalksADiamond) {
  run(kDiamond);
  EXPECT_EQ(state(), "running");
  EXPECT_EQ(executor().running(), Names{"a"});
  EXPECT_EQ(tasks(), "a=running b=none c=none z=none");
  executor().succeed("a");
  bench_.step();
  EXPECT_EQ(executor().running(), (Names{"b", "c"}));
  executor().succeed("c");
  bench_.step();
  EXPECT_EQ(executor().running(), Names{"b"});
  executor().succeed("b");
  bench_.step();
  executor().succeed("z");
  bench_.step();
  EXPECT_EQ(tasks(), "a=success b=success c=success z=success");
  EXPECT_EQ(state(), "success");
  const TaskInfo last = bench_.task("d", "r", "z");
  EXPECT_EQ(last.try_number, 1);
  EXPECT_EQ(last.fence, 1);
  EXPECT_TRUE(last.start && last.end && last.queued_at);
}

TEST_F(SchedulerTest, AFailureReachesTheLeaves) {
  run(kDiamond);
  executor().fail("a", dag::FailureClass::kFatal, "AuthorizationFailed", "no role");
  bench_.step();
  EXPECT_EQ(tasks(), "a=failed b=upstream_failed c=upstream_failed z=upstream_failed");
  EXPECT_EQ(state(), "failed");
  EXPECT_EQ(bench_.task("d", "r", "a").error, "no role");
}

TEST_F(SchedulerTest, RetriesWaitAndCount) {
  run(R"(
dag_id: d
tasks:
  - {task_id: a, operator: work, retries: 1, retry_delay: 30s}
)");
  executor().fail("a");
  const Instant next = bench_.step();
  EXPECT_EQ(tasks(), "a=up_for_retry");
  EXPECT_LE(next, bench_.clock.now() + seconds(30));
  bench_.step_after(seconds(29));
  EXPECT_EQ(tasks(), "a=up_for_retry");
  bench_.step_after(seconds(1));
  EXPECT_EQ(tasks(), "a=running");
  EXPECT_EQ(bench_.task("d", "r", "a").try_number, 2);
  EXPECT_EQ(bench_.task("d", "r", "a").fence, 2);
  executor().fail("a");
  bench_.step();
  EXPECT_EQ(tasks(), "a=failed");
  EXPECT_EQ(state(), "failed");
}

TEST_F(SchedulerTest, OutputsReachTheNextTask) {
  run(R"(
dag_id: d
params:
  env: {type: string, enum: [dev, prod], default: dev}
user_defined_macros:
  name: "app-{{ params.env }}"
tasks:
  - {task_id: a, operator: work, say: "{{ name }}"}
  - {task_id: b, operator: work, dependencies: [a], say: "{{ tasks.a.output.n }}", later: "{{ response }}"}
)",
      {
          {"env", "prod"}
  });
  EXPECT_EQ(executor().jobs.at(0).work.arguments.at("say"), Json("app-prod"));
  executor().succeed("a", Json{
                              {"n", 42}
  });
  bench_.step();
  const Work& work = executor().jobs.at(0).work;
  EXPECT_EQ(work.arguments.at("say"), Json(42));
  EXPECT_EQ(work.arguments.at("later"), Json("{{ response }}")) << "rendered by the operator";
  EXPECT_EQ(text_at(Json(work.context), "ti.task_id"), "b");
  EXPECT_EQ(dump(Json(bench_.task("d", "r", "b").rendered)),
            R"({"say":42,"later":"{{ response }}"})");
}

TEST_F(SchedulerTest, ATemplateThatDoesNotRenderFailsTheTaskAtOnce) {
  run(R"(
dag_id: d
tasks:
  - {task_id: a, operator: work}
  - {task_id: b, operator: work, dependencies: [a], retries: 5, say: "{{ tasks.a.output.missing }}"}
)");
  executor().succeed("a", Json{
                              {"n", 42}
  });
  bench_.step();
  EXPECT_TRUE(executor().running().empty());
  EXPECT_EQ(tasks(), "a=success b=failed");
  EXPECT_EQ(state(), "failed");
  EXPECT_NE(bench_.task("d", "r", "b").error.find("missing"), std::string::npos);
}

TEST_F(SchedulerTest, ConditionsSkip) {
  run(R"(
dag_id: d
params:
  env: {type: string, default: dev}
tasks:
  - {task_id: a, operator: work, run_if: "{{ params.env == 'prod' }}"}
  - {task_id: b, operator: work, dependencies: [a]}
  - {task_id: c, operator: work, dependencies: [a], trigger_rule: none_failed}
)");
  EXPECT_EQ(tasks(), "a=skipped b=skipped c=running");
  EXPECT_EQ(bench_.task("d", "r", "a").try_number, 0) << "a skip is no try";
}

TEST_F(SchedulerTest, AccessIsMadeAfterTheCommitAndEndsWithTheAttempt) {
  run(R"(
dag_id: d
params:
  env: {type: string, enum: [dev, prod], default: dev}
access:
  azure:
    tenant_id: 11111111-1111-1111-1111-111111111111
    identity: "id-{{ params.env }}"
    max_token_ttl: 10m
    roles:
      - {role: Reader, scope: "/subscriptions/00000000-0000-0000-0000-000000000001", tasks: [a]}
tasks:
  - {task_id: a, operator: work}
  - {task_id: b, operator: work}
)");
  ASSERT_EQ(bench_.access->begun.size(), 1u);
  const auto& begun = bench_.access->begun[0];
  EXPECT_EQ(begun.identity, "id-dev");
  EXPECT_EQ(begun.time_to_live, minutes(10));
  ASSERT_EQ(begun.grants.size(), 1u);
  EXPECT_EQ(begun.grants[0].role, "Reader");
  EXPECT_EQ(begun.grants[0].declared_at, "d.yaml:11");
  const auto a = executor().take("a"), b = executor().take("b");
  EXPECT_EQ(a.work.token.reveal(), "token-of-fence-1");
  EXPECT_TRUE(b.work.token.empty());
  a.done({a.work.attempt});
  bench_.step();
  ASSERT_EQ(bench_.access->ended.size(), 1u);
  EXPECT_EQ(bench_.access->ended[0], a.work.attempt);
}

TEST_F(SchedulerTest, ARefusedAccessFailsTheTaskWithoutARetry) {
  bench_.write("d.yaml", R"(
dag_id: d
access:
  azure:
    tenant_id: 11111111-1111-1111-1111-111111111111
    identity: nobody
    roles:
      - {role: Reader, scope: "/subscriptions/00000000-0000-0000-0000-000000000001", tasks: [a]}
tasks:
  - {task_id: a, operator: work, retries: 3}
)");
  bench_.open();
  bench_.access->refusal = fail(Code::kNotFound, "no identity 'nobody'");
  Orchestrator::Trigger trigger;
  trigger.run_id = "r";
  ASSERT_TRUE(bench_.scheduler->trigger("d", trigger));
  bench_.step();
  EXPECT_TRUE(executor().jobs.empty());
  EXPECT_EQ(tasks(), "a=failed");
  EXPECT_EQ(bench_.task("d", "r", "a").error, "no identity 'nobody'");
}

TEST_F(SchedulerTest, SlotsAreKept) {
  bench_.parallelism = 3;
  run(R"(
dag_id: d
max_active_tasks: 2
tasks:
  - {task_id: a, operator: work}
  - {task_id: b, operator: work}
  - {task_id: c, operator: work, priority_weight: 5}
)");
  EXPECT_EQ(executor().running(), (Names{"c", "a"}));
  EXPECT_EQ(tasks(), "a=running b=scheduled c=running");
  Orchestrator::Trigger trigger;
  trigger.run_id = "r2";
  ASSERT_TRUE(bench_.scheduler->trigger("d", trigger));
  bench_.step();
  EXPECT_EQ(bench_.tasks("d", "r2"), "a=scheduled b=scheduled c=running") << "parallelism is 3";
  executor().succeed("a");
  bench_.step();
  EXPECT_EQ(executor().running(), (Names{"c", "c", "b"})) << "the older run goes first";
}

TEST_F(SchedulerTest, RunsWaitForMaxActiveRuns) {
  run("dag_id: d\nmax_active_runs: 1\ntasks:\n  - {task_id: a, operator: work}\n");
  Orchestrator::Trigger trigger;
  trigger.run_id = "r2";
  ASSERT_TRUE(bench_.scheduler->trigger("d", trigger));
  bench_.step();
  EXPECT_EQ(bench_.state("d", "r2"), "queued");
  executor().succeed("a");
  bench_.step();
  EXPECT_EQ(state(), "success");
  EXPECT_EQ(bench_.state("d", "r2"), "running");
}

TEST_F(SchedulerTest, FailFastCancelsWhatRuns) {
  run(R"(
dag_id: d
fail_fast: true
tasks:
  - {task_id: a, operator: work}
  - {task_id: b, operator: work}
  - {task_id: c, operator: work, dependencies: [b]}
)");
  const Attempt b = executor().jobs.at(0).work.attempt;  // c waits for it: it is the heavier
  executor().fail("a");
  bench_.step();
  EXPECT_EQ(tasks(), "a=failed b=failed c=skipped");
  EXPECT_EQ(state(), "failed");
  ASSERT_EQ(executor().cancelled.size(), 1u);
  EXPECT_EQ(executor().cancelled[0], b);
  executor().succeed("b");
  bench_.step();
  EXPECT_EQ(tasks(), "a=failed b=failed c=skipped") << "a late report changes nothing";
}

TEST_F(SchedulerTest, ARunThatTakesTooLongIsStopped) {
  run("dag_id: d\ndagrun_timeout: 1h\ntasks:\n  - {task_id: a, operator: work}\n");
  const Instant next = bench_.step_after(minutes(59));
  EXPECT_LE(next, bench_.clock.now() + minutes(1));
  EXPECT_EQ(state(), "running");
  bench_.step_after(minutes(1));
  EXPECT_EQ(state(), "failed");
  EXPECT_EQ(tasks(), "a=skipped");
  EXPECT_EQ(executor().cancelled.size(), 1u);
  EXPECT_EQ(bench_.task("d", "r", "a").error, "run timed out");
}

TEST_F(SchedulerTest, OutputsAndErrorsAreBoundedAndClean) {
  bench_.log.redactor.add("planted-secret-value");
  run("dag_id: d\ntasks:\n  - {task_id: a, operator: work}\n  - {task_id: b, operator: work}\n"
      "  - {task_id: c, operator: work}\n");
  executor().succeed("a", Json(std::string(kMaxOutputBytes, 'x')));
  executor().succeed("b", Json{
                              {"text", "it is planted-secret-value"}
  });
  executor().fail("c", dag::FailureClass::kTaskFailed, "",
                  "planted-secret-value " + std::string(kMaxErrorBytes, 'y'));
  bench_.step();
  EXPECT_EQ(tasks(), "a=failed b=success c=failed");
  EXPECT_NE(bench_.task("d", "r", "a").error.find("1048578 bytes"), std::string::npos);
  EXPECT_EQ(dump(*bench_.store->xcom("d", "r", "b", "return_value")), R"({"text":"it is ***"})");
  const std::string error = bench_.task("d", "r", "c").error;
  EXPECT_TRUE(error.starts_with("*** yyy"));
  EXPECT_LE(error.size(), kMaxErrorBytes + 8);
}

TEST_F(SchedulerTest, TriggersAreChecked) {
  run("dag_id: d\nparams:\n  env: {type: string, enum: [dev]}\ntasks:\n"
      "  - {task_id: a, operator: work}\n",
      {
          {"env", "dev"}
  });
  const auto trigger = [&](const char* dag, const char* run, JsonObject conf) {
    Orchestrator::Trigger what;
    what.run_id = run;
    what.conf = std::move(conf);
    const auto made = bench_.scheduler->trigger(dag, what);
    return made ? std::string("ok") : std::string(to_string(made.error().code));
  };
  const JsonObject good{
      {"env", "dev"}
  };
  EXPECT_EQ(trigger("nothing", "x", good), to_string(Code::kNotFound));
  EXPECT_EQ(trigger("d", "r", good), to_string(Code::kConflict));
  EXPECT_EQ(trigger("d", "a/b", good), to_string(Code::kInvalid));
  EXPECT_EQ(trigger("d", "x",
                    {
                        {"env", "mars"}
  }),
            to_string(Code::kInvalid));
  EXPECT_EQ(trigger("d", "", good), "ok");
  EXPECT_EQ(trigger("d", "", good), "ok") << "the same instant gets another id";
  bench_.write("d.yaml", "dag_id: d\nnonsense: 1\n");
  bench_.step_after(seconds(2));
  EXPECT_EQ(trigger("d", "y", good), to_string(Code::kConflict)) << "the file has errors";
}

}  // namespace
}  // namespace armature::orchestrator
