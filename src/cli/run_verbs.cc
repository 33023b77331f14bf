#include <CLI/CLI.hpp>
#include <map>

#include "base/time.h"
#include "cli/session.h"
#include "http/message.h"

namespace armature::cli {
namespace {

constexpr Micros kWatchEvery = std::chrono::milliseconds(300);

const std::vector<Column>& run_columns() {
  static const std::vector<Column> kColumns = {
      {"DAG_ID",  "dag_id"    },
      {"RUN_ID",  "dag_run_id"},
      {"STATE",   "state"     },
      {"START",   "start_date"},
      {"SECONDS", "duration"  }
  };
  return kColumns;
}

const std::vector<Column>& task_columns() {
  static const std::vector<Column> kColumns = {
      {"TASK_ID",  "task_id"      },
      {"STATE",    "state"        },
      {"TRY",      "try_number"   },
      {"OPERATOR", "operator_name"},
      {"SECONDS",  "duration"     },
      {"ERROR",    "error"        }
  };
  return kColumns;
}

Status list_runs(Session& session, const std::string& dag_id, const std::string& state, int limit) {
  const std::string dag = dag_id.empty() ? "~" : http::percent_encode(dag_id);
  ARMATURE_TRY(const Json page,
               session.get("/api/v2/dags/" + dag + "/dagRuns?limit=" + std::to_string(limit) +
                           (state.empty() ? "" : "&state=" + http::percent_encode(state))));
  session.print_list(page, "dag_runs", run_columns());
  return Ok{};
}

Status show_run(Session& session, const std::string& dag_id, const std::string& run_id) {
  ARMATURE_TRY(const Json run, find_run(session, dag_id, run_id));
  ARMATURE_TRY(const Json tasks,
               session.get(run_path(text_at(run, "dag_id"), run_id) + "/taskInstances"));
  if (!session.is_table()) {
    JsonObject both = run.as_object();
    both["task_instances"] = tasks.at("task_instances");
    session.print_object(both, {});
    return Ok{};
  }
  session.print_object(run, {
                                {"dag_id",   "dag_id"    },
                                {"run_id",   "dag_run_id"},
                                {"state",    "state"     },
                                {"run_type", "run_type"  },
                                {"conf",     "conf"      },
                                {"start",    "start_date"},
                                {"end",      "end_date"  }
  });
  session.print("\n");
  session.print_list(tasks, "task_instances", task_columns());
  return Ok{};
}

}  // namespace

Status watch_run(Session& session, const std::string& dag_id, const std::string& run_id) {
  std::map<std::string, std::string> seen;
  for (;;) {
    // The run is read first: when it has ended, the tasks read after it are final.
    ARMATURE_TRY(const Json run, session.get(run_path(dag_id, run_id)));
    ARMATURE_TRY(const Json tasks, session.get(run_path(dag_id, run_id) + "/taskInstances"));
    for (const Json& task : tasks.at("task_instances").get_array()) {
      const std::string state =
          cell(find(task, "state")) + " (try " + std::to_string(int_at(task, "try_number")) + ")";
      std::string& before = seen[text_at(task, "task_id")];
      if (state == before || cell(find(task, "state")) == "-") continue;
      before = state;
      session.note(to_rfc3339(session.environment().clock.now()) + "  " + text_at(task, "task_id") +
                   "  " + state + "\n");
      const std::string error = text_at(task, "error");
      if (!error.empty() && text_at(task, "state") != "success") session.note(error + "\n");
    }
    const std::string state = text_at(run, "state");
    if (state == "success" || state == "failed") {
      session.print("run " + run_id + " ended: " + state + "\n");
      if (state == "failed") session.set_status(1);
      return Ok{};
    }
    session.environment().sleep(kWatchEvery);
  }
}

void add_run_verbs(CLI::App& app, Session& session) {
  auto* runs = app.add_subcommand("runs", "List, show and watch DAG runs");
  runs->require_subcommand(1);
  struct Flags {
    std::string dag_id, run_id, state;
    int limit = 50;
  };
  auto flags = std::make_shared<Flags>();

  auto* list = runs->add_subcommand("list", "Runs, newest first");
  list->footer("Example:\n  armature runs list --dag azure_provision --state failed");
  list->add_option("--dag", flags->dag_id, "Only of this DAG");
  list->add_option("--state", flags->state, "queued, running, success or failed");
  list->add_option("--limit", flags->limit, "At most so many")->check(CLI::Range(1, 1000));
  session.run_on(*list, [&session, flags] {
    return list_runs(session, flags->dag_id, flags->state, flags->limit);
  });

  auto* show = runs->add_subcommand("show", "One run and its task instances");
  show->footer("Example:\n  armature runs show manual__2026-01-01T00:00:00+00:00");
  show->add_option("run_id", flags->run_id, "Run id")->required();
  show->add_option("--dag", flags->dag_id, "Its DAG, when the run id is not unique");
  session.run_on(*show,
                 [&session, flags] { return show_run(session, flags->dag_id, flags->run_id); });

  auto* watch = runs->add_subcommand("watch", "Print a run's progress until it ends");
  watch->footer("Example:\n  armature runs watch manual__2026-01-01T00:00:00+00:00");
  watch->add_option("run_id", flags->run_id, "Run id")->required();
  watch->add_option("--dag", flags->dag_id, "Its DAG, when the run id is not unique");
  session.run_on(*watch, [&session, flags]() -> Status {
    ARMATURE_TRY(const Json run, find_run(session, flags->dag_id, flags->run_id));
    return watch_run(session, text_at(run, "dag_id"), flags->run_id);
  });
}

}  // namespace armature::cli
