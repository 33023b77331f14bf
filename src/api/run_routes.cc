#include "api/problem.h"
#include "api/routes.h"
#include "api/shapes.h"
#include "base/time.h"

namespace armature::api {
namespace {

http::Response list_runs(const Services& services, const http::Call& call) {
  const auto limit = query_number(call, "limit", 50, 1, 1000);
  if (!limit) return problem(limit.error());
  const auto offset = query_number(call, "offset", 0, 0, 1'000'000'000);
  if (!offset) return problem(offset.error());
  const auto page = services.orchestrator.runs(
      {call.path.at("dag_id"), call.query_value("state"), *limit, *offset});
  if (!page) return problem(page.error());
  JsonArray runs;
  for (const auto& run : page->runs) runs.push_back(run_json(run));
  return ok(page_json("dag_runs", std::move(runs), page->total));
}

http::Response trigger_run(const Services& services, const http::Call& call) {
  auto body = strict_body(call.request, {"dag_run_id", "logical_date", "conf", "note"});
  if (!body) return problem(body.error());
  const Json whole(*body);
  orchestrator::Orchestrator::Trigger trigger;
  trigger.run_id = text_at(whole, "dag_run_id");
  trigger.note = text_at(whole, "note");
  trigger.triggered_by = "rest_api";
  if (const Json* conf = find(whole, "conf"); conf && !conf->is_null()) {
    if (!conf->is_object()) return problem(422, "conf: an object is expected");
    trigger.conf = conf->get_object();
  }
  if (const std::string date = text_at(whole, "logical_date"); !date.empty()) {
    const auto at = from_rfc3339(date);
    if (!at) return problem(Error(at.error()).in("logical_date"));
    trigger.logical_date = *at;
  }
  const auto run = services.orchestrator.trigger(call.path.at("dag_id"), std::move(trigger));
  return run ? ok(run_json(*run)) : problem(run.error());
}

http::Response list_task_instances(const Services& services, const http::Call& call) {
  const auto tasks =
      services.orchestrator.task_instances(call.path.at("dag_id"), call.path.at("dag_run_id"));
  if (!tasks) return problem(tasks.error());
  JsonArray out;
  for (const auto& task : *tasks) out.push_back(task_instance_json(task));
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("task_instances", std::move(out), total));
}

http::Response one_task_instance(const Services& services, const http::Call& call) {
  const auto tasks =
      services.orchestrator.task_instances(call.path.at("dag_id"), call.path.at("dag_run_id"));
  if (!tasks) return problem(tasks.error());
  for (const auto& task : *tasks) {
    if (task.task_id == call.path.at("task_id")) return ok(task_instance_json(task));
  }
  return problem(404, "no task '" + call.path.at("task_id") + "' in this run");
}

// The log as text with where to go on: "continuation_token" is the next offset; null at the end.
http::Response task_log(const Services& services, const http::Call& call) {
  int try_number = 0;
  std::int64_t offset = 0;
  try {
    try_number = std::stoi(call.path.at("try_number"));
    offset = std::stoll(call.query_value("token", "0"));
  } catch (const std::exception&) {
    return problem(422, "try_number and token are whole numbers");
  }
  const auto chunk = services.orchestrator.log(call.path.at("dag_id"), call.path.at("dag_run_id"),
                                               call.path.at("task_id"), try_number, offset);
  if (!chunk) return problem(chunk.error());
  JsonObject out;
  out["content"] = JsonArray{Json(chunk->text)};
  out["continuation_token"] =
      chunk->finished ? Json(nullptr) : Json(std::to_string(chunk->next_offset));
  return ok(out);
}

http::Response xcom_entry(const Services& services, const http::Call& call) {
  const auto value = services.orchestrator.xcom(call.path.at("dag_id"), call.path.at("dag_run_id"),
                                                call.path.at("task_id"), call.path.at("xcom_key"));
  if (!value) return problem(value.error());
  JsonObject out;
  out["dag_id"] = call.path.at("dag_id");
  out["run_id"] = call.path.at("dag_run_id");
  out["task_id"] = call.path.at("task_id");
  out["key"] = call.path.at("xcom_key");
  out["map_index"] = -1;
  out["value"] = *value;
  return ok(out);
}

http::Response clear_tasks(const Services& services, const http::Call& call) {
  auto body = strict_body(call.request, {"dag_run_id", "task_ids", "only_failed", "dry_run",
                                         "include_downstream", "reset_dag_runs"});
  if (!body) return problem(body.error());
  const Json whole(*body);
  const std::string run = text_at(whole, "dag_run_id");
  if (run.empty()) return problem(422, "dag_run_id: is required");
  orchestrator::Orchestrator::Clear clear;
  clear.only_failed = bool_at(whole, "only_failed", true);
  clear.dry_run = bool_at(whole, "dry_run", true);
  clear.downstream = bool_at(whole, "include_downstream", false);
  if (const Json* ids = find(whole, "task_ids"); ids && ids->is_array()) {
    for (const Json& id : ids->get_array()) {
      if (!id.is_string()) return problem(422, "task_ids: a list of task ids is expected");
      clear.task_ids.emplace_back(as_text(id));
    }
  }
  const auto cleared = services.orchestrator.clear(call.path.at("dag_id"), run, std::move(clear));
  if (!cleared) return problem(cleared.error());
  JsonArray out;
  for (const auto& task : *cleared) out.push_back(task_instance_json(task));
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("task_instances", std::move(out), total));
}

http::Response dependencies(const Services& services, const http::Call& call) {
  const auto held = services.orchestrator.held_by(
      call.path.at("dag_id"), call.path.at("dag_run_id"), call.path.at("task_id"));
  if (!held) return problem(held.error());
  JsonArray out;
  if (*held) {
    JsonObject one;
    one["name"] = "Task Instance Slots Available";
    one["reason"] = **held;
    out.push_back(std::move(one));
  }
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("dependencies", std::move(out), total));
}

}  // namespace

void add_run_routes(http::Router& router, const Services& services) {
  router.add("GET", "/api/v2/dags/{dag_id}/dagRuns",
             [services](const http::Call& call) { return list_runs(services, call); });
  router.add("POST", "/api/v2/dags/{dag_id}/dagRuns",
             [services](const http::Call& call) { return trigger_run(services, call); });
  router.add("GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}",
             [services](const http::Call& call) {
               const auto run =
                   services.orchestrator.run(call.path.at("dag_id"), call.path.at("dag_run_id"));
               return run ? ok(run_json(*run)) : problem(run.error());
             });
  router.add("GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances",
             [services](const http::Call& call) { return list_task_instances(services, call); });
  router.add("GET", "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}",
             [services](const http::Call& call) { return one_task_instance(services, call); });
  router.add("GET",
             "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/dependencies",
             [services](const http::Call& call) { return dependencies(services, call); });
  router.add("GET",
             "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}",
             [services](const http::Call& call) { return task_log(services, call); });
  router.add(
      "GET",
      "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/xcomEntries/{xcom_key}",
      [services](const http::Call& call) { return xcom_entry(services, call); });
  router.add("POST", "/api/v2/dags/{dag_id}/clearTaskInstances",
             [services](const http::Call& call) { return clear_tasks(services, call); });
}

}  // namespace armature::api
