#include <gtest/gtest.h>

#include "orchestrator/testing.h"

namespace armature::orchestrator {
namespace {

using Names = std::vector<std::string>;

class PoolsTest : public ::testing::Test {
 protected:
  void start(const std::string& text) {
    bench_.write("d.yaml", text);
    bench_.open();
    trigger("r");
    bench_.step();
  }
  void trigger(const std::string& run_id) {
    Orchestrator::Trigger trigger;
    trigger.run_id = run_id;
    ASSERT_TRUE(bench_.scheduler->trigger("d", trigger));
  }
  std::string held(const std::string& task_id) {
    const auto out = bench_.scheduler->held_by("d", "r", task_id);
    return out ? out->value_or("nothing") : out.error().message;
  }
  // "name=running+waiting/slots", by name.
  std::string pools() {
    std::string out;
    for (const PoolInfo& one : bench_.scheduler->pools()) {
      out += (out.empty() ? "" : " ") + one.pool.name + "=" + std::to_string(one.running_slots) +
             "+" + std::to_string(one.scheduled_slots) + "/" + std::to_string(one.pool.slots);
    }
    return out;
  }

  testing::Bench bench_;
};

constexpr const char* kThree = R"(
dag_id: d
tasks:
  - {task_id: a, operator: work, pool: arm, pool_slots: 2}
  - {task_id: b, operator: work, pool: arm}
  - {task_id: c, operator: work}
)";

TEST_F(PoolsTest, ATaskWaitsForItsPoolAndTheOthersGoOn) {
  bench_.pools = {
      {"arm", 2, "ARM writes"}
  };
  start(kThree);
  EXPECT_EQ(bench_.executor->running(), (Names{"a", "c"}));
  EXPECT_EQ(pools(), "arm=2+1/2 default_pool=1+0/128");
  EXPECT_EQ(held("b"), "pool 'arm' has no open slot");
  EXPECT_EQ(held("a"), "nothing");
  EXPECT_EQ(held("z"), "the run has no task 'z'");
  bench_.executor->succeed("a");
  bench_.step();
  EXPECT_EQ(bench_.executor->running(), (Names{"c", "b"}));
  bench_.open();  // both go on as failed attempts of the server that ended
  bench_.step();
  EXPECT_EQ(bench_.tasks("d", "r"), "a=success b=failed c=failed");
  EXPECT_EQ(pools(), "arm=0+0/2 default_pool=0+0/128");
}

TEST_F(PoolsTest, APoolThatIsMadeLaterLetsItsTasksGo) {
  start(kThree);
  EXPECT_EQ(bench_.tasks("d", "r"), "a=scheduled b=scheduled c=running");
  EXPECT_EQ(held("b"), "there is no pool 'arm'");
  ASSERT_TRUE(bench_.scheduler->put_pool({"arm", 1, ""}));
  bench_.step();
  EXPECT_EQ(bench_.executor->running(), (Names{"c", "b"}));
  EXPECT_EQ(held("a"), "pool 'arm' has no open slot");
  ASSERT_TRUE(bench_.scheduler->put_pool({"arm", dag::kUnlimitedSlots, "no bound"}));
  bench_.step();
  EXPECT_EQ(bench_.executor->running(), (Names{"c", "b", "a"}));
}

TEST_F(PoolsTest, WhatWasSetByHandIsKept) {
  start("dag_id: d\ntasks:\n  - {task_id: a, operator: work}\n");
  ASSERT_TRUE(bench_.scheduler->put_pool({"default_pool", 7, ""}));
  ASSERT_TRUE(bench_.scheduler->put_pool({"gone", 1, ""}));
  ASSERT_TRUE(bench_.scheduler->delete_pool("gone"));
  bench_.pools = {
      {"arm", 3, ""}
  };
  bench_.open();
  EXPECT_EQ(pools(), "arm=0+0/3 default_pool=0+0/7");
}

TEST_F(PoolsTest, WhatIsRefused) {
  bench_.pools = {
      {"arm", 3, ""}
  };
  bench_.open();
  const auto refusal = [](const auto& done) { return done ? "done" : done.error().message; };
  EXPECT_EQ(refusal(bench_.scheduler->put_pool({"arm", 4, ""})),
            "pool 'arm' is set by the server's configuration");
  EXPECT_EQ(refusal(bench_.scheduler->delete_pool("arm")),
            "pool 'arm' is set by the server's configuration");
  EXPECT_EQ(refusal(bench_.scheduler->delete_pool("default_pool")),
            "default_pool cannot be deleted");
  EXPECT_EQ(refusal(bench_.scheduler->delete_pool("nowhere")), "there is no pool 'nowhere'");
  EXPECT_EQ(refusal(bench_.scheduler->put_pool({"", 1, ""})),
            "a pool's name has 1 to 256 characters");
  EXPECT_EQ(refusal(bench_.scheduler->put_pool({"p", -2, ""})),
            "slots: a whole number from 0 to 1,000,000, or -1 for no bound");
}

TEST_F(PoolsTest, OneTaskIsBoundedOverRuns) {
  start(
      "dag_id: d\ntasks:\n  - {task_id: a, operator: work, max_active_tis_per_dag: 1}\n"
      "  - {task_id: b, operator: work}\n");
  trigger("r2");
  bench_.step();
  EXPECT_EQ(bench_.tasks("d", "r2"), "a=scheduled b=running");
  bench_.executor->succeed("a");
  bench_.step();
  EXPECT_EQ(bench_.tasks("d", "r2"), "a=running b=running");
}

// By the weight rule downstream, what many tasks wait for goes first.
TEST_F(PoolsTest, TheLongestWayGoesFirst) {
  bench_.pools = {
      {"default_pool", 1, ""}
  };
  start(R"(
dag_id: d
tasks:
  - {task_id: lone, operator: work}
  - {task_id: first, operator: work}
  - {task_id: second, operator: work, dependencies: [first]}
  - {task_id: heavy, operator: work, priority_weight: 2, weight_rule: absolute}
)");
  EXPECT_EQ(bench_.executor->running(), Names{"first"});
  bench_.executor->succeed("first");
  bench_.step();
  EXPECT_EQ(bench_.executor->running(), Names{"heavy"});
}

TEST_F(PoolsTest, APausedDagIsWhatHolds) {
  start(kThree);
  ASSERT_TRUE(bench_.scheduler->set_paused("d", true));
  EXPECT_EQ(held("b"), "the DAG is paused");
}

}  // namespace
}  // namespace armature::orchestrator
