// What a run would be, before there is one: of a file without a server, or of a DAG the server has.
#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/files.h"
#include "base/time.h"
#include "cli/conf_flags.h"
#include "cli/session.h"
#include "dag/timetable.h"
#include "http/message.h"
#include "orchestrator/preview.h"

namespace armature::cli {
namespace {

struct PreviewFlags {
  std::string what, task_id, dag_id, logical_date;
  ConfFlags conf;
  std::size_t next_runs = 3;
};

struct Source {
  std::string text, file;
  std::optional<Instant> next_run;  // as the server has it
};

Result<Source> find_source(Session& session, const std::string& what) {
  std::error_code ignored;
  if (std::filesystem::exists(what, ignored)) {
    ARMATURE_TRY(std::string text, read_file(what));
    return Source{std::move(text), what, std::nullopt};
  }
  if (what.find('/') != std::string::npos || what.ends_with(".yaml") || what.ends_with(".yml")) {
    return fail(Code::kNotFound, "there is no file " + what);
  }
  const std::string id = http::percent_encode(what);
  ARMATURE_TRY(const Json dag, session.get("/api/v2/dags/" + id));
  ARMATURE_TRY(const Json source, session.get("/api/v2/dagSources/" + id));
  Source out{text_at(source, "content"), text_at(dag, "fileloc"), std::nullopt};
  if (const auto next = from_rfc3339(text_at(dag, "next_dagrun_run_after"))) out.next_run = *next;
  return out;
}

Result<dag::DagDef> choose_dag(std::vector<dag::DagDef> dags, const PreviewFlags& flags) {
  std::string ids;
  for (dag::DagDef& dag : dags) {
    const std::string& id = dag.id.str();
    const bool meant = flags.dag_id.empty() ? dags.size() == 1 : id == flags.dag_id;
    if (meant) return std::move(dag);
    ids += (ids.empty() ? "" : ", ") + id;
  }
  if (dags.empty()) return fail(Code::kInvalid, flags.what + " holds no valid DAG");
  return fail(flags.dag_id.empty() ? Code::kInvalid : Code::kNotFound,
              flags.what + " holds " + ids + (flags.dag_id.empty() ? ": add --dag DAG_ID" : ""));
}

struct Subject {
  dag::DagDef dag;
  orchestrator::RunRow run;
  std::optional<Instant> next_run;
};

Result<Subject> read_subject(Session& session, const PreviewFlags& flags) {
  ARMATURE_TRY(const Source source, find_source(session, flags.what));
  dag::Loaded loaded = dag::load(source.text, source.file, session.environment().operators);
  for (const dag::Diagnostic& one : loaded.diagnostics) session.note(dag::to_text(one) + "\n");
  ARMATURE_TRY(dag::DagDef dag, choose_dag(std::move(loaded.dags), flags));
  ARMATURE_TRY(JsonObject conf, conf_of(flags.conf));
  orchestrator::Sketch sketch{std::move(conf), std::nullopt, session.environment().clock.now()};
  if (!flags.logical_date.empty()) {
    auto date = from_rfc3339(flags.logical_date);
    if (!date) return std::move(date).error().in("--logical-date");
    sketch.logical_date = *date;
  }
  ARMATURE_TRY(orchestrator::RunRow run, orchestrator::sketch_run(dag, sketch));
  return Subject{std::move(dag), std::move(run), source.next_run};
}

orchestrator::TaskPreview look(Session& session, const Subject& subject, std::size_t task) {
  const auto& operators = session.environment().operators;
  const auto spec =
      std::ranges::find(operators, subject.dag.tasks[task].operator_name, &dag::OperatorSpec::name);
  const Redactor redactor;
  auto out = orchestrator::preview(subject.dag, subject.run, task, *spec, redactor);
  for (const std::string& error : out.errors) {
    session.note("armature: task " + subject.dag.tasks[task].id.str() + ": " + error + "\n");
    session.set_status(1);
  }
  return out;
}

JsonArray texts(const std::vector<std::string>& from) {
  JsonArray out;
  for (const std::string& one : from) out.emplace_back(one);
  return out;
}

Json condition_of(const orchestrator::TaskPreview& seen) {
  if (seen.condition_unknown) return "known when the run is there";
  return seen.skip_reason.empty() ? Json(nullptr) : Json("skipped: " + seen.skip_reason);
}

// A block a field, as `airflow tasks render` prints it.
void print_fields(Session& session, const dag::TaskDef& task,
                  const orchestrator::TaskPreview& seen) {
  const std::string rule = "# " + std::string(58, '-') + "\n";
  for (const auto& field : seen.fields) {
    const std::string name = field.key();
    session.print(rule + "# task: " + task.id.str() + "\n# property: " + name + "\n");
    for (const std::string& place : seen.unknown) {
      const bool here =
          place == name || place.starts_with(name + ".") || place.starts_with(name + "[");
      if (here) session.print("# as written until the run is there: " + place + "\n");
    }
    session.print(rule);
    const Json& value = field.value();
    session.print(value.is_string() ? std::string(as_text(value)) + "\n" : to_yaml(value));
    session.print("\n");
  }
  if (!seen.skip_reason.empty()) session.print("# skipped: " + seen.skip_reason + "\n\n");
}

Status render(Session& session, const PreviewFlags& flags) {
  ARMATURE_TRY(const Subject subject, read_subject(session, flags));
  const auto& tasks = subject.dag.tasks;
  if (!flags.task_id.empty() && subject.dag.find(flags.task_id) == nullptr) {
    return fail(Code::kNotFound, "the DAG has no task '" + flags.task_id + "'");
  }
  JsonArray out;
  for (const std::size_t task : orchestrator::in_order(subject.dag)) {
    if (!flags.task_id.empty() && tasks[task].id.str() != flags.task_id) continue;
    const auto seen = look(session, subject, task);
    if (session.is_table()) {
      print_fields(session, tasks[task], seen);
      continue;
    }
    JsonObject one;
    one["task_id"] = tasks[task].id.str();
    one["operator"] = tasks[task].operator_name;
    one["condition"] = condition_of(seen);
    one["fields"] = seen.fields;
    one["unknown"] = texts(seen.unknown);
    one["errors"] = texts(seen.errors);
    out.push_back(std::move(one));
  }
  if (!session.is_table()) session.print_object(Json(std::move(out)), {});
  return Ok{};
}

JsonObject grant_json(const orchestrator::TaskPreview& seen, const orchestrator::RoleGrant& grant) {
  JsonObject out;
  out["identity"] = seen.identity;
  out["role"] = grant.role;
  out["scope"] = grant.scope;
  out["assignable_roles"] = texts(grant.assignable_roles);
  out["declared_at"] = grant.declared_at;
  return out;
}

JsonObject task_json(const Subject& subject, const orchestrator::TaskPreview& seen, int step) {
  const dag::TaskDef& task = subject.dag.tasks[seen.task];
  JsonObject out;
  out["step"] = step + 1;
  out["task_id"] = task.id.str();
  out["operator"] = task.operator_name;
  JsonArray upstream;
  for (const std::size_t above : task.upstream) {
    upstream.emplace_back(subject.dag.tasks[above].id.str());
  }
  out["upstream_task_ids"] = std::move(upstream);
  out["trigger_rule"] = dag::to_string(task.trigger_rule);
  out["pool"] = task.pool;
  out["retries"] = task.retry.retries;
  out["condition"] = condition_of(seen);
  JsonArray grants;
  for (const auto& grant : seen.grants) grants.push_back(grant_json(seen, grant));
  out["grants"] = std::move(grants);
  return out;
}

// The server's next run first, where it says one; then as the schedule goes on from there.
Result<JsonArray> next_runs(Session& session, const Subject& subject, std::size_t count) {
  std::vector<Instant> at;
  if (subject.next_run && count > 0) at.push_back(*subject.next_run);
  ARMATURE_TRY(const auto more,
               dag::next_dues(subject.dag, subject.next_run, session.environment().clock.now(),
                              count - at.size()));
  for (const dag::Due& due : more) at.push_back(due.run_after);
  JsonArray out;
  for (const Instant one : at) {
    JsonObject run;
    run["run_id"] = "scheduled__" + to_airflow_iso(one);
    run["run_after"] = to_rfc3339(one);
    ARMATURE_TRY(const LocalTime local, to_local(one, subject.dag.schedule.timezone));
    run["local_time"] = to_airflow_iso(local).substr(0, 19);
    run["timezone"] = subject.dag.schedule.timezone;
    out.push_back(std::move(run));
  }
  return out;
}

void print_plan(Session& session, const JsonObject& plan) {
  session.print_object(plan, {
                                 {"dag_id",       "dag_id"      },
                                 {"run_id",       "run_id"      },
                                 {"logical_date", "logical_date"},
                                 {"params",       "params"      }
  });
  session.print("\n");
  session.print_list(plan, "tasks",
                     {
                         {"STEP",         "step"             },
                         {"TASK_ID",      "task_id"          },
                         {"OPERATOR",     "operator"         },
                         {"AFTER",        "upstream_task_ids"},
                         {"TRIGGER_RULE", "trigger_rule"     },
                         {"CONDITION",    "condition"        }
  });
  JsonObject grants;
  JsonArray rows;
  for (const Json& task : plan.at("tasks").get_array()) {
    for (const Json& grant : task.at("grants").get_array()) {
      JsonObject row = grant.get_object();
      row["task_id"] = task.at("task_id");
      rows.push_back(std::move(row));
    }
  }
  const bool any = !rows.empty();
  grants["grants"] = std::move(rows);
  if (any) {
    session.print("\n");
    session.print_list(grants, "grants",
                       {
                           {"TASK_ID",     "task_id"    },
                           {"IDENTITY",    "identity"   },
                           {"ROLE",        "role"       },
                           {"SCOPE",       "scope"      },
                           {"DECLARED_AT", "declared_at"}
    });
  }
  if (plan.at("next_runs").get_array().empty()) return;
  session.print("\n");
  session.print_list(
      plan, "next_runs",
      {
          {"NEXT_RUN",   "run_after" },
          {"LOCAL_TIME", "local_time"},
          {"TIMEZONE",   "timezone"  }
  });
}

Status plan(Session& session, const PreviewFlags& flags) {
  ARMATURE_TRY(const Subject subject, read_subject(session, flags));
  const std::vector<int> steps = orchestrator::steps_of(subject.dag);
  JsonObject out;
  out["dag_id"] = subject.dag.id.str();
  out["run_id"] = subject.run.info.run_id;
  const auto& date = subject.run.info.logical_date;
  out["logical_date"] = date ? Json(to_rfc3339(*date)) : Json(nullptr);
  out["params"] = subject.run.params;
  JsonArray tasks;
  for (const std::size_t task : orchestrator::in_order(subject.dag)) {
    tasks.push_back(task_json(subject, look(session, subject, task), steps[task]));
  }
  out["tasks"] = std::move(tasks);
  ARMATURE_TRY(out["next_runs"], next_runs(session, subject, flags.next_runs));
  if (session.is_table()) {
    print_plan(session, out);
  } else {
    session.print_object(out, {});
  }
  return Ok{};
}

void add_common_flags(CLI::App& verb, PreviewFlags& flags) {
  verb.add_option("--dag", flags.dag_id, "Its DAG, when the file holds several");
  verb.add_option("--logical-date", flags.logical_date,
                  "Of a run made by hand, RFC 3339 (default: the schedule's next run)");
  add_conf_flags(verb, flags.conf);
}

}  // namespace

void add_dag_preview_verbs(CLI::App& dags, Session& session) {
  auto rendering = std::make_shared<PreviewFlags>();
  auto* fields = dags.add_subcommand(
      "render", "Each task's fields as a run would see them; of a file without a server");
  fields->footer(
      "Example:\n  armature dags render examples/azure_provision.yaml deploy -p env=prod\n"
      "What only the run can tell stays as written and is listed; secrets are \"***\".");
  fields->add_option("dag", rendering->what, "DAG file, or id of a DAG the server has")->required();
  fields->add_option("task_id", rendering->task_id, "Only this task");
  add_common_flags(*fields, *rendering);
  session.run_on(*fields, [&session, rendering] { return render(session, *rendering); });

  auto planning = std::make_shared<PreviewFlags>();
  auto* order = dags.add_subcommand(
      "plan", "What a run would do: tasks in order, grants each needs, the next runs");
  order->footer("Example:\n  armature dags plan examples/azure_provision.yaml -p env=prod -n 5");
  order->add_option("dag", planning->what, "DAG file, or id of a DAG the server has")->required();
  add_common_flags(*order, *planning);
  order->add_option("-n,--num-executions", planning->next_runs, "How many scheduled runs to list")
      ->capture_default_str()
      ->check(CLI::Range(0, 1000));
  session.run_on(*order, [&session, planning] { return plan(session, *planning); });
}

}  // namespace armature::cli
