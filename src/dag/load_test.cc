#include "dag/load.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/bytes.h"
#include "base/crypto.h"
#include "base/files.h"
#include "base/time.h"

namespace armature::dag {
namespace {

const std::vector<OperatorSpec>& operators() {
  const auto must = [](const char* name, const char* type) {
    return ArgumentSpec{name, type, true, true};
  };
  const auto may = [](const char* name, const char* type) {
    return ArgumentSpec{name, type, false, true};
  };
  static const std::vector<OperatorSpec> kOperators = {
      OperatorSpec{"empty",                {},                                 {},                       false, {}},
      OperatorSpec{"bash",
                   {"airflow.providers.standard.operators.bash.BashOperator"},
                   {must("bash_command", "string"), may("env", "object"), may("cwd", "string")},
                   false,                                                                                       {}},
      OperatorSpec{
                   "azure.resource_group", {},
                   {must("name", "string"), must("location", "string"), may("resource_tags", "object")},
                   true,                                                                                        {}},
      OperatorSpec{
                   "azure.resource",       {},
                   {must("resource_id", "string"), must("api_version", "string"), may("method", "string"),
           ArgumentSpec{"response_check", "string", false, false}},
                   true,                                                                                        {}},
  };
  return kOperators;
}

std::filesystem::path cases(const char* folder) {
  return std::filesystem::path(ARMATURE_SOURCE_DIR) / "tests/cases/dag" / folder;
}
Loaded load_case(const char* name) {
  const auto text = read_file(cases("valid") / name);
  EXPECT_TRUE(text) << name;
  return load(text ? *text : "", name, operators());
}

// As the first lines of a broken file say it: LINE:COLUMN CODE PATH: MESSAGE (SUGGESTION)
std::string shown(const Diagnostic& one) {
  std::string out = std::to_string(one.line) + ":" + std::to_string(one.column) + " " +
                    (one.warning ? "warning " : "") + one.code;
  if (!one.path.empty()) out += " " + one.path;
  out += ": " + one.message;
  if (!one.suggestion.empty()) out += " (" + one.suggestion + ")";
  return out;
}

TEST(Load, BrokenFilesAreToldExactly) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(cases("broken"))) {
    SCOPED_TRACE(entry.path().filename().string());
    const auto text = read_file(entry.path());
    ASSERT_TRUE(text);
    std::vector<std::string> wanted, found;
    for (const std::string& line : split(*text, '\n')) {
      if (!line.starts_with("# ")) break;
      wanted.push_back(line.substr(2));
    }
    const Loaded loaded = load(*text, entry.path().filename().string(), operators());
    for (const Diagnostic& one : loaded.diagnostics) found.push_back(shown(one));
    EXPECT_FALSE(wanted.empty());
    EXPECT_EQ(join(found, "\n"), join(wanted, "\n"));
    EXPECT_FALSE(loaded.ok());
    ++count;
  }
  EXPECT_GE(count, 95);
}

// Of the table in docs/formats/dag.md.
std::set<std::string> listed_codes() {
  const auto text = read_file(std::filesystem::path(ARMATURE_SOURCE_DIR) / "docs/formats/dag.md");
  std::set<std::string> out;
  const std::string whole = text ? *text : "";
  for (const std::string& line : split(whole.substr(whole.find("\n| code |")), '\n')) {
    const auto parts = split(line, '|');
    if (parts.size() < 2) continue;
    const auto words = split(parts[1], '`');  // every second one stands in backticks
    for (std::size_t i = 1; i < words.size(); i += 2) out.insert(words[i]);
  }
  return out;
}

TEST(Load, EveryCodeIsInTheDocumentation) {
  std::set<std::string> given = {"too_large", "too_deep", "shell_injection"};  // below
  for (const auto& entry : std::filesystem::directory_iterator(cases("broken"))) {
    const auto text = read_file(entry.path());
    ASSERT_TRUE(text);
    for (const Diagnostic& one : load(*text, "f", operators()).diagnostics) given.insert(one.code);
  }
  EXPECT_EQ(given, listed_codes());
}

TEST(Load, ABrokenDocumentDoesNotHideTheOthers) {
  const auto text = read_file(cases("broken") / "second_document.yaml");
  ASSERT_TRUE(text);
  const Loaded loaded = load(*text, "f", operators());
  ASSERT_EQ(loaded.dags.size(), 2u);
  EXPECT_EQ(loaded.dags[0].id.str(), "first");
  EXPECT_EQ(loaded.dags[1].id.str(), "third");
}

TEST(Load, ReadsEveryField) {
  const Loaded loaded = load_case("everything.yaml");
  for (const Diagnostic& one : loaded.diagnostics) ADD_FAILURE() << to_text(one);
  ASSERT_EQ(loaded.dags.size(), 1u);
  const DagDef& dag = loaded.dags[0];
  EXPECT_EQ(dag.display_name, "Each field once");
  EXPECT_EQ(dag.doc_md, "Text\n");
  EXPECT_EQ(dag.tags, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(dag.schedule.kind, Schedule::Kind::kCron);
  EXPECT_EQ(dag.schedule.cron, "30 5 * * mon-fri");
  EXPECT_EQ(dag.schedule.timezone, "Europe/Berlin");
  EXPECT_EQ(to_rfc3339(*dag.start_date), "2026-01-01T00:00:00Z");
  EXPECT_TRUE(dag.catchup && dag.first_run_latest && dag.is_paused_upon_creation);
  EXPECT_EQ(dag.max_active_runs, 2);
  EXPECT_EQ(dag.max_active_tasks, 3);
  EXPECT_EQ(*dag.dagrun_timeout, std::chrono::hours(2));
  ASSERT_EQ(dag.params.size(), 3u);
  EXPECT_EQ(dump(Json(dag.params[0].schema)),
            R"({"type":"string","enum":["dev","prod"],"section":"Where"})");
  EXPECT_EQ(*dag.params[2].default_value, Json(3));
  EXPECT_EQ(dag.user_defined_macros[0].first, "group");
  EXPECT_EQ(dag.access.max_token_ttl, std::chrono::minutes(30));
  ASSERT_EQ(dag.access.roles.size(), 2u);
  EXPECT_EQ(dag.access.roles[0].tasks, (std::vector<std::size_t>{0}));
  EXPECT_TRUE(dag.access.roles[1].all_tasks);
  EXPECT_EQ(dag.access.roles[1].assignable_roles, (std::vector<std::string>{"Reader"}));
}

TEST(Load, MergesDefaultsUnderTasks) {
  const Loaded loaded = load_case("everything.yaml");
  ASSERT_EQ(loaded.dags.size(), 1u);
  const TaskDef& make = *loaded.dags[0].find("make");
  EXPECT_EQ(make.retry.retries, 0);  // its own
  EXPECT_EQ(make.retry.retry_delay, std::chrono::seconds(20));
  EXPECT_EQ(make.retry.exponential_backoff, 2.0);
  EXPECT_EQ(make.retry.max_retry_delay, std::chrono::minutes(5));
  EXPECT_EQ(*make.retry.retry_on, (std::vector<std::string>{"throttled", "PrincipalNotFound"}));
  EXPECT_EQ(*make.execution_timeout, std::chrono::minutes(15));
  EXPECT_EQ(make.pool, "arm");
  EXPECT_EQ(make.pool_slots, 2);
  EXPECT_EQ(make.max_active_tis_per_dag, 3);
  EXPECT_EQ(make.priority_weight, 5);
  EXPECT_EQ(make.total_weight, 5);                         // upstream: nothing is above it
  EXPECT_EQ(loaded.dags[0].find("say")->total_weight, 2);  // itself and check
  EXPECT_EQ(loaded.dags[0].find("say")->pool, "default_pool");
  EXPECT_EQ(text_at(Json(make.arguments), "location"), "westeurope");
  const TaskDef& say = *loaded.dags[0].find("say");
  EXPECT_EQ(say.operator_name, "bash");
  EXPECT_EQ(say.retry.retries, 4);
  EXPECT_FALSE(say.arguments.contains("location"));
  EXPECT_EQ(say.trigger_rule, TriggerRule::kNoneFailed);
  EXPECT_EQ(say.skip_if, "{{ false }}");
  EXPECT_FALSE(say.do_xcom_push);
  EXPECT_EQ(text_at(Json(say.arguments), "env.NAME"), "{{ tasks.make.output.name }}");
  EXPECT_EQ(text_at(Json(say.arguments), "env.KIND"), "{{ 'x' if params.count > 2 else 'y' }}");
  EXPECT_EQ(make.downstream, (std::vector<std::size_t>{1, 2}));
  EXPECT_EQ(loaded.dags[0].find("check")->upstream, (std::vector<std::size_t>{1, 0}));
  EXPECT_EQ(loaded.dags[0].find("nobody"), nullptr);
}

std::vector<std::string> ids_of(const DagDef& dag, const std::vector<std::size_t>& tasks) {
  std::vector<std::string> out;
  for (const std::size_t task : tasks) out.push_back(dag.tasks[task].id.str());
  std::ranges::sort(out);
  return out;
}

TEST(Load, GroupsPrefixAndWaitAsAWhole) {
  const Loaded loaded = load_case("groups.yaml");
  for (const Diagnostic& one : loaded.diagnostics) ADD_FAILURE() << to_text(one);
  ASSERT_EQ(loaded.dags.size(), 1u);
  const DagDef& dag = loaded.dags[0];
  using Ids = std::vector<std::string>;
  const std::vector<std::pair<std::string, Ids>> upstream = {
      {"start",            {}                                      },
      {"build.compile",    {"start"}                               },
      {"build.check.unit", {"build.compile"}                       },
      {"build.check.lint", {"start"}                               },
      {"build.pack",       {"build.check.lint", "build.check.unit"}},
      {"ship",             {"build.pack"}                          },
      {"tell",             {"ship"}                                },
  };
  ASSERT_EQ(dag.tasks.size(), upstream.size());
  for (const auto& [id, above] : upstream) {
    const TaskDef* task = dag.find(id);
    ASSERT_NE(task, nullptr) << id;
    EXPECT_EQ(ids_of(dag, task->upstream), above) << id;
  }
  ASSERT_EQ(dag.groups.size(), 3u);  // those around come first
  EXPECT_EQ(dag.groups[0].tooltip, "what is made");
  EXPECT_EQ(dag.groups[1].id, "build.check");
  EXPECT_EQ(dag.groups[1].parent, 0u);
  EXPECT_FALSE(dag.groups[2].prefix_group_id);
  EXPECT_EQ(dag.find("start")->retry.retries, 1);
  EXPECT_EQ(dag.find("build.compile")->retry.retries, 2);
  EXPECT_EQ(dag.find("build.check.unit")->retry.retries, 3);
  EXPECT_EQ(dag.find("build.check.lint")->retry.retries, 0);
  EXPECT_EQ(dag.find("build.check.lint")->retry.retry_delay, std::chrono::seconds(5));
  EXPECT_EQ(dag.find("build.check.lint")->owner, "platform");
  EXPECT_FALSE(dag.find("ship")->group == dag.find("build.pack")->group);
}

TEST(Load, WideGroupsAreBounded) {
  std::string text =
      "dag_id: d\ntask_groups:\n- {group_id: a}\n- {group_id: b, dependencies: [a]}\n";
  text += "tasks:\n";
  for (int i = 0; i < 1001; ++i) {
    for (const char* group : {"a", "b"}) {
      text +=
          "- {task_id: t" + std::to_string(i) + ", operator: empty, task_group: " + group + "}\n";
    }
  }
  const Loaded loaded = load(text, "f", operators());
  ASSERT_EQ(loaded.diagnostics.size(), 1u);
  EXPECT_EQ(loaded.diagnostics[0].code, "too_large");
  EXPECT_EQ(loaded.diagnostics[0].path, "task_groups[1].dependencies[0]");
}

TEST(Load, AFileHoldsSeveralDags) {
  const Loaded loaded = load_case("several.yaml");
  for (const Diagnostic& one : loaded.diagnostics) ADD_FAILURE() << to_text(one);
  ASSERT_EQ(loaded.dags.size(), 3u);
  EXPECT_EQ(loaded.dags[1].schedule.cron, "0 * * * *");
  EXPECT_EQ(loaded.dags[1].schedule.text, "@hourly");
  EXPECT_EQ(loaded.dags[2].schedule.every, std::chrono::minutes(30));
  EXPECT_EQ(loaded.dags[2].version, sha256_hex(loaded.dags[2].source));
  EXPECT_NE(loaded.dags[0].version, loaded.dags[1].version);
}

TEST(Load, TypesScalarsByTheCoreSchema) {
  const Loaded loaded = load_case("core_schema.yaml");
  for (const Diagnostic& one : loaded.diagnostics) ADD_FAILURE() << to_text(one);
  ASSERT_EQ(loaded.dags.size(), 1u);
  JsonObject values;
  for (const ParamDef& param : loaded.dags[0].params) values[param.name] = *param.default_value;
  EXPECT_EQ(dump(Json(values)),
            R"({"a":"yes","b":31,"c":15,"d":17,"e":1E3,"f":5E-1,"g":null,"h":"null","i":"1_000",)"
            R"("j":"2026-01-01","k":"12:30","l":"12","m":true,"n":-7,"o":".inf",)"
            R"("p":"00000000-0000-0000-0000-000000000000","q":1.2345678901234567E19})");
}

TEST(Load, ParametersInShellCodeAreWarnedOf) {
  const Loaded loaded = load_case("shell_injection.yaml");
  EXPECT_TRUE(loaded.ok());
  EXPECT_EQ(loaded.dags.size(), 1u);
  ASSERT_EQ(loaded.diagnostics.size(), 2u);
  EXPECT_TRUE(shown(loaded.diagnostics[0])
                  .starts_with("5:48 warning shell_injection tasks[0].bash_command: "))
      << shown(loaded.diagnostics[0]);
  EXPECT_EQ(loaded.diagnostics[1].line, 6);
}

TEST(Load, HostileFilesEndInADiagnostic) {
  const auto many = [](int count, const std::string& piece) {
    std::string out;
    for (int i = 0; i < count; ++i) out += piece;
    return out;
  };
  std::string aliases = "dag_id: a\na0: &a0 [1, 1, 1, 1, 1, 1, 1, 1]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string above = "*a" + std::to_string(i - 1);
    aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + above + ", " + above +
               ", " + above + ", " + above + "]\n";
  }
  struct Row {
    std::string text;
    std::string code;
  };
  const std::vector<Row> table = {
      Row{"",                      "missing_key"   },
      Row{"# nothing\n---\n...\n", "missing_key"   },
      Row{std::string(300'000,     ' '),             "too_large"},
      Row{"dag_id: " + many(10'000,                       "["),                "too_deep"},
      Row{"dag_id: a\nx: " + many(100,             "[") + many(100,              "]") + "\n", "too_deep"},
      Row{"dag_id: a\nx: &a [*a]\n","too_deep"},
      Row{aliases,                       "too_large"              },
      Row{std::string("dag_id: a\0b\n",                       12),                                              "invalid_value"},
      Row{"dag_id: *nobody\n",                       "yaml_syntax"},
      Row{"dag_id: \xff\xfe\n",        "invalid_value"},
  };
  for (const Row& row : table) {
    SCOPED_TRACE(row.text.substr(0, 40));
    const Loaded loaded = load(row.text, "f", operators());
    EXPECT_TRUE(loaded.dags.empty());
    ASSERT_FALSE(loaded.diagnostics.empty());
    EXPECT_EQ(loaded.diagnostics[0].code, row.code) << to_text(loaded.diagnostics[0]);
  }
}

TEST(Load, ALongChainIsNoProblem) {
  std::string text = "dag_id: chain\ntasks:\n- {task_id: t0, operator: empty}\n";
  for (int i = 1; i < 3000; ++i) {
    text += "- {task_id: t" + std::to_string(i) + ", operator: empty, upstream: [t" +
            std::to_string(i - 1) + "]}\n";
  }
  EXPECT_TRUE(load(text, "f", operators()).ok());
}

TEST(Load, DiagnosticsHaveTwoForms) {
  const Loaded loaded = load("dag_id: a\nshedule: x\ntasks: [{task_id: a, operator: empty}]\n",
                             "etl.yaml", operators());
  ASSERT_EQ(loaded.diagnostics.size(), 1u);
  EXPECT_EQ(to_text(loaded.diagnostics[0]),
            "etl.yaml:2:1: error: 'shedule' is not a key that is known here (did you mean "
            "'schedule'?)");
  Diagnostic shorter = loaded.diagnostics[0];
  EXPECT_TRUE(shorter.expected.starts_with("dag_id, dag_display_name, ")) << shorter.expected;
  shorter.expected = "dag_id, tasks";
  EXPECT_EQ(dump(to_json(shorter)),
            R"({"file":"etl.yaml","line":2,"column":1,"path":"shedule","code":"unknown_key",)"
            R"("severity":"error","message":"'shedule' is not a key that is known here",)"
            R"("expected":"dag_id, tasks","suggestion":"did you mean 'schedule'?"})");
}

}  // namespace
}  // namespace armature::dag
