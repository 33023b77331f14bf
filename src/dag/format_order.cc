// The canonical order of keys, which is the order in which people ask: what is it, when does it
// run, what may it touch, what does it do, and what if that fails.
#include <algorithm>
#include <map>

#include "dag/format_tree.h"

namespace armature::dag {
namespace {

const std::map<std::string, TextShape>& shapes() {
  static const std::map<std::string, TextShape> kShapes = {
      {"dag",
       {{"version",
         "dag_id",
         "dag_display_name",
         "description",
         "doc_md",
         "tags",
         "schedule",
         "timezone",
         "start_date",
         "end_date",
         "catchup",
         "first_run",
         "max_active_runs",
         "max_active_tasks",
         "dagrun_timeout",
         "fail_fast",
         "is_paused_upon_creation",
         "render_template_as_native_obj",
         "params",
         "user_defined_macros",
         "access",
         "*",
         "on_success_callback",
         "on_failure_callback",
         "default_args",
         "task_groups",
         "tasks"},
        {{"schedule", "schedule"},
         {"access", "access"},
         {"default_args", "task"},
         {"task_groups", "group"},
         {"tasks", "task"}}}                                                                      },
      {"schedule", {{"cron", "every", "timezone", "*"}, {}}                                       },
      {"access",   {{"azure", "*"}, {{"azure", "azure"}}}                                         },
      {"azure",    {{"tenant_id", "identity", "max_token_ttl", "*", "roles"}, {{"roles", "role"}}}},
      {"role",     {{"role", "scope", "tasks", "assignable_roles", "*"}, {}}                      },
      {"group",
       {{"group_id", "group_name", "tooltip", "parent_group", "prefix_group_id", "dependencies",
         "*", "default_args"},
        {{"default_args", "task"}}}                                                               },
      {"task",
       {{"task_id",
         "operator",
         "task_group",
         "dependencies",
         "upstream",
         "trigger_rule",
         "run_if",
         "skip_if",
         "<<",
         "*",
         "do_xcom_push",
         "retries",
         "retry_delay",
         "retry_exponential_backoff",
         "max_retry_delay",
         "retry_on",
         "execution_timeout",
         "pool",
         "pool_slots",
         "priority_weight",
         "weight_rule",
         "max_active_tis_per_dag",
         "max_active_tis_per_dagrun",
         "on_execute_callback",
         "on_success_callback",
         "on_failure_callback",
         "on_retry_callback",
         "on_skipped_callback",
         "owner",
         "doc_md"},
        {}}                                                                                       },
  };
  return kShapes;
}

}  // namespace

const TextShape* shape_of(const std::string& name) {
  const auto found = shapes().find(name);
  return found == shapes().end() ? nullptr : &found->second;
}

const std::string* shape_below(const TextShape* shape, const std::string& key) {
  if (shape == nullptr) return nullptr;
  const auto found =
      std::ranges::find(shape->below, key, &std::pair<std::string, std::string>::first);
  return found == shape->below.end() ? nullptr : &found->second;
}

}  // namespace armature::dag
