// The fields of a DAG that stand beside its tasks.
#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "dag/load_internal.h"
#include "dag/timetable.h"

namespace armature::dag {
namespace {

const std::vector<std::string>& later_fields() {
  static const std::vector<std::string> kNames = {"doc_md_file_path",
                                                  "owner_links",
                                                  "overlap",
                                                  "max_consecutive_failed_dag_runs",
                                                  "deadline",
                                                  "approvals",
                                                  "template_searchpath",
                                                  "access_control",
                                                  "outlets",
                                                  "inlets",
                                                  "on_success_callback",
                                                  "on_failure_callback",
                                                  "assets",
                                                  "allowed_run_types"};
  return kNames;
}

void unsupported(const YamlNode& node, const std::string& what, Draft& draft) {
  draft.report.error(node.at, "schedule", "unsupported_field",
                     what + " is part of the format, but this version does not run it",
                     "write a cron expression, a preset, {every: 30m} or null");
}

void set_cron(const YamlNode& node, const std::string& path, Draft& draft) {
  std::string text(trim(node.text()));
  Schedule& schedule = draft.dag.schedule;
  if (text == "@continuous") return unsupported(node, "@continuous", draft);
  if (text == "@once") {
    schedule.kind = Schedule::Kind::kOnce;
    return;
  }
  if (text.starts_with('@')) {
    const auto presets = cron_presets();
    const auto preset = std::ranges::find(presets, std::string_view(text), &CronPreset::first);
    if (preset == presets.end()) {
      std::vector<std::string> names = {"@once"};
      for (const auto& one : presets) names.emplace_back(one.first);
      draft.report.error(node.at, path, "invalid_value", "'" + text + "' is no preset",
                         did_you_mean(text, names));
      return;
    }
    text = preset->second;
  }
  if (const auto cron = Cron::parse(text); !cron) {
    draft.report.error(node.at, path, "invalid_value", cron.error().message);
    return;
  }
  schedule.kind = Schedule::Kind::kCron;
  schedule.cron = std::move(text);
}

void set_timezone(Fields& fields, const std::string& key, Draft& draft) {
  const YamlNode* node = fields.take(key);
  if (node == nullptr) return;
  if (!node->is_string()) {
    draft.report.wrong_type(*node, fields.path_of(key), "a string");
    return;
  }
  if (const auto known = check_time_zone(node->text()); !known) {
    draft.report.error(node->at, fields.path_of(key), "invalid_value", known.error().message);
    return;
  }
  draft.dag.schedule.timezone = node->text();
}

void read_schedule_object(const YamlNode& node, Draft& draft) {
  Schedule& schedule = draft.dag.schedule;
  Fields fields(node, "schedule", draft.report);
  for (const char* later : {"at", "assets"}) {
    if (const YamlNode* found = fields.take(later)) unsupported(*found, later, draft);
  }
  const YamlNode* cron = fields.take("cron");
  if (cron != nullptr && !cron->is_string()) {
    draft.report.wrong_type(*cron, "schedule.cron", "a string");
  } else if (cron != nullptr) {
    set_cron(*cron, "schedule.cron", draft);
  }
  set_timezone(fields, "timezone", draft);
  const YamlNode* every_node = fields.take("every");
  if (const auto every = fields.duration("every")) {
    schedule.kind = Schedule::Kind::kEvery;
    schedule.every = *every;
    if (*every < std::chrono::seconds(1)) {
      draft.report.error(every_node->at, "schedule.every", "invalid_value",
                         "'every' must be at least one second");
    }
  }
  if (cron != nullptr && every_node != nullptr) {
    draft.report.error(every_node->at, "schedule.every", "invalid_value",
                       "write either 'cron' or 'every'");
  }
  fields.finish();
  if (cron != nullptr) schedule.text = cron->is_string() ? std::string(cron->text()) : "";
  if (every_node != nullptr) schedule.text = "every " + format_duration(schedule.every);
  if (cron == nullptr && every_node == nullptr && !draft.report.failed()) {
    draft.report.error(node.at, "schedule", "missing_key", "'cron' or 'every' is missing");
  }
}

void read_schedule(Fields& fields, Draft& draft) {
  set_timezone(fields, "timezone", draft);
  const YamlNode* node = fields.take("schedule");
  if (node == nullptr || node->is_null()) return;
  if (node->is_map()) return read_schedule_object(*node, draft);
  if (node->is_list()) return unsupported(*node, "a list of schedules", draft);
  if (!node->is_string()) {
    draft.report.wrong_type(*node, "schedule", "a cron expression, a preset, a mapping or null");
    return;
  }
  draft.dag.schedule.text = node->text();
  set_cron(*node, "schedule", draft);
}

void read_dates(Fields& fields, Draft& draft) {
  DagDef& dag = draft.dag;
  dag.start_date = fields.instant("start_date");
  dag.end_date = fields.instant("end_date");
  if (dag.start_date && dag.end_date && *dag.end_date < *dag.start_date) {
    draft.report.error(fields.take("end_date")->at, "end_date", "invalid_value",
                       "end_date lies before start_date");
  }
  const YamlNode* catchup = fields.take("catchup");
  if (catchup != nullptr && catchup->is_map()) {
    draft.report.error(catchup->at, "catchup", "unsupported_field",
                       "a catchup window is part of the format, but this version does not run it",
                       "write true or false");
    return;
  }
  dag.catchup = fields.flag("catchup").value_or(false);
  if (dag.catchup && !dag.start_date) {
    draft.report.error(catchup->at, "catchup", "missing_key", "catchup: true needs a start_date");
  }
}

}  // namespace

bool has_template(std::string_view text) {
  return text.find("{{") != std::string_view::npos || text.find("{%") != std::string_view::npos;
}

bool is_airflow_key(std::string_view text) {
  constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-";
  return !text.empty() && text.size() <= 250 && text != "." && text != ".." &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

void add_sites(const YamlNode& node, const std::string& path, const TemplateSite& like,
               std::vector<TemplateSite>& out) {
  if (node.is_string() && has_template(node.text())) {
    TemplateSite site = like;
    site.at = node.at;
    site.path = path;
    site.text = node.text();
    out.push_back(std::move(site));
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    add_sites(node.items[i], path + "[" + std::to_string(i) + "]", like, out);
  }
  for (const auto& entry : node.entries) {
    add_sites(entry.value, path + "." + entry.key, like, out);
  }
}

void read_dag_fields(Fields& fields, Draft& draft) {
  DagDef& dag = draft.dag;
  dag.display_name = fields.text("dag_display_name").value_or(dag.id.str());
  dag.description = fields.text("description").value_or("");
  dag.doc_md = fields.text("doc_md").value_or("");
  dag.tags = fields.texts("tags");
  for (const std::string& tag : dag.tags) {
    if (tag.size() <= 100 && !tag.empty()) continue;
    draft.report.error(fields.take("tags")->at, "tags", "invalid_value",
                       "a tag has 1 to 100 characters");
  }
  read_schedule(fields, draft);
  read_dates(fields, draft);
  const YamlNode* first_run = fields.take("first_run");
  if (const auto word = fields.text("first_run")) {
    dag.first_run_latest = *word == "latest";
    if (*word != "latest" && *word != "next") {
      draft.report.error(first_run->at, "first_run", "invalid_value",
                         "first_run is next or latest");
    }
  }
  dag.max_active_runs = static_cast<int>(fields.integer("max_active_runs", 1).value_or(16));
  dag.max_active_tasks = static_cast<int>(fields.integer("max_active_tasks", 1).value_or(16));
  dag.dagrun_timeout = fields.duration("dagrun_timeout");
  dag.fail_fast = fields.flag("fail_fast").value_or(false);
  dag.is_paused_upon_creation = fields.flag("is_paused_upon_creation").value_or(false);
  const YamlNode* native = fields.take("render_template_as_native_obj");
  if (!fields.flag("render_template_as_native_obj").value_or(true)) {
    draft.report.error(native->at, "render_template_as_native_obj", "unsupported_field",
                       "a lone {{ expression }} always keeps its type in this version",
                       "add | string where text is wanted");
  }
  const YamlNode* version = fields.take("version");
  if (fields.integer("version", 1).value_or(1) != 1) {
    draft.report.error(version->at, "version", "invalid_value", "the format's version is 1");
  }
  fields.refuse(later_fields());
}

}  // namespace armature::dag
