#include "orchestrator/preview.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/time.h"
#include "orchestrator/orchestrator.h"

namespace armature::orchestrator {
namespace {

Instant instant(const char* text) {
  const auto out = from_rfc3339(text);
  EXPECT_TRUE(out) << text;
  return out ? *out : Instant{};
}

const Instant kNow = instant("2026-03-01T12:00:00Z");

dag::DagDef dag_of(const std::string& text) {
  dag::Loaded loaded = dag::load(text, "dags/f.yaml", operator_specs());
  for (const dag::Diagnostic& one : loaded.diagnostics) ADD_FAILURE() << dag::to_text(one);
  return loaded.dags.at(0);
}

const dag::OperatorSpec& spec_of(const dag::TaskDef& task) {
  return *std::ranges::find(operator_specs(), task.operator_name, &dag::OperatorSpec::name);
}

TaskPreview look(const dag::DagDef& dag, const std::string& task_id, JsonObject conf = {},
                 std::optional<Instant> date = std::nullopt) {
  const auto run = sketch_run(dag, {std::move(conf), date, kNow});
  EXPECT_TRUE(run) << run.error().message;
  const Redactor redactor;
  const auto index = static_cast<std::size_t>(dag.find(task_id) - dag.tasks.data());
  return preview(dag, *run, index, spec_of(dag.tasks[index]), redactor);
}

constexpr const char* kHead = "dag_id: d\nschedule: null\n";

TEST(Preview, EachFieldAsTheRunWouldSeeIt) {
  const struct {
    const char *field, *value;
    bool unknown, error;
  } kTable[] = {
      {"echo hi",                                  "echo hi",                             false, false},
      {"echo {{ params.env }}",                    "echo dev",                            false, false},
      {"echo {{ rg }}",                            "echo rg-dev",                         false, false},
      {"{{ run_id }} {{ try_number }}",            "manual__2026-03-01T12:00:00+00:00 1", false, false},
      {"echo {{ tasks.up.output }}",               "echo {{ tasks.up.output }}",          true,  false},
      {"{{ params.pw }} {{ params.pw | length }}", "*** 3",                               false, false},
      {"echo {{ ds }}",                            "echo {{ ds }}",                       false, true },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.field);
    const dag::DagDef dag =
        dag_of(std::string(kHead) +
               "params: {env: dev, pw: {type: string, format: password, default: correct-horse}}\n"
               "user_defined_macros: {rg: 'rg-{{ params.env }}'}\n"
               "tasks:\n  - {task_id: up, operator: empty}\n"
               "  - {task_id: t, operator: bash, dependencies: [up], env: {SAY: \"" +
               row.field + "\"}, bash_command: 'true'}\n");
    const TaskPreview seen = look(dag, "t");
    EXPECT_EQ(text_at(Json(seen.fields), "env.SAY"), row.value);
    EXPECT_EQ(join(seen.unknown, ","), row.unknown ? "env.SAY" : "");
    EXPECT_EQ(seen.errors.size(), row.error ? 1u : 0u);
    EXPECT_EQ(dump(Json(seen.fields)).find("correct-horse"), std::string::npos);
  }
}

TEST(Preview, WhatStandsBelowASecretsNameIsMasked) {
  const dag::DagDef dag = dag_of(std::string(kHead) +
                                 "tasks:\n  - {task_id: t, operator: bash, bash_command: 'true', "
                                 "env: {PASSWORD: plain, OTHER: seen}}\n");
  const TaskPreview seen = look(dag, "t");
  EXPECT_EQ(text_at(Json(seen.fields), "env.PASSWORD"), "***");
  EXPECT_EQ(text_at(Json(seen.fields), "env.OTHER"), "seen");
}

TEST(Preview, TheOperatorsOwnTemplatesAreLeft) {
  const dag::DagDef dag = dag_of(std::string(kHead) +
                                 "tasks:\n  - {task_id: t, operator: http, endpoint: 'http://x', "
                                 "response_check: '{{ response.status == 200 }}'}\n");
  const TaskPreview seen = look(dag, "t");
  EXPECT_EQ(text_at(Json(seen.fields), "response_check"), "{{ response.status == 200 }}");
  EXPECT_EQ(join(seen.unknown, ","), "response_check");
}

TEST(Preview, ItsOwnConditionSkipsOrIsNotKnownYet) {
  const struct {
    const char *condition, *reason;
    bool unknown;
  } kTable[] = {
      {"run_if: \"{{ params.on }}\"",                   "run_if is false", false},
      {"run_if: \"{{ not params.on }}\"",               "",                false},
      {"skip_if: \"{{ not params.on }}\"",              "skip_if is true", false},
      {"skip_if: \"{{ tasks.up.output == 'x' }}\"",     "",                true },
      {"run_if: \"{{ tasks.up.state == 'success' }}\"", "",                true },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.condition);
    const dag::DagDef dag = dag_of(std::string(kHead) + "params: {on: false}\ntasks:\n" +
                                   "  - {task_id: up, operator: empty}\n"
                                   "  - {task_id: t, operator: empty, dependencies: [up], " +
                                   row.condition + "}\n");
    const TaskPreview seen = look(dag, "t");
    EXPECT_EQ(seen.skip_reason, row.reason);
    EXPECT_EQ(seen.condition_unknown, row.unknown);
    EXPECT_TRUE(seen.errors.empty());
  }
}

TEST(Preview, TheRunIsTheNextOfTheScheduleOrOneByHand) {
  const struct {
    const char *schedule, *date, *run_id, *logical_date;
  } kTable[] = {
      {"null",        "",                     "manual__2026-03-01T12:00:00+00:00",    ""                    },
      {"'0 6 * * *'", "",                     "scheduled__2026-03-02T06:00:00+00:00", "2026-03-02T06:00:00Z"},
      {"'0 6 * * *'", "2026-01-01T00:00:00Z", "manual__2026-03-01T12:00:00+00:00",
       "2026-01-01T00:00:00Z"                                                                               },
      {"null",        "2026-01-01T00:00:00Z", "manual__2026-03-01T12:00:00+00:00",    "2026-01-01T00:00:00Z"},
  };
  for (const auto& row : kTable) {
    const dag::DagDef dag = dag_of(std::string("dag_id: d\nschedule: ") + row.schedule +
                                   "\ntasks:\n  - {task_id: t, operator: empty}\n");
    Sketch sketch{{}, std::nullopt, kNow};
    if (*row.date != '\0') sketch.logical_date = instant(row.date);
    const auto run = sketch_run(dag, sketch);
    ASSERT_TRUE(run);
    EXPECT_EQ(run->info.run_id, row.run_id);
    EXPECT_EQ(run->info.logical_date ? to_rfc3339(*run->info.logical_date) : "", row.logical_date);
  }
}

TEST(Preview, ParamsAreCheckedAsAtTheTrigger) {
  const dag::DagDef dag = dag_of(std::string(kHead) +
                                 "params: {env: {type: string, enum: [dev, prod], default: dev}}\n"
                                 "tasks:\n  - {task_id: t, operator: empty}\n");
  const auto wrong = sketch_run(dag, {{{"env", "mars"}}, std::nullopt, kNow});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, Code::kInvalid);
}

TEST(Preview, GrantsAreThoseTheRunWouldAskFor) {
  const dag::DagDef dag = dag_of(
      "dag_id: d\nschedule: null\nparams: {env: {type: string, enum: [dev, prod], default: dev}}\n"
      "access:\n  azure:\n    identity: deployer-{{ params.env }}\n    roles:\n"
      "      - {role: Reader, scope: '/subscriptions/s/resourceGroups/rg-{{ params.env }}', "
      "tasks: [a]}\n"
      "tasks:\n  - {task_id: a, operator: empty}\n  - {task_id: b, operator: empty}\n");
  const TaskPreview a = look(dag, "a",
                             {
                                 {"env", "prod"}
  });
  ASSERT_EQ(a.grants.size(), 1u);
  EXPECT_EQ(a.grants[0].role, "Reader");
  EXPECT_EQ(a.grants[0].scope, "/subscriptions/s/resourceGroups/rg-prod");
  EXPECT_EQ(a.grants[0].declared_at, "f.yaml:8");
  EXPECT_EQ(a.identity, "deployer-prod");
  EXPECT_TRUE(look(dag, "b").grants.empty());
}

TEST(Preview, TasksComeInTheOrderOfTheirStart) {
  const dag::DagDef dag =
      dag_of(std::string(kHead) +
             "tasks:\n  - {task_id: last, operator: empty, dependencies: [mid, heavy]}\n"
             "  - {task_id: light, operator: empty, weight_rule: absolute}\n"
             "  - {task_id: heavy, operator: empty, weight_rule: absolute, priority_weight: 9}\n"
             "  - {task_id: mid, operator: empty, dependencies: [light]}\n");
  std::vector<std::string> names;
  for (const std::size_t task : in_order(dag)) names.push_back(dag.tasks[task].id.str());
  EXPECT_EQ(join(names, " "), "heavy light mid last");
  EXPECT_EQ(steps_of(dag), (std::vector<int>{2, 0, 0, 1}));
}

}  // namespace
}  // namespace armature::orchestrator
