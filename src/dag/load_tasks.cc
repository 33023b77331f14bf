// The tasks of a DAG: their common fields and the arguments of their operators.
#include <algorithm>
#include <set>
#include <unordered_set>

#include "base/bytes.h"
#include "base/time.h"
#include "dag/load_internal.h"

namespace armature::dag {
namespace {

constexpr std::size_t kMaxTasks = 10'000;
constexpr std::size_t kMaxPoolName = 256;

const std::vector<std::string>& own_fields() {
  static const std::vector<std::string> kNames = {"task_id", "operator", "dependencies", "upstream",
                                                  "task_group"};
  return kNames;
}
const std::vector<std::string>& later_fields() {
  static const std::vector<std::string> kNames = {"queued_timeout",
                                                  "queue",
                                                  "locks",
                                                  "depends_on_past",
                                                  "wait_for_downstream",
                                                  "depends_on_previous_tasks",
                                                  "deferrable",
                                                  "resume",
                                                  "idempotency_key",
                                                  "multiple_outputs",
                                                  "partial",
                                                  "expand",
                                                  "expand_kwargs",
                                                  "map_index_template",
                                                  "max_map_length",
                                                  "on_execute_callback",
                                                  "on_success_callback",
                                                  "on_failure_callback",
                                                  "on_retry_callback",
                                                  "on_skipped_callback",
                                                  "task_display_name",
                                                  "inlets",
                                                  "outlets",
                                                  "executor_config",
                                                  "executor",
                                                  "email",
                                                  "email_on_failure",
                                                  "email_on_retry",
                                                  "run_as_user",
                                                  "params",
                                                  "start_date",
                                                  "end_date"};
  return kNames;
}
bool has(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}
class TaskReader {
 public:
  TaskReader(const YamlNode* defaults, const std::vector<OperatorSpec>& operators, Draft& draft)
      : defaults_(defaults), operators_(operators), draft_(draft), report_(draft.report) {}

  void read_all(const YamlNode& list) {
    if (list.items.size() > kMaxTasks) {
      report_.error(list.at, "tasks", "too_large", "more than 10,000 tasks");
      return;
    }
    check_all_defaults();
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      path_ = "tasks[" + std::to_string(i) + "]";
      if (list.items[i].is_map()) {
        read(list.items[i]);
      } else {
        report_.wrong_type(list.items[i], path_, "a mapping with task_id and operator");
      }
    }
  }

 private:
  void check_all_defaults() {
    std::vector<std::string> known = common_task_fields();
    for (const OperatorSpec& spec : operators_) {
      for (const ArgumentSpec& one : spec.arguments) known.push_back(one.name);
    }
    if (defaults_ != nullptr) check_defaults({defaults_, "default_args"}, known);
    for (const GroupDraft& group : draft_.groups) {
      const bool own = !group.defaults.empty() && group.defaults[0].path.starts_with(group.path);
      if (own) check_defaults(group.defaults[0], known);
    }
  }

  void check_defaults(const Fields::Defaults& defaults, const std::vector<std::string>& known) {
    for (const auto& entry : defaults.map->entries) {
      if (has(known, entry.key)) continue;
      const std::string path = defaults.path + "." + entry.key;
      if (has(own_fields(), entry.key)) {
        report_.error(entry.at, path, "invalid_value",
                      "'" + entry.key + "' belongs to each task, it has no default");
      } else if (has(later_fields(), entry.key)) {
        report_.error(entry.at, path, "unsupported_field",
                      "'" + entry.key + "' is no field of a task that this version runs",
                      "remove it: a field that does nothing would mislead");
      } else {
        report_.error(entry.at, path, "unknown_key",
                      "'" + entry.key + "' is neither a field of tasks nor an operator's argument",
                      did_you_mean(entry.key, known));
      }
    }
  }

  // The group stands among the task's own fields: it says where the rest of the defaults are.
  std::optional<std::size_t> read_group(const YamlNode& node) {
    const auto* entry = node.find("task_group");
    if (entry == nullptr || !entry->value.is_string()) return std::nullopt;
    return find_group(std::string(entry->value.text()), entry->value.at, path_ + ".task_group",
                      draft_);
  }

  std::optional<TaskId> read_id(Fields& fields, std::optional<std::size_t> group) {
    const YamlNode* node = fields.require("task_id");
    auto text = fields.text("task_id");
    if (!text) return std::nullopt;
    const bool good = is_airflow_key(*text);
    if (group) text = draft_.dag.groups[*group].child_id(*text);
    auto id = TaskId::parse(*text);
    if (!good || !is_airflow_key(*text) || !id) {
      report_.error(node->at, path_ + ".task_id", "invalid_value",
                    "a task id has 1 to 250 letters, digits, '_', '.' or '-'");
      return std::nullopt;
    }
    const bool is_group =
        std::ranges::find(draft_.dag.groups, *text, &GroupDef::id) != draft_.dag.groups.end();
    if (!seen_.insert(*text).second || is_group) {
      report_.error(node->at, path_ + ".task_id", "duplicate_task",
                    std::string("there is already a ") + (is_group ? "task group" : "task") + " '" +
                        *text + "'");
      return std::nullopt;
    }
    return *id;
  }

  void read(const YamlNode& node) {
    const auto group = read_group(node);
    std::vector<Fields::Defaults> defaults;
    if (group) defaults = draft_.groups[*group].defaults;
    if (defaults_ != nullptr) defaults.push_back({defaults_, "default_args"});
    Fields fields(node, path_, std::move(defaults), report_);
    fields.text("task_group");
    const auto id = read_id(fields, group);
    const OperatorSpec* spec = read_operator(fields);
    if (!id) return;
    TaskDef task(*id);
    task.group = group;
    task.at = node.at;
    if (spec != nullptr) {
      task.operator_name = spec->name;
      task.instant = spec->instant;
    }
    read_common(fields, task);
    draft_.dependencies.push_back(read_dependencies(fields, "dependencies"));
    std::ranges::move(read_dependencies(fields, "upstream"),
                      std::back_inserter(draft_.dependencies.back()));
    draft_.needs_azure.push_back(spec != nullptr && spec->needs_azure);
    if (spec != nullptr) {
      read_arguments(fields, *spec, task);
      fields.refuse(later_fields());
      fields.finish(later_fields());
    }
    draft_.dag.tasks.push_back(std::move(task));
  }

  const OperatorSpec* read_operator(Fields& fields) {
    const YamlNode* node = fields.require("operator");
    const auto name = fields.text("operator");
    if (!name) return nullptr;
    std::vector<std::string> names;
    for (const OperatorSpec& spec : operators_) {
      if (spec.name == *name || has(spec.aliases, *name)) return &spec;
      names.push_back(spec.name);
    }
    report_
        .error(node->at, path_ + ".operator", "unknown_operator",
               "there is no operator '" + *name + "'", did_you_mean(*name, names))
        .expected = join(names, ", ");
    return nullptr;
  }

  void read_common(Fields& fields, TaskDef& task) {
    const YamlNode* rule = fields.take("trigger_rule");
    if (const auto name = fields.text("trigger_rule")) {
      if (const auto known = trigger_rule_from(*name)) {
        task.trigger_rule = *known;
      } else {
        report_.error(rule->at, fields.path_of("trigger_rule"), "invalid_value",
                      "there is no trigger rule '" + *name + "'",
                      did_you_mean(*name, trigger_rule_names()));
      }
      if (draft_.dag.fail_fast && task.trigger_rule != TriggerRule::kAllSuccess) {
        report_.error(rule->at, fields.path_of("trigger_rule"), "invalid_value",
                      "with fail_fast every trigger rule must be all_success");
      }
    }
    task.run_if = condition(fields, "run_if");
    task.skip_if = condition(fields, "skip_if");
    read_retries(fields, task.retry);
    task.execution_timeout = fields.duration("execution_timeout");
    task.owner = fields.text("owner").value_or(task.owner);
    task.doc_md = fields.text("doc_md").value_or("");
    read_slots(fields, task);
    task.do_xcom_push = fields.flag("do_xcom_push").value_or(true);
  }

  void read_slots(Fields& fields, TaskDef& task) {
    const YamlNode* pool = fields.take("pool");
    task.pool = fields.text("pool").value_or(task.pool);
    if (task.pool.empty() || task.pool.size() > kMaxPoolName) {
      report_.error(pool->at, fields.path_of("pool"), "invalid_value",
                    "a pool's name has 1 to 256 characters");
    }
    task.pool_slots = static_cast<int>(fields.integer("pool_slots", 1).value_or(1));
    task.priority_weight =
        static_cast<int>(fields.integer("priority_weight", -1'000'000'000).value_or(1));
    const YamlNode* rule = fields.take("weight_rule");
    if (const auto name = fields.text("weight_rule")) {
      const auto known = weight_rule_from(*name);
      task.weight_rule = known.value_or(task.weight_rule);
      if (!known) {
        report_
            .error(rule->at, fields.path_of("weight_rule"), "invalid_value",
                   "there is no weight rule '" + *name + "'",
                   did_you_mean(*name, weight_rule_names()))
            .expected = join(weight_rule_names(), ", ");
      }
    }
    if (const auto most = fields.integer("max_active_tis_per_dag", 1)) {
      task.max_active_tis_per_dag = static_cast<int>(*most);
    }
    fields.integer("max_active_tis_per_dagrun", 1);  // a task is once in a run: any value holds
  }

  void read_retries(Fields& fields, RetryPolicy& retry) {
    retry.retries = static_cast<int>(fields.integer("retries", 0).value_or(0));
    retry.retry_delay = fields.duration("retry_delay").value_or(retry.retry_delay);
    retry.exponential_backoff = fields.number("retry_exponential_backoff", 0).value_or(0);
    retry.max_retry_delay = fields.duration("max_retry_delay").value_or(retry.max_retry_delay);
    const YamlNode* node = fields.take("retry_on");
    if (node == nullptr) return;
    static const std::vector<std::string> kClasses = {
        "throttled", "timeout", "server_error", "conflict_in_progress", "network", "task_failed"};
    retry.retry_on = fields.texts("retry_on");
    for (const std::string& word : *retry.retry_on) {
      const bool code = !word.empty() && word[0] >= 'A' && word[0] <= 'Z' && is_airflow_key(word);
      if (code || has(kClasses, word)) continue;
      report_
          .error(node->at, fields.path_of("retry_on"), "invalid_value",
                 "'" + word + "' is neither a class of failures nor a cloud error code",
                 did_you_mean(word, kClasses))
          .expected = join(kClasses, ", ") + ", or a code such as PrincipalNotFound";
    }
  }

  std::string condition(Fields& fields, const std::string& key) {
    const YamlNode* node = fields.take(key);
    if (node == nullptr) return {};
    if (node->kind == YamlNode::Kind::kScalar && node->scalar.is_bool()) {
      return node->scalar.get_bool() ? "{{ true }}" : "{{ false }}";
    }
    const std::string path = fields.path_of(key);
    if (!node->is_string()) {
      report_.wrong_type(*node, path, "one {{ expression }}");
      return {};
    }
    std::string text(trim(node->text()));
    if (!text.starts_with("{{") || !text.ends_with("}}")) {
      report_.wrong_type(*node, path, "one {{ expression }}");
      return {};
    }
    TemplateSite site = site_here();
    site.at = node->at;
    site.path = path;
    site.text = text;
    site.condition = true;
    draft_.sites.push_back(std::move(site));
    return text;
  }

  void read_arguments(Fields& fields, const OperatorSpec& spec, TaskDef& task) {
    for (const ArgumentSpec& argument : spec.arguments) {
      const YamlNode* node =
          argument.required ? fields.require(argument.name) : fields.take(argument.name);
      if (node == nullptr) continue;
      const std::string path = fields.path_of(argument.name);
      check_type(*node, argument.type, path);
      TemplateSite site = site_here();
      if (!argument.is_template) site.kind = TemplateSite::Kind::kAnswer;
      site.shell = spec.name == "bash" && argument.name == "bash_command";
      add_sites(*node, path, site, draft_.sites);
      task.arguments[argument.name] = to_json(*node);
    }
  }

  void check_type(const YamlNode& node, const std::string& type, const std::string& path) {
    if (node.is_string() && has_template(node.text())) return;  // known when it is evaluated
    const bool scalar = node.kind == YamlNode::Kind::kScalar;
    if (type == "string" && !node.is_string()) report_.wrong_type(node, path, "a string");
    if (type == "int" && !(scalar && node.scalar.is_int64())) {
      report_.wrong_type(node, path, "an integer");
    }
    if (type == "bool" && !(scalar && node.scalar.is_bool())) {
      report_.wrong_type(node, path, "true or false");
    }
    if (type == "object" && !node.is_map()) report_.wrong_type(node, path, "a mapping");
    if (type == "array" && !node.is_list()) report_.wrong_type(node, path, "a list");
    if (type != "duration") return;
    const bool number = scalar && node.scalar.is_number();
    if (!number && !node.is_string()) return report_.wrong_type(node, path, "a duration");
    if (const auto ok = parse_duration(number ? dump(node.scalar) : std::string(node.text()));
        !ok) {
      report_.error(node.at, path, "invalid_value", ok.error().message);
    }
  }

  TemplateSite site_here() const {
    TemplateSite site;
    site.index = draft_.dag.tasks.size();
    return site;
  }

  const YamlNode* defaults_;
  const std::vector<OperatorSpec>& operators_;
  Draft& draft_;
  Report& report_;
  std::string path_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

const std::vector<std::string>& common_task_fields() {
  static const std::vector<std::string> kNames = {
      "trigger_rule",    "run_if",       "skip_if",
      "retries",         "retry_delay",  "retry_exponential_backoff",
      "max_retry_delay", "retry_on",     "execution_timeout",
      "owner",           "doc_md",       "pool",
      "pool_slots",      "weight_rule",  "max_active_tis_per_dag",
      "priority_weight", "do_xcom_push", "max_active_tis_per_dagrun"};
  return kNames;
}

void read_tasks(const YamlNode& list, const YamlNode* defaults,
                const std::vector<OperatorSpec>& operators, Draft& draft) {
  TaskReader(defaults, operators, draft).read_all(list);
}

}  // namespace armature::dag
