#include <CLI/CLI.hpp>

#include "cli/session.h"
#include "http/message.h"

namespace armature::cli {
namespace {

constexpr Micros kFollowEvery = std::chrono::milliseconds(300);

struct LogFlags {
  std::string dag_id, run_id, task_id;
  int try_number = 0;
  bool follow = false;
};

Status print_log(Session& session, const LogFlags& flags) {
  ARMATURE_TRY(const Json run, find_run(session, flags.dag_id, flags.run_id));
  const std::string path = run_path(text_at(run, "dag_id"), flags.run_id) + "/taskInstances/" +
                           http::percent_encode(flags.task_id) + "/logs/" +
                           std::to_string(flags.try_number) + "?token=";
  std::string token = "0";
  for (;;) {
    ARMATURE_TRY(const Json chunk, session.get(path + token));
    const std::string text(as_text(chunk.at("content").get_array().at(0)));
    session.print(text);
    const std::string next = text_at(chunk, "continuation_token");
    if (next.empty() || (text.empty() && !flags.follow)) return Ok{};
    if (text.empty()) session.environment().sleep(kFollowEvery);
    token = next;
  }
}

struct ClearFlags {
  std::string dag_id, run_id;
  std::vector<std::string> task_ids;
  bool only_failed = false, downstream = false, dry_run = false;
};

Status clear_tasks(Session& session, const ClearFlags& flags) {
  ARMATURE_TRY(const Json run, find_run(session, flags.dag_id, flags.run_id));
  JsonObject body;
  body["dag_run_id"] = flags.run_id;
  JsonArray ids;
  for (const std::string& id : flags.task_ids) ids.emplace_back(id);
  body["task_ids"] = std::move(ids);
  body["only_failed"] = flags.only_failed;
  body["include_downstream"] = flags.downstream;
  body["dry_run"] = flags.dry_run;
  ARMATURE_TRY(const Json cleared,
               session.send("POST",
                            "/api/v2/dags/" + http::percent_encode(text_at(run, "dag_id")) +
                                "/clearTaskInstances",
                            body));
  session.print_list(cleared, "task_instances",
                     {
                         {"TASK_ID", "task_id"   },
                         {"STATE",   "state"     },
                         {"TRY",     "try_number"}
  });
  return Ok{};
}

}  // namespace

void add_task_verbs(CLI::App& app, Session& session) {
  auto* tasks = app.add_subcommand("tasks", "Logs of task instances; clear them to run again");
  tasks->require_subcommand(1);

  auto log = std::make_shared<LogFlags>();
  auto* logs = tasks->add_subcommand("logs", "The log of an attempt");
  logs->footer("Example:\n  armature tasks logs manual__2026-01-01T00:00:00+00:00 deploy --follow");
  logs->add_option("run_id", log->run_id, "Run id")->required();
  logs->add_option("task_id", log->task_id, "Task id")->required();
  logs->add_option("--try", log->try_number, "Try number (default: the last)");
  logs->add_option("--dag", log->dag_id, "Its DAG, when the run id is not unique");
  logs->add_flag("-f,--follow", log->follow, "Until the attempt ends");
  session.run_on(*logs, [&session, log] { return print_log(session, *log); });

  auto flags = std::make_shared<ClearFlags>();
  auto* clear = tasks->add_subcommand("clear", "Set tasks back so that they run again");
  clear->footer(
      "Example:\n  armature tasks clear manual__2026-01-01T00:00:00+00:00 deploy --downstream");
  clear->add_option("run_id", flags->run_id, "Run id")->required();
  clear->add_option("task_ids", flags->task_ids, "Task ids (default: all)");
  clear->add_option("--dag", flags->dag_id, "Its DAG, when the run id is not unique");
  clear->add_flag("--only-failed", flags->only_failed, "Only what failed");
  clear->add_flag("--downstream", flags->downstream, "What follows, too");
  clear->add_flag("--dry-run", flags->dry_run, "Only say what would be cleared");
  session.run_on(*clear, [&session, flags] { return clear_tasks(session, *flags); });
}

}  // namespace armature::cli
