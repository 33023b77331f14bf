#include "api/shapes.h"

#include "base/time.h"

namespace armature::api {
namespace {

constexpr double kMicrosPerSecond = 1e6;

Json seconds_between(const std::optional<Instant>& start, const std::optional<Instant>& end) {
  if (!start || !end) return nullptr;
  return static_cast<double>((*end - *start).count()) / kMicrosPerSecond;
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json time_delta(Micros length) {
  JsonObject out;
  out["__type"] = "TimeDelta";
  out["days"] = length.count() / 86'400'000'000;
  out["seconds"] = length.count() / 1'000'000 % 86'400;
  out["microseconds"] = length.count() % 1'000'000;
  return out;
}

}  // namespace

Json time_json(const std::optional<Instant>& at) {
  return at ? Json(to_rfc3339(*at)) : Json(nullptr);
}

Json page_json(std::string_view name, JsonArray entries, std::int64_t total) {
  JsonObject out;
  out[name] = std::move(entries);
  out["total_entries"] = total;
  return out;
}

Json dag_json(const orchestrator::DagInfo& info) {
  const dag::DagDef& def = *info.def;
  JsonObject out;
  out["dag_id"] = def.id.str();
  out["dag_display_name"] = def.display_name.empty() ? def.id.str() : def.display_name;
  out["description"] = text_or_null(def.description);
  out["is_paused"] = info.paused;
  out["is_stale"] = false;
  out["has_import_errors"] = !info.errors.empty();
  out["fileloc"] = def.file;
  JsonArray tags;
  for (const std::string& tag : def.tags) {
    JsonObject one;
    one["name"] = tag;
    one["dag_id"] = def.id.str();
    tags.push_back(std::move(one));
  }
  out["tags"] = std::move(tags);
  JsonArray owners;
  for (const dag::TaskDef& task : def.tasks) {
    if (std::ranges::find(owners, Json(task.owner)) == owners.end())
      owners.emplace_back(task.owner);
  }
  out["owners"] = std::move(owners);
  out["timetable_summary"] = text_or_null(def.schedule.text);
  out["timetable_description"] = text_or_null(def.schedule.text);
  out["max_active_tasks"] = def.max_active_tasks;
  out["max_active_runs"] = def.max_active_runs;
  out["max_consecutive_failed_dag_runs"] = 0;
  out["has_task_concurrency_limits"] = std::ranges::any_of(
      def.tasks, [](const dag::TaskDef& task) { return task.max_active_tis_per_dag.has_value(); });
  out["next_dagrun_run_after"] = time_json(info.next_run_after);
  return out;
}

Json dag_details_json(const orchestrator::DagInfo& info) {
  const dag::DagDef& def = *info.def;
  Json out = dag_json(info);
  JsonObject& object = out.get_object();
  object["doc_md"] = text_or_null(def.doc_md);
  object["catchup"] = def.catchup;
  object["timezone"] = def.schedule.timezone;
  object["start_date"] = time_json(def.start_date);
  object["end_date"] = time_json(def.end_date);
  object["dag_version"] = def.version;
  JsonObject params;
  for (const dag::ParamDef& param : def.params) {
    JsonObject one;
    one["value"] = param.default_value ? *param.default_value : Json(nullptr);
    one["schema"] = param.schema;
    params[param.name] = std::move(one);
  }
  object["params"] = std::move(params);
  JsonArray roles;
  for (const dag::RoleEntry& entry : def.access.roles) {
    JsonObject role;
    role["role"] = entry.role;
    role["scope"] = entry.scope;
    JsonArray tasks;
    for (const std::size_t task : entry.tasks) tasks.emplace_back(def.tasks[task].id.str());
    role["tasks"] = entry.all_tasks ? Json("all") : Json(std::move(tasks));
    roles.push_back(std::move(role));
  }
  JsonObject access;
  access["identity"] = def.access.identity;
  access["roles"] = std::move(roles);
  object["access"] = std::move(access);
  JsonArray groups;
  for (const dag::GroupDef& group : def.groups) {
    JsonObject one;
    one["group_id"] = group.id;
    one["parent_group_id"] = group.parent ? Json(def.groups[*group.parent].id) : Json(nullptr);
    one["tooltip"] = text_or_null(group.tooltip);
    groups.push_back(std::move(one));
  }
  object["task_groups"] = std::move(groups);
  JsonArray errors;
  for (const dag::Diagnostic& error : info.errors) errors.push_back(dag::to_json(error));
  object["import_errors"] = std::move(errors);
  return out;
}

Json task_json(const dag::DagDef& dag, const dag::TaskDef& task) {
  JsonObject out;
  out["task_id"] = task.id.str();
  out["task_display_name"] = task.id.str();
  out["operator_name"] = task.operator_name;
  out["owner"] = task.owner;
  JsonArray downstream;
  for (const std::size_t index : task.downstream)
    downstream.emplace_back(dag.tasks[index].id.str());
  out["downstream_task_ids"] = std::move(downstream);
  out["task_group_id"] = task.group ? Json(dag.groups[*task.group].id) : Json(nullptr);
  out["trigger_rule"] = dag::to_string(task.trigger_rule);
  out["retries"] = task.retry.retries;
  out["retry_delay"] = time_delta(task.retry.retry_delay);
  out["retry_exponential_backoff"] = task.retry.exponential_backoff;
  out["execution_timeout"] =
      task.execution_timeout ? time_delta(*task.execution_timeout) : Json(nullptr);
  out["pool"] = task.pool;
  out["pool_slots"] = task.pool_slots;
  out["priority_weight"] = task.priority_weight;
  out["weight_rule"] = dag::to_string(task.weight_rule);
  out["doc_md"] = text_or_null(task.doc_md);
  out["depends_on_past"] = false;
  out["wait_for_downstream"] = false;
  out["is_mapped"] = false;
  return out;
}

Json run_json(const orchestrator::RunInfo& run) {
  JsonObject out;
  out["dag_run_id"] = run.run_id;
  out["dag_id"] = run.dag_id;
  out["dag_display_name"] = run.dag_id;
  out["state"] = dag::to_string(run.state);
  out["run_type"] = run.run_type;
  out["triggered_by"] = run.triggered_by;
  out["conf"] = run.conf;
  out["note"] = text_or_null(run.note);
  out["dag_version"] = run.dag_version;
  out["logical_date"] = time_json(run.logical_date);
  out["data_interval_start"] = time_json(run.interval_start);
  out["data_interval_end"] = time_json(run.interval_end);
  out["run_after"] = time_json(run.run_after);
  out["queued_at"] = time_json(run.queued_at);
  out["start_date"] = time_json(run.start);
  out["end_date"] = time_json(run.end);
  out["duration"] = seconds_between(run.start, run.end);
  return out;
}

Json task_instance_json(const orchestrator::TaskInfo& task) {
  JsonObject out;
  out["task_id"] = task.task_id;
  out["task_display_name"] = task.task_id;
  out["dag_id"] = task.dag_id;
  out["dag_run_id"] = task.run_id;
  out["map_index"] = task.map_index;
  out["state"] =
      task.state == dag::TaskState::kNone ? Json(nullptr) : Json(dag::to_string(task.state));
  out["try_number"] = task.try_number;
  out["max_tries"] = task.max_tries;
  out["operator_name"] = task.operator_name;
  out["operator"] = task.operator_name;
  out["queued_when"] = time_json(task.queued_at);
  out["start_date"] = time_json(task.start);
  out["end_date"] = time_json(task.end);
  out["duration"] = seconds_between(task.start, task.end);
  out["rendered_fields"] = task.rendered;
  out["note"] = text_or_null(task.error);
  out["error"] = text_or_null(task.error);
  return out;
}

}  // namespace armature::api
