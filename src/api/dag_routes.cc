#include "api/problem.h"
#include "api/routes.h"
#include "api/shapes.h"
#include "dag/schema.h"

namespace armature::api {
namespace {

http::Response list_dags(const Services& services, const http::Call& call) {
  const auto limit = query_number(call, "limit", 50, 1, 1000);
  if (!limit) return problem(limit.error());
  const auto offset = query_number(call, "offset", 0, 0, 1'000'000);
  if (!offset) return problem(offset.error());
  const auto dags = services.orchestrator.dags();
  JsonArray page;
  for (std::size_t i = static_cast<std::size_t>(*offset);
       i < dags.size() && page.size() < static_cast<std::size_t>(*limit); ++i) {
    if (dags[i].def) page.push_back(dag_json(dags[i]));
  }
  return ok(page_json("dags", std::move(page), static_cast<std::int64_t>(dags.size())));
}

http::Response patch_dag(const Services& services, const http::Call& call) {
  auto body = strict_body(call.request, {"is_paused"});
  if (!body) return problem(body.error());
  const Json* paused = body->if_contains("is_paused");
  if (!paused || !paused->is_bool()) return problem(422, "is_paused: true or false is expected");
  const std::string& id = call.path.at("dag_id");
  if (auto done = services.orchestrator.set_paused(id, paused->get_bool()); !done) {
    return problem(done.error());
  }
  const auto info = services.orchestrator.dag(id);
  return info ? ok(dag_json(*info)) : problem(info.error());
}

http::Response list_tasks(const Services& services, const http::Call& call) {
  const auto info = services.orchestrator.dag(call.path.at("dag_id"));
  if (!info) return problem(info.error());
  JsonArray tasks;
  for (const dag::TaskDef& task : info->def->tasks) tasks.push_back(task_json(*info->def, task));
  const auto total = static_cast<std::int64_t>(tasks.size());
  return ok(page_json("tasks", std::move(tasks), total));
}

http::Response dag_source(const Services& services, const http::Call& call) {
  const auto info = services.orchestrator.dag(call.path.at("dag_id"));
  if (!info) return problem(info.error());
  JsonObject out;
  out["dag_id"] = info->def->id.str();
  out["content"] = info->def->source;
  out["dag_version"] = info->def->version;
  return ok(out);
}

http::Response import_errors(const Services& services) {
  JsonArray errors;
  for (const dag::Diagnostic& error : services.orchestrator.import_errors()) {
    JsonObject one = dag::to_json(error).as_object();
    one["filename"] = error.file;
    one["stack_trace"] = dag::to_text(error);
    errors.push_back(std::move(one));
  }
  const auto total = static_cast<std::int64_t>(errors.size());
  return ok(page_json("import_errors", std::move(errors), total));
}

}  // namespace

void add_dag_routes(http::Router& router, const Services& services) {
  router.add("GET", "/api/v2/dags",
             [services](const http::Call& call) { return list_dags(services, call); });
  router.add("GET", "/api/v2/dags/{dag_id}", [services](const http::Call& call) {
    const auto info = services.orchestrator.dag(call.path.at("dag_id"));
    return info ? ok(dag_json(*info)) : problem(info.error());
  });
  router.add("GET", "/api/v2/dags/{dag_id}/details", [services](const http::Call& call) {
    const auto info = services.orchestrator.dag(call.path.at("dag_id"));
    return info ? ok(dag_details_json(*info)) : problem(info.error());
  });
  router.add("PATCH", "/api/v2/dags/{dag_id}",
             [services](const http::Call& call) { return patch_dag(services, call); });
  router.add("GET", "/api/v2/dags/{dag_id}/tasks",
             [services](const http::Call& call) { return list_tasks(services, call); });
  router.add("GET", "/api/v2/dagSources/{dag_id}",
             [services](const http::Call& call) { return dag_source(services, call); });
  router.add("GET", "/api/v2/armature/dagSchema", [](const http::Call&) {
    return ok(dag::json_schema(orchestrator::operator_specs()));
  });
  router.add("GET", "/api/v2/importErrors",
             [services](const http::Call&) { return import_errors(services); });
}

}  // namespace armature::api
