#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/session.h"
#include "http/message.h"

namespace armature::cli {
namespace {

struct AuditFlags {
  std::string dag_id, run_id, task_id, decision;
  int limit = 100;
};

Status list_audit(Session& session, const AuditFlags& flags) {
  std::string path =
      "/api/v2/armature/audit?order_by=-sequence&limit=" + std::to_string(flags.limit);
  const auto filter = [&](const char* name, const std::string& value) {
    if (!value.empty()) path += std::string("&") + name + "=" + http::percent_encode(value);
  };
  filter("dag_id", flags.dag_id);
  filter("dag_run_id", flags.run_id);
  filter("task_id", flags.task_id);
  filter("decision", flags.decision);
  ARMATURE_TRY(Json page, session.get(path));
  // Newest came first, so that the limit keeps them; people read downwards in time.
  JsonArray& records = page.at("records").get_array();
  std::reverse(records.begin(), records.end());
  for (Json& record : records) {
    if (int_at(record, "status") == 0) record.get_object()["status"] = nullptr;  // no answer (yet)
  }
  session.print_list(page, "records",
                     {
                         {"SEQ",      "sequence"  },
                         {"AT",       "at"        },
                         {"TASK",     "task_id"   },
                         {"TRY",      "try_number"},
                         {"KIND",     "kind"      },
                         {"DECISION", "decision"  },
                         {"STATUS",   "status"    },
                         {"ACTION",   "action"    },
                         {"SCOPE",    "scope"     }
  });
  return Ok{};
}

Status verify_audit(Session& session) {
  ARMATURE_TRY(const Json verdict, session.get("/api/v2/armature/audit/verify"));
  if (!bool_at(verdict, "holds")) session.set_status(1);
  if (!session.is_table()) {
    session.print_object(verdict, {});
  } else if (bool_at(verdict, "holds")) {
    const std::int64_t first = int_at(verdict, "first");
    session.print("the chain holds: " + cell(find(verdict, "records")) + " records" +
                  (first > 1 ? " from " + std::to_string(first) + " on" : "") + ", head " +
                  text_at(verdict, "head") + "\n");
  } else {
    session.print("the chain is broken at record " + cell(find(verdict, "broken_at")) + ": " +
                  text_at(verdict, "why") + "\n");
  }
  return Ok{};
}

Status explain(Session& session, const AuditFlags& flags) {
  std::string path =
      "/api/v2/armature/access/explain?dag_run_id=" + http::percent_encode(flags.run_id) +
      "&task_id=" + http::percent_encode(flags.task_id);
  if (!flags.dag_id.empty()) path += "&dag_id=" + http::percent_encode(flags.dag_id);
  ARMATURE_TRY(const Json explanation, session.get(path));
  if (session.is_table()) {
    session.print(text_at(explanation, "text") + "\n");
  } else {
    session.print_object(explanation, {});
  }
  return Ok{};
}

struct StopFlags {
  std::string id, reason;
};

std::string stop_path(const std::string& id) {
  return "/api/v2/armature/access/stops/" + http::percent_encode(id);
}

const std::vector<Column> kStopColumns = {
    {"STOP",   "stop_id"},
    {"SINCE",  "since"  },
    {"REASON", "reason" }
};

Status stop(Session& session, const StopFlags& flags) {
  JsonObject body;
  body["reason"] = flags.reason;
  ARMATURE_TRY(const Json made, session.send("PUT", stop_path(flags.id), body));
  session.print_object(made, kStopColumns);
  return Ok{};
}

Status resume(Session& session, const StopFlags& flags) {
  ARMATURE_TRY(const Json done, session.send("DELETE", stop_path(flags.id), nullptr));
  session.note(flags.id + " goes on\n");
  return Ok{};
}

Status list_stops(Session& session) {
  ARMATURE_TRY(const Json page, session.get("/api/v2/armature/access/stops"));
  session.print_list(page, "stops", kStopColumns);
  return Ok{};
}

void add_stop_verbs(CLI::App& access, Session& session) {
  const char* const what = "all, dag:ID, identity:NAME or subscription:GUID";
  auto flags = std::make_shared<StopFlags>();
  auto* stopping = access.add_subcommand(
      "stop", "Stop mutations at the gateway, at once; reads and polls go on");
  stopping->footer("Example:\n  armature access stop dag:etl --reason 'wrong region'");
  stopping->add_option("what", flags->id, what)->required();
  stopping->add_option("--reason", flags->reason, "What a refused caller is told");
  session.run_on(*stopping, [&session, flags] { return stop(session, *flags); });
  auto* resuming = access.add_subcommand("resume", "Lift a stop");
  resuming->footer("Example:\n  armature access resume dag:etl");
  resuming->add_option("what", flags->id, what)->required();
  session.run_on(*resuming, [&session, flags] { return resume(session, *flags); });
  auto* list = access.add_subcommand("stops", "What is stopped");
  list->footer("Example:\n  armature access stops");
  session.run_on(*list, [&session] { return list_stops(session); });
}

}  // namespace

void add_access_verbs(CLI::App& app, Session& session) {
  auto* audit = app.add_subcommand("audit", "Every decision and outcome of the gateway");
  audit->require_subcommand(1);
  auto flags = std::make_shared<AuditFlags>();
  auto* list = audit->add_subcommand("list", "Records, oldest first");
  list->footer(
      "Example:\n  armature audit list --run manual__2026-01-01T00:00:00+00:00 --decision deny");
  list->add_option("--dag", flags->dag_id, "Only of this DAG");
  list->add_option("--run", flags->run_id, "Only of this run");
  list->add_option("--task", flags->task_id, "Only of this task");
  list->add_option("--decision", flags->decision, "allow, deny, succeeded, failed or unknown");
  list->add_option("--limit", flags->limit, "The newest so many")->check(CLI::Range(1, 10'000));
  session.run_on(*list, [&session, flags] { return list_audit(session, *flags); });
  auto* verify = audit->add_subcommand("verify", "Check the hash chain from its first record");
  verify->footer("Example:\n  armature audit verify");
  session.run_on(*verify, [&session] { return verify_audit(session); });

  auto* access = app.add_subcommand("access", "Why a call was denied; stopping calls");
  access->require_subcommand(1);
  auto* why = access->add_subcommand("explain", "The last denial of a task, and how to mend it");
  why->footer("Example:\n  armature access explain manual__2026-01-01T00:00:00+00:00 deploy");
  why->add_option("run_id", flags->run_id, "Run id")->required();
  why->add_option("task_id", flags->task_id, "Task id")->required();
  why->add_option("--dag", flags->dag_id, "Its DAG, when the run id is not unique");
  session.run_on(*why, [&session, flags] { return explain(session, *flags); });
  add_stop_verbs(*access, session);
}

}  // namespace armature::cli
