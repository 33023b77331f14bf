#pragma once
// The DAG as a value: what a file says after it was read and checked. Immutable once built.
//
//   Templates stay text here (fields marked T in docs/formats/dag.md); dag/render.h evaluates them.
//   Names are Airflow's.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"

namespace armature::dag {

enum class TriggerRule {
  kAllSuccess,
  kAllFailed,
  kAllDone,
  kAllSkipped,
  kOneSuccess,
  kOneFailed,
  kOneDone,
  kNoneFailed,
  kNoneFailedMinOneSuccess,
  kNoneSkipped,
  kAlways,
  kAllDoneMinOneSuccess,
};
std::string_view to_string(TriggerRule rule);
std::optional<TriggerRule> trigger_rule_from(std::string_view name);
std::vector<std::string> trigger_rule_names();

// What a task's priority_weight is worth: alone, or with those of all tasks after or before it.
enum class WeightRule { kDownstream, kUpstream, kAbsolute };
std::string_view to_string(WeightRule rule);
std::optional<WeightRule> weight_rule_from(std::string_view name);
std::vector<std::string> weight_rule_names();

// How a failed attempt failed; `retry_on` names them. kFatal is never repeated.
enum class FailureClass {
  kThrottled,
  kTimeout,
  kServerError,
  kConflictInProgress,
  kNetwork,
  kTaskFailed,
  kFatal,
};
std::string_view to_string(FailureClass kind);

struct RetryPolicy {
  int retries = 0;
  Micros retry_delay = std::chrono::seconds(300);
  double exponential_backoff = 0;  // multiplier; 0 is off
  Micros max_retry_delay = std::chrono::hours(24);
  std::optional<std::vector<std::string>>
      retry_on;  // class names or cloud error codes; absent: the operator's own
};

struct Position {
  int line = 0;    // from 1; 0: unknown
  int column = 0;  // from 1
};

struct GroupDef {
  std::string id;  // full: with those of the groups around it, as far as they prefix
  std::string tooltip;
  std::optional<std::size_t> parent;  // index into DagDef::groups
  bool prefix_group_id = true;
  Position at;
  // What a task or group written as `name` inside this group is called.
  std::string child_id(const std::string& name) const {
    return prefix_group_id ? id + "." + name : name;
  }
};

struct TaskDef {
  explicit TaskDef(TaskId task_id) : id(std::move(task_id)) {}
  TaskId id;
  std::optional<std::size_t> group;   // index into DagDef::groups
  std::string operator_name;          // "azure.arm_deployment"
  bool instant = false;               // the operator does nothing
  std::vector<std::size_t> upstream;  // indexes into DagDef::tasks
  std::vector<std::size_t> downstream;
  TriggerRule trigger_rule = TriggerRule::kAllSuccess;
  RetryPolicy retry;
  std::optional<Micros> execution_timeout;
  std::string owner = "airflow";
  std::string doc_md;
  std::string pool = "default_pool";
  int pool_slots = 1;
  int priority_weight = 1;
  WeightRule weight_rule = WeightRule::kDownstream;
  int total_weight = 1;                       // by the rule; the order in which ready tasks start
  std::optional<int> max_active_tis_per_dag;  // of this task, in all runs of the DAG
  bool do_xcom_push = true;
  std::string run_if, skip_if;  // T; empty: absent
  JsonObject arguments;         // the operator's own fields, templates unevaluated
  Position at;
};

struct RoleEntry {  // one line of access.azure.roles
  std::string role;
  std::string scope;               // T
  std::vector<std::size_t> tasks;  // indexes; empty: all
  bool all_tasks = false;
  std::vector<std::string> assignable_roles;
  Position at;
};

struct AccessDef {
  std::string tenant_id;
  std::string identity;  // T; a name the server knows
  Micros max_token_ttl = std::chrono::hours(1);
  std::vector<RoleEntry> roles;
};

struct Schedule {
  enum class Kind { kNone, kCron, kEvery, kOnce } kind = Kind::kNone;
  std::string cron;  // five fields, presets resolved
  Micros every{0};
  std::string timezone = "UTC";
  std::string text;  // as written, for people
};

struct ParamDef {
  std::string name;
  JsonObject schema;  // JSON Schema without default
  std::optional<Json> default_value;
};

struct DagDef {
  explicit DagDef(DagId dag_id) : id(std::move(dag_id)) {}
  DagId id;
  std::string display_name, description, doc_md;
  std::vector<std::string> tags;
  Schedule schedule;
  std::optional<Instant> start_date, end_date;
  bool catchup = false;
  int max_active_runs = 16;
  int max_active_tasks = 16;
  std::optional<Micros> dagrun_timeout;
  bool fail_fast = false;
  bool is_paused_upon_creation = false;
  bool first_run_latest = false;  // first_run: next | latest
  std::vector<ParamDef> params;
  std::vector<std::pair<std::string, Json>> user_defined_macros;  // T, in order
  AccessDef access;
  std::vector<GroupDef> groups;
  std::vector<TaskDef> tasks;
  std::string file;     // path as loaded
  std::string source;   // the document's text
  std::string version;  // content hash, hex

  const TaskDef* find(std::string_view task_id) const;
  bool is_in_group(std::optional<std::size_t> inner,
                   std::size_t outer) const;  // also deeper, or it
};

}  // namespace armature::dag
