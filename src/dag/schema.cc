#include "dag/schema.h"

#include "dag/dag.h"
#include "dag/timetable.h"

namespace armature::dag {
namespace {

constexpr std::string_view kDag = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Armature DAG",
  "type": "object",
  "required": ["dag_id", "tasks"],
  "additionalProperties": false,
  "properties": {
    "version": {"description": "Of the format", "const": 1},
    "dag_id": {"$ref": "#/definitions/key"},
    "dag_display_name": {"type": "string"},
    "description": {"type": "string"},
    "doc_md": {"type": "string", "description": "Markdown, for people"},
    "tags": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 100}},
    "schedule": {"description": "When runs are made; null: by hand alone", "anyOf": [
      {"type": "null"},
      {"$ref": "#/definitions/cron"},
      {"type": "object", "additionalProperties": false, "required": ["cron"], "properties": {
        "cron": {"$ref": "#/definitions/cron"}, "timezone": {"$ref": "#/definitions/zone"}}},
      {"type": "object", "additionalProperties": false, "required": ["every"], "properties": {
        "every": {"$ref": "#/definitions/duration"}, "timezone": {"$ref": "#/definitions/zone"}}}]},
    "timezone": {"$ref": "#/definitions/zone"},
    "start_date": {"$ref": "#/definitions/time"},
    "end_date": {"$ref": "#/definitions/time"},
    "catchup": {"type": "boolean", "description": "Run all that was missed since start_date"},
    "first_run": {"enum": ["next", "latest"]},
    "max_active_runs": {"type": "integer", "minimum": 1, "default": 16},
    "max_active_tasks": {"type": "integer", "minimum": 1, "default": 16,
                         "description": "Attempts of one run at once"},
    "dagrun_timeout": {"$ref": "#/definitions/duration"},
    "fail_fast": {"type": "boolean", "description": "The first failure ends the run"},
    "is_paused_upon_creation": {"type": "boolean"},
    "render_template_as_native_obj": {"const": true},
    "params": {"type": "object", "description": "Name to JSON Schema with default, or a bare value",
               "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}},
    "user_defined_macros": {"type": "object",
                            "description": "Named values; each may use params and those before it",
                            "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}},
    "default_args": {"type": "object", "description": "Fields that tasks have when they do not say",
                     "additionalProperties": false, "properties": {}},
    "task_groups": {"type": "array", "maxItems": 1000, "items": {"$ref": "#/definitions/group"}},
    "access": {"type": "object", "additionalProperties": false, "properties": {
      "azure": {"type": "object", "additionalProperties": false, "required": ["identity", "roles"],
        "description": "What the DAG may touch; nothing else is reachable", "properties": {
          "tenant_id": {"type": "string", "pattern": "^[0-9a-fA-F-]{36}$"},
          "identity": {"type": "string", "description": "A name the server knows; never a secret"},
          "max_token_ttl": {"$ref": "#/definitions/duration"},
          "roles": {"type": "array", "items": {"$ref": "#/definitions/role"}}}}}},
    "tasks": {"type": "array", "minItems": 1, "maxItems": 10000,
              "items": {"$ref": "#/definitions/task"}}
  },
  "definitions": {
    "key": {"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,250}$"},
    "text": {"type": "string"},
    "template": {"type": "string", "pattern": "\\{\\{|\\{%"},
    "expression": {"anyOf": [{"type": "boolean"},
                             {"type": "string", "pattern": "^\\s*\\{\\{[\\s\\S]*\\}\\}\\s*$"}]},
    "duration": {"description": "30s, 5m, 1h30m, PT5M or seconds",
                 "anyOf": [{"type": "string"}, {"type": "number"}]},
    "time": {"description": "A date, or RFC 3339", "anyOf": [{"type": "string"}, {"type": "null"}]},
    "zone": {"type": "string", "description": "IANA, such as Europe/Amsterdam"},
    "cron": {"description": "Five fields, or a preset",
             "anyOf": [{"type": "string", "pattern": "^[^@]"}]},
    "group": {"type": "object", "additionalProperties": false,
      "anyOf": [{"required": ["group_id"]}, {"required": ["group_name"]}],
      "properties": {
        "group_id": {"$ref": "#/definitions/key"},
        "group_name": {"$ref": "#/definitions/key"},
        "tooltip": {"type": "string"},
        "parent_group": {"type": "string", "description": "The group around it"},
        "prefix_group_id": {"type": "boolean", "default": true,
                            "description": "Ids inside begin with the group's"},
        "dependencies": {"type": "array", "items": {"$ref": "#/definitions/key"},
                         "description": "Tasks and groups that all of it waits for"},
        "default_args": {"$ref": "#/properties/default_args"}}},
    "role": {"type": "object", "additionalProperties": false, "required": ["role", "scope", "tasks"],
      "properties": {
        "role": {"type": "string", "description": "A built-in role's name or id"},
        "scope": {"type": "string", "pattern": "^(/|\\{\\{)"},
        "tasks": {"anyOf": [{"const": "all"}, {"type": "array", "minItems": 1,
                                               "items": {"type": "string"}}]},
        "assignable_roles": {"type": "array", "items": {"type": "string"}}}}
  }
})json";

constexpr std::string_view kTask = R"json({
  "run_if": {"$ref": "#/definitions/expression"},
  "skip_if": {"$ref": "#/definitions/expression"},
  "retries": {"type": "integer", "minimum": 0, "default": 0},
  "retry_delay": {"$ref": "#/definitions/duration"},
  "retry_exponential_backoff": {"type": "number", "minimum": 0,
                                "description": "A multiplier; 0 is off"},
  "max_retry_delay": {"$ref": "#/definitions/duration"},
  "retry_on": {"type": "array", "items": {"type": "string"},
               "description": "throttled, timeout, server_error, conflict_in_progress, network, task_failed, or error codes"},
  "execution_timeout": {"$ref": "#/definitions/duration"},
  "owner": {"type": "string"},
  "doc_md": {"type": "string"},
  "pool": {"type": "string", "minLength": 1, "maxLength": 256, "default": "default_pool"},
  "pool_slots": {"type": "integer", "minimum": 1, "default": 1},
  "priority_weight": {"type": "integer", "default": 1},
  "max_active_tis_per_dag": {"type": "integer", "minimum": 1},
  "max_active_tis_per_dagrun": {"type": "integer", "minimum": 1},
  "do_xcom_push": {"type": "boolean", "default": true}
})json";

JsonObject object_of(std::string_view text) {
  auto parsed = parse_json(text);
  return std::move(parsed->as_object());  // a literal above: a test reads it
}

Json enum_of(const std::vector<std::string>& names) {
  JsonArray values;
  for (const std::string& name : names) values.emplace_back(name);
  JsonObject out;
  out["enum"] = std::move(values);
  return out;
}

Json reference(std::string_view name) {
  JsonObject out;
  out["$ref"] = "#/definitions/" + std::string(name);
  return out;
}

// A value of this type, or a template that yields one.
Json argument(const ArgumentSpec& spec) {
  if (spec.type == "any") return JsonObject{};
  if (spec.type == "duration") return reference("duration");
  if (spec.type == "string") return reference("text");
  JsonObject plain;
  plain["type"] = spec.type == "int" ? "integer" : spec.type == "bool" ? "boolean" : spec.type;
  JsonObject out;
  out["anyOf"] = JsonArray{plain, reference("template")};
  return out;
}

JsonObject common_properties() {
  JsonObject out = object_of(kTask);
  out["trigger_rule"] = enum_of(trigger_rule_names());
  out["weight_rule"] = enum_of(weight_rule_names());
  return out;
}

std::vector<std::string> names_of(const OperatorSpec& spec) {
  std::vector<std::string> out = {spec.name};
  out.insert(out.end(), spec.aliases.begin(), spec.aliases.end());
  return out;
}

JsonObject task_properties(const OperatorSpec& spec) {
  JsonObject out = common_properties();
  out["task_id"] = reference("key");
  out["operator"] = enum_of(names_of(spec));
  out["task_group"] = reference("key");
  JsonObject ids;
  ids["type"] = "array";
  ids["items"] = reference("key");
  out["dependencies"] = ids;
  out["upstream"] = std::move(ids);
  for (const ArgumentSpec& one : spec.arguments) out[one.name] = argument(one);
  return out;
}

// By the operator: editors then complain about the argument, not about every operator.
JsonObject branch(const OperatorSpec& spec) {
  JsonObject operators, condition;
  operators["operator"] = enum_of(names_of(spec));
  condition["properties"] = std::move(operators);
  condition["required"] = JsonArray{"operator"};
  JsonObject then;
  then["properties"] = task_properties(spec);
  then["additionalProperties"] = false;
  JsonObject out;
  out["if"] = std::move(condition);
  out["then"] = std::move(then);
  return out;
}

JsonObject task(const std::vector<OperatorSpec>& operators) {
  std::vector<std::string> names;
  JsonArray branches;
  for (const OperatorSpec& spec : operators) {
    for (std::string& name : names_of(spec)) names.push_back(std::move(name));
    branches.push_back(branch(spec));
  }
  JsonObject properties;
  properties["task_id"] = reference("key");
  properties["operator"] = enum_of(names);
  JsonObject out;
  out["type"] = "object";
  out["required"] = JsonArray{"task_id", "operator"};
  out["properties"] = std::move(properties);
  out["allOf"] = std::move(branches);
  return out;
}

// Any field of tasks, and any operator's argument: two operators may mean different things by one.
JsonObject default_properties(const std::vector<OperatorSpec>& operators) {
  JsonObject out = common_properties();
  for (const OperatorSpec& spec : operators) {
    for (const ArgumentSpec& one : spec.arguments) out[one.name] = JsonObject{};
  }
  return out;
}

}  // namespace

Json json_schema(const std::vector<OperatorSpec>& operators) {
  JsonObject out = object_of(kDag);
  out["definitions"].as_object()["task"] = task(operators);
  std::vector<std::string> presets = {"@once"};
  for (const auto& preset : cron_presets()) presets.emplace_back(preset.first);
  out["definitions"].as_object()["cron"].as_object()["anyOf"].as_array().push_back(
      enum_of(presets));
  out["properties"].as_object()["default_args"].as_object()["properties"] =
      default_properties(operators);
  return out;
}

}  // namespace armature::dag
