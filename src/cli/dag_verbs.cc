#include <CLI/CLI.hpp>

#include "cli/conf_flags.h"
#include "cli/session.h"
#include "http/message.h"

namespace armature::cli {
namespace {

std::string dag_path(const std::string& dag_id) {
  return "/api/v2/dags/" + http::percent_encode(dag_id);
}

Status list_dags(Session& session) {
  ARMATURE_TRY(const Json page, session.get("/api/v2/dags?limit=1000"));
  session.print_list(page, "dags",
                     {
                         {"DAG_ID",      "dag_id"               },
                         {"SCHEDULE",    "timetable_summary"    },
                         {"PAUSED",      "is_paused"            },
                         {"NEXT_RUN",    "next_dagrun_run_after"},
                         {"DESCRIPTION", "description"          }
  });
  ARMATURE_TRY(const Json errors, session.get("/api/v2/importErrors"));
  for (const Json& error : errors.at("import_errors").get_array()) {
    session.note(text_at(error, "stack_trace") + "\n");
  }
  return Ok{};
}

Status show_dag(Session& session, const std::string& id) {
  ARMATURE_TRY(const Json dag, session.get(dag_path(id) + "/details"));
  session.print_object(dag, {
                                {"dag_id",      "dag_id"           },
                                {"description", "description"      },
                                {"file",        "fileloc"          },
                                {"schedule",    "timetable_summary"},
                                {"timezone",    "timezone"         },
                                {"paused",      "is_paused"        },
                                {"params",      "params"           },
                                {"identity",    "access.identity"  },
                                {"roles",       "access.roles"     },
                                {"version",     "dag_version"      }
  });
  if (!session.is_table()) return Ok{};
  ARMATURE_TRY(const Json tasks, session.get(dag_path(id) + "/tasks"));
  session.print("\n");
  session.print_list(tasks, "tasks",
                     {
                         {"TASK_ID",      "task_id"            },
                         {"OPERATOR",     "operator_name"      },
                         {"TRIGGER_RULE", "trigger_rule"       },
                         {"RETRIES",      "retries"            },
                         {"DOWNSTREAM",   "downstream_task_ids"}
  });
  return Ok{};
}

Status set_paused(Session& session, const std::string& id, bool paused) {
  JsonObject body;
  body["is_paused"] = paused;
  ARMATURE_TRY(const Json dag, session.send("PATCH", dag_path(id), body));
  session.print_object(dag, {
                                {"dag_id", "dag_id"   },
                                {"paused", "is_paused"}
  });
  return Ok{};
}

struct TriggerFlags {
  std::string dag_id, run_id, logical_date, note;
  ConfFlags conf;
  bool watch = false;
};

Status trigger(Session& session, const TriggerFlags& flags) {
  ARMATURE_TRY(JsonObject conf, conf_of(flags.conf));
  JsonObject body;
  body["conf"] = std::move(conf);
  if (!flags.run_id.empty()) body["dag_run_id"] = flags.run_id;
  if (!flags.logical_date.empty()) body["logical_date"] = flags.logical_date;
  if (!flags.note.empty()) body["note"] = flags.note;
  ARMATURE_TRY(const Json run, session.send("POST", dag_path(flags.dag_id) + "/dagRuns", body));
  session.print_object(run,
                       {
                           {"dag_id", "dag_id"    },
                           {"run_id", "dag_run_id"},
                           {"state",  "state"     }
  });
  return flags.watch ? watch_run(session, flags.dag_id, text_at(run, "dag_run_id")) : Status(Ok{});
}

}  // namespace

void add_dag_verbs(CLI::App& app, Session& session) {
  auto* dags = app.add_subcommand("dags", "List, show, check, render, plan, trigger, pause DAGs");
  dags->require_subcommand(1);
  const auto verb = [&](const char* name, const char* help, const char* example) {
    auto* made = dags->add_subcommand(name, help);
    made->footer(std::string("Example:\n  ") + example);
    return made;
  };
  session.run_on(*verb("list", "Every DAG the server has", "armature dags list -o json"),
                 [&session] { return list_dags(session); });

  auto id = std::make_shared<std::string>();
  const auto with_id = [&](CLI::App* made, std::function<Status()> body) {
    made->add_option("dag_id", *id, "DAG id")->required();
    session.run_on(*made, std::move(body));
  };
  with_id(verb("show", "One DAG: params, access, tasks", "armature dags show azure_provision"),
          [&session, id] { return show_dag(session, *id); });
  with_id(verb("pause", "No new runs start", "armature dags pause nightly"),
          [&session, id] { return set_paused(session, *id, true); });
  with_id(verb("unpause", "Runs start again", "armature dags unpause nightly"),
          [&session, id] { return set_paused(session, *id, false); });

  add_dag_file_verbs(*dags, session);
  add_dag_preview_verbs(*dags, session);

  auto flags = std::make_shared<TriggerFlags>();
  auto* start =
      verb("trigger", "Start a run", "armature dags trigger azure_provision -p env=dev --watch");
  start->add_option("dag_id", flags->dag_id, "DAG id")->required();
  start->add_option("--run-id", flags->run_id, "Run id (default: manual__TIME)");
  add_conf_flags(*start, flags->conf);
  start->add_option("--logical-date", flags->logical_date, "RFC 3339");
  start->add_option("--note", flags->note, "A note on the run");
  start->add_flag("--watch", flags->watch, "Print progress until the run ends");
  session.run_on(*start, [&session, flags] { return trigger(session, *flags); });
}

}  // namespace armature::cli
