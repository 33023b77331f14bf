#include "dag/load.h"

#include <algorithm>

#include "base/crypto.h"
#include "dag/load_internal.h"

namespace armature::dag {
namespace {

constexpr std::size_t kMaxFileBytes = 256 * 1024;

// Nothing when the document has no usable name; else a draft whose report may still hold errors.
std::optional<Draft> start_draft(const YamlNode& root, const std::string& file, Report& report) {
  if (!root.is_map()) {
    report.wrong_type(root, "", "a mapping with dag_id and tasks");
    return std::nullopt;
  }
  Fields fields(root, "", report);
  const YamlNode* node = fields.take("dag_id");
  if (node == nullptr) {
    // dag-factory names the DAG by the key above its fields.
    const auto nested = std::ranges::find_if(root.entries, [](const YamlNode::Entry& entry) {
      return entry.value.find("tasks") != nullptr;
    });
    std::string advice = "write dag_id: NAME";
    if (nested != root.entries.end()) {
      advice = "write dag_id: " + nested->key + ", and what is below it beside that";
    }
    report.error(root.at, "dag_id", "missing_key", "'dag_id' is missing", advice);
    return std::nullopt;
  }
  const auto text = fields.text("dag_id");
  if (!text) return std::nullopt;
  auto id = DagId::parse(*text);
  if (!id || !is_airflow_key(*text)) {
    report.error(node->at, "dag_id", "invalid_value",
                 "a dag id has 1 to 250 letters, digits, '_', '.' or '-'");
    return std::nullopt;
  }
  return Draft(*id, file);
}

void fill(const YamlNode& root, const std::vector<OperatorSpec>& operators, Draft& draft) {
  Fields fields(root, "", draft.report);
  fields.take("dag_id");
  read_dag_fields(fields, draft);
  read_params(fields.map("params"), draft);
  read_macros(fields.map("user_defined_macros"), draft);
  const YamlNode* defaults = fields.map("default_args");
  read_groups(fields.take("task_groups"), draft);
  const YamlNode* tasks = fields.require("tasks");
  if (tasks != nullptr && !tasks->is_list()) {
    draft.report.wrong_type(*tasks, "tasks", "a list of tasks");
  } else if (tasks != nullptr && tasks->items.empty()) {
    draft.report.error(tasks->at, "tasks", "invalid_value", "a DAG has at least one task");
  } else if (tasks != nullptr) {
    read_tasks(*tasks, defaults, operators, draft);
  }
  read_access(fields.map("access"), draft);
  fields.misplaced(common_task_fields(), "write it below default_args, or in a task");
  fields.finish();
  link_tasks(draft);
  check_access_coverage(draft);
  check_templates(draft);
}

void keep(std::vector<Diagnostic> found, Loaded& out) {
  std::ranges::stable_sort(found, [](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(a.line, a.column) < std::pair(b.line, b.column);
  });
  std::ranges::move(found, std::back_inserter(out.diagnostics));
}

void load_document(const DocumentText& document, const std::string& file,
                   const std::vector<OperatorSpec>& operators, Loaded& out) {
  Report early(file);
  const auto root = read_yaml(document, file, early.all());
  if (!root) return keep(std::move(early.all()), out);
  auto draft = start_draft(*root, file, early);
  if (!draft) return keep(std::move(early.all()), out);
  std::ranges::move(early.all(), std::back_inserter(draft->report.all()));
  fill(*root, operators, *draft);
  DagDef& dag = draft->dag;
  const bool taken =
      std::ranges::any_of(out.dags, [&](const DagDef& other) { return other.id == dag.id; });
  if (taken) {
    draft->report.error(root->find("dag_id")->value.at, "dag_id", "duplicate_dag",
                        "this file already has a DAG '" + dag.id.str() + "'");
  }
  const bool good = !draft->report.failed();
  keep(std::move(draft->report.all()), out);
  if (!good) return;
  dag.file = file;
  dag.source = document.text;
  dag.version = sha256_hex(document.text);
  out.dags.push_back(std::move(dag));
}

}  // namespace

bool Loaded::ok() const {
  return std::ranges::all_of(diagnostics, [](const Diagnostic& one) { return one.warning; });
}

std::string to_text(const Diagnostic& diagnostic) {
  std::string out = diagnostic.file + ":" + std::to_string(diagnostic.line) + ":" +
                    std::to_string(diagnostic.column) +
                    (diagnostic.warning ? ": warning: " : ": error: ") + diagnostic.message;
  if (!diagnostic.suggestion.empty()) out += " (" + diagnostic.suggestion + ")";
  return out;
}

Json to_json(const Diagnostic& diagnostic) {
  JsonObject out;
  out["file"] = diagnostic.file;
  out["line"] = diagnostic.line;
  out["column"] = diagnostic.column;
  out["path"] = diagnostic.path;
  out["code"] = diagnostic.code;
  out["severity"] = diagnostic.warning ? "warning" : "error";
  out["message"] = diagnostic.message;
  if (!diagnostic.expected.empty()) out["expected"] = diagnostic.expected;
  if (!diagnostic.suggestion.empty()) out["suggestion"] = diagnostic.suggestion;
  return Json(std::move(out));
}

Loaded load(std::string_view text, const std::string& file,
            const std::vector<OperatorSpec>& operators) {
  Loaded out;
  Report whole(file);
  if (text.size() > kMaxFileBytes) {
    whole.error({1, 1}, "", "too_large", "the file is larger than 256 KiB");
    keep(std::move(whole.all()), out);
    return out;
  }
  const auto documents = split_documents(text);
  if (documents.empty()) whole.error({1, 1}, "", "missing_key", "the file has no DAG");
  keep(std::move(whole.all()), out);
  for (const DocumentText& document : documents) load_document(document, file, operators, out);
  return out;
}

}  // namespace armature::dag
