#include "orchestrator/context.h"

#include <algorithm>
#include <filesystem>

#include "base/time.h"
#include "dag/render.h"

namespace armature::orchestrator {
namespace {

Json date_or_null(const std::optional<Instant>& at) {
  return at ? Json(to_airflow_iso(*at)) : Json(nullptr);
}

// 2026-11-24T08:30:00+00:00 without its punctuation: 20261124T083000, 20261124T083000+0000.
std::string without(std::string text, std::string_view characters) {
  std::erase_if(text, [&](char c) { return characters.find(c) != std::string_view::npos; });
  return text;
}

void add_dates(JsonObject& context, const RunInfo& run) {
  if (!run.logical_date) return;
  const std::string iso = to_airflow_iso(*run.logical_date);
  const std::string day = iso.substr(0, 10);
  const std::string second = iso.substr(0, 19);
  context["logical_date"] = iso;
  context["data_interval_start"] = date_or_null(run.interval_start);
  context["data_interval_end"] = date_or_null(run.interval_end);
  context["ds"] = day;
  context["ds_nodash"] = without(day, "-");
  context["ts"] = iso;
  context["ts_nodash"] = without(second, "-:");
  context["ts_nodash_with_tz"] = without(second, "-:") + "+0000";
}

JsonObject dag_of(const dag::DagDef& dag) {
  JsonObject out;
  out["dag_id"] = dag.id.str();
  out["description"] = dag.description;
  out["display_name"] = dag.display_name;
  out["version"] = dag.version;
  JsonArray tags;
  for (const std::string& tag : dag.tags) tags.emplace_back(tag);
  out["tags"] = std::move(tags);
  return out;
}

JsonObject dag_run_of(const RunInfo& run) {
  JsonObject out;
  out["dag_id"] = run.dag_id;
  out["run_id"] = run.run_id;
  out["run_type"] = run.run_type;
  out["conf"] = run.conf;
  out["logical_date"] = date_or_null(run.logical_date);
  out["data_interval_start"] = date_or_null(run.interval_start);
  out["data_interval_end"] = date_or_null(run.interval_end);
  out["run_after"] = date_or_null(run.run_after);
  out["start_date"] = date_or_null(run.start);
  out["note"] = run.note;
  return out;
}

JsonObject task_of(const dag::TaskDef& task) {
  JsonObject out;
  out["task_id"] = task.id.str();
  out["operator"] = task.operator_name;
  out["owner"] = task.owner;
  out["retries"] = task.retry.retries;
  out["pool"] = task.pool;
  return out;
}

JsonObject instance_of(const RenderInput& input) {
  const dag::TaskDef& task = input.dag.tasks[input.task];
  JsonObject out;
  out["dag_id"] = input.dag.id.str();
  out["run_id"] = input.run.info.run_id;
  out["task_id"] = task.id.str();
  out["map_index"] = -1;
  out["try_number"] = input.try_number;
  out["max_tries"] = input.run.tasks[input.task].max_tries;
  out["operator"] = task.operator_name;
  return out;
}

// group.task is also found step by step; what is there already stays.
void add_nested(std::string_view id, JsonObject value, JsonObject& out) {
  const std::size_t dot = id.find('.');
  const std::string_view step = id.substr(0, dot);
  if (dot == std::string_view::npos) {
    out.emplace(step, std::move(value));
    return;
  }
  auto& inner = out.emplace(step, JsonObject{}).first->value();
  if (inner.is_object()) add_nested(id.substr(dot + 1), std::move(value), inner.as_object());
}

JsonObject tasks_of(const RenderInput& input) {
  JsonObject out;
  for (const TaskRow& row : input.run.tasks) {
    JsonObject one;
    const auto output = input.outputs.find(row.task_id);
    one["output"] = output == input.outputs.end() ? Json(nullptr) : output->second;
    one["state"] = dag::to_string(row.state);
    one["try_number"] = row.try_number;
    out[row.task_id] = one;
    if (row.task_id.find('.') != std::string::npos) add_nested(row.task_id, std::move(one), out);
  }
  return out;
}

}  // namespace

Result<JsonObject> make_context(const RenderInput& input) {
  JsonObject out;
  out["params"] = input.run.params;
  out["dag"] = dag_of(input.dag);
  out["dag_run"] = dag_run_of(input.run.info);
  out["run_id"] = input.run.info.run_id;
  out["task"] = task_of(input.dag.tasks[input.task]);
  out["ti"] = instance_of(input);
  out["task_instance"] = out["ti"];
  out["try_number"] = input.try_number;
  out["map_index"] = -1;
  // One entry per task of the run: made only for templates that look.
  if (reads_outputs(input.dag, input.task)) out["tasks"] = tasks_of(input);
  add_dates(out, input.run.info);
  for (const auto& [name, value] : input.dag.user_defined_macros) {
    auto rendered = dag::render_value(value, out);
    if (!rendered) return std::move(rendered).error().in("user_defined_macros." + name);
    out[name] = *std::move(rendered);
  }
  return out;
}

Status add_access(const RenderInput& input, Rendered& out) {
  const dag::AccessDef& access = input.dag.access;
  const std::string file = std::filesystem::path(input.dag.file).filename().string();
  for (const dag::RoleEntry& entry : access.roles) {
    const bool covers = entry.all_tasks || std::find(entry.tasks.begin(), entry.tasks.end(),
                                                     input.task) != entry.tasks.end();
    if (!covers) continue;
    auto scope = dag::render_text(entry.scope, out.context);
    if (!scope) return std::move(scope).error().in("scope of role " + entry.role);
    out.grants.push_back({entry.role, *std::move(scope), entry.assignable_roles,
                          file + ":" + std::to_string(entry.at.line)});
  }
  if (out.grants.empty()) return Ok{};
  auto identity = dag::render_text(access.identity, out.context);
  if (!identity) return std::move(identity).error().in("access.azure.identity");
  out.identity = *std::move(identity);
  return Ok{};
}

Result<std::string> skip_reason(const dag::TaskDef& task, const JsonObject& context) {
  if (!task.run_if.empty()) {
    auto yes = dag::render_condition(task.run_if, context);
    if (!yes) return std::move(yes).error().in("run_if");
    if (!*yes) return std::string("run_if is false");
  }
  if (!task.skip_if.empty()) {
    auto yes = dag::render_condition(task.skip_if, context);
    if (!yes) return std::move(yes).error().in("skip_if");
    if (*yes) return std::string("skip_if is true");
  }
  return std::string();
}

bool reads_outputs(const dag::DagDef& dag, std::size_t task) {
  const auto mentions = [](std::string_view text) {
    return text.find("tasks") != std::string_view::npos;
  };
  const dag::TaskDef& def = dag.tasks[task];
  if (mentions(def.run_if) || mentions(def.skip_if) || mentions(dag.access.identity)) return true;
  if (mentions(dump(Json(def.arguments)))) return true;
  for (const dag::RoleEntry& entry : dag.access.roles) {
    if (mentions(entry.scope)) return true;
  }
  return std::any_of(dag.user_defined_macros.begin(), dag.user_defined_macros.end(),
                     [&](const auto& macro) { return mentions(dump(macro.second)); });
}

Result<Rendered> render(const RenderInput& input) {
  Rendered out;
  const dag::TaskDef& task = input.dag.tasks[input.task];
  ARMATURE_TRY(out.context, make_context(input));
  ARMATURE_TRY(out.skip_reason, skip_reason(task, out.context));
  if (!out.skip_reason.empty()) return out;
  for (const auto& argument : task.arguments) {
    const std::string name = argument.key();
    if (input.traits.plain_arguments.contains(name)) {
      out.arguments[name] = argument.value();
      continue;
    }
    auto value = dag::render_value(argument.value(), out.context);
    if (!value) return std::move(value).error().in(name);
    out.arguments[name] = *std::move(value);
  }
  ARMATURE_CHECK(add_access(input, out));
  return out;
}

JsonObject storable(const JsonObject& arguments, const Redactor& redactor) {
  constexpr std::size_t kLongField = 4096;
  Json clean = redactor.clean(Json(arguments));
  JsonObject out = std::move(clean.as_object());
  if (dump(Json(out)).size() <= kMaxRenderedBytes) return out;
  for (auto& field : out) {
    const std::size_t size = dump(field.value()).size();
    if (size > kLongField) field.value() = "(" + std::to_string(size) + " bytes, not kept)";
  }
  if (dump(Json(out)).size() <= kMaxRenderedBytes) return out;
  return {
      {"truncated", true}
  };
}

Json without_secrets(Json value, const Redactor& redactor) {
  if (value.is_string()) return Json(redactor.clean(as_text(value)));
  if (auto* array = value.if_array()) {
    for (Json& element : *array) element = without_secrets(std::move(element), redactor);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) {
      member.value() = without_secrets(std::move(member.value()), redactor);
    }
  }
  return value;
}

}  // namespace armature::orchestrator
