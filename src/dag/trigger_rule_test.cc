#include <gtest/gtest.h>

#include "base/files.h"
#include "base/json.h"
#include "dag/dag.h"
#include "dag/plan.h"

namespace armature::dag {
namespace {

constexpr const char* kVerdicts[] = {"wait", "run", "skipped", "upstream_failed"};

TEST(TriggerRule, FollowsTheTables) {
  int cases = 0;
  for (const std::string& name : trigger_rule_names()) {
    const auto rule = trigger_rule_from(name);
    ASSERT_TRUE(rule) << name;
    EXPECT_EQ(to_string(*rule), name);
    const auto text = read_file(std::string(ARMATURE_SOURCE_DIR) + "/tests/cases/trigger_rules/" +
                                name + ".json");
    ASSERT_TRUE(text) << text.error().message;
    const auto table = parse_json(*text);
    ASSERT_TRUE(table) << name;
    for (const Json& row : table->as_array()) {
      SCOPED_TRACE(name + " " + dump(row));
      std::vector<TaskState> upstream;
      for (const Json& state : find(row, "upstream")->as_array()) {
        upstream.push_back(task_state_from(as_text(state)).value());
      }
      EXPECT_EQ(kVerdicts[static_cast<int>(evaluate(*rule, upstream))], text_at(row, "verdict"));
      ++cases;
    }
  }
  EXPECT_GT(cases, 100);
}

TEST(TriggerRule, NeverWaitsOnceAllUpstreamTasksAreDone) {
  constexpr TaskState kDone[] = {TaskState::kSuccess, TaskState::kFailed, TaskState::kSkipped,
                                 TaskState::kUpstreamFailed, TaskState::kRemoved};
  for (const std::string& name : trigger_rule_names()) {
    for (const TaskState a : kDone) {
      for (const TaskState b : kDone) {
        EXPECT_NE(evaluate(*trigger_rule_from(name), {a, b}), Verdict::kWait)
            << name << " " << to_string(a) << " " << to_string(b);
      }
    }
  }
}

TEST(TriggerRule, UnknownNamesAreNone) {
  EXPECT_FALSE(trigger_rule_from("dummy"));
  EXPECT_FALSE(task_state_from("shutdown"));
  EXPECT_FALSE(run_state_from("restarting"));
}

TEST(State, NamesGoBothWays) {
  for (int i = 0; i <= static_cast<int>(TaskState::kRemoved); ++i) {
    const auto state = static_cast<TaskState>(i);
    EXPECT_EQ(task_state_from(to_string(state)), state);
  }
  for (int i = 0; i <= static_cast<int>(RunState::kFailed); ++i) {
    const auto state = static_cast<RunState>(i);
    EXPECT_EQ(run_state_from(to_string(state)), state);
  }
  EXPECT_TRUE(is_finished(TaskState::kUpstreamFailed));
  EXPECT_FALSE(is_finished(TaskState::kUpForRetry));
}

}  // namespace
}  // namespace armature::dag
