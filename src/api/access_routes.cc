#include "access/explain.h"
#include "api/problem.h"
#include "api/routes.h"
#include "api/shapes.h"

namespace armature::api {
namespace {

http::Response list_audit(const access::AuditLog& audit, const http::Call& call) {
  const auto limit = query_number(call, "limit", 100, 1, 10'000);
  if (!limit) return problem(limit.error());
  const auto after = query_number(call, "after", 0, 0, 2'000'000'000);
  if (!after) return problem(after.error());
  access::AuditQuery query;
  query.dag_id = call.query_value("dag_id");
  query.run_id = call.query_value("dag_run_id");
  query.task_id = call.query_value("task_id");
  query.decision = call.query_value("decision");
  query.after_sequence = *after;
  query.limit = *limit;
  query.newest_first = call.query_value("order_by") == "-sequence";
  const auto records = audit.list(query);
  if (!records) return problem(records.error());
  JsonArray out;
  for (const auto& record : *records) out.push_back(access::to_json(record));
  const auto total = static_cast<std::int64_t>(out.size());
  return ok(page_json("records", std::move(out), total));
}

http::Response verify_audit(const access::AuditLog& audit) {
  const auto verdict = audit.verify();
  if (!verdict) return problem(verdict.error());
  JsonObject out;
  out["holds"] = verdict->holds;
  out["records"] = verdict->records;
  out["first"] = verdict->first;
  out["last"] = verdict->last;
  out["head"] = verdict->head;
  out["broken_at"] = verdict->holds ? Json(nullptr) : Json(verdict->broken_at);
  out["why"] = verdict->holds ? Json(nullptr) : Json(verdict->why);
  return ok(out);
}

// The newest record of the task that carries an explanation.
http::Response explain(const access::AuditLog& audit, const http::Call& call) {
  access::AuditQuery query;
  query.dag_id = call.query_value("dag_id");
  query.run_id = call.query_value("dag_run_id");
  query.task_id = call.query_value("task_id");
  query.newest_first = true;
  query.limit = 10'000;
  if (query.run_id.empty() || query.task_id.empty()) {
    return problem(422, "dag_run_id and task_id are both needed");
  }
  const auto records = audit.list(query);
  if (!records) return problem(records.error());
  for (const auto& record : *records) {
    if (text_at(record.detail, "message").empty()) continue;
    JsonObject out = record.detail.as_object();
    out["text"] = access::to_text(access::explanation_from_json(record.detail));
    out["dag_id"] = record.dag_id;
    out["dag_run_id"] = record.run_id;
    out["task_id"] = record.task_id;
    out["try_number"] = record.try_number;
    out["sequence"] = record.sequence;
    return ok(out);
  }
  if (records->empty()) {
    return problem(
        404, "the audit has no call of task '" + query.task_id + "' in run '" + query.run_id + "'");
  }
  return problem(404, "no call of task '" + query.task_id + "' was denied: " +
                          std::to_string(records->size()) + " records, none with a denial");
}

}  // namespace

void add_access_routes(http::Router& router, access::AuditLog& audit) {
  router.add("GET", "/api/v2/armature/audit",
             [&audit](const http::Call& call) { return list_audit(audit, call); });
  router.add("GET", "/api/v2/armature/audit/verify",
             [&audit](const http::Call&) { return verify_audit(audit); });
  router.add("GET", "/api/v2/armature/access/explain",
             [&audit](const http::Call& call) { return explain(audit, call); });
}

}  // namespace armature::api
