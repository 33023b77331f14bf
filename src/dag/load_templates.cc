// What can be said about templates before anything runs: syntax, names, tasks that are read without
// being upstream, parameters that reach a scope or a shell.
#include <algorithm>
#include <map>
#include <set>

#include "base/bytes.h"
#include "dag/load_internal.h"
#include "dag/render.h"

namespace armature::dag {
namespace {

using Kind = TemplateSite::Kind;

// True when the whole text must match: ^…$ with no alternative beside it.
bool is_anchored(std::string_view pattern) {
  if (pattern.size() < 2 || pattern.front() != '^' || pattern.back() != '$') return false;
  int depth = 0;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      if (++i + 1 >= pattern.size()) return false;  // the last $ is an escaped one
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
    } else if (c == '(' || c == ')') {
      depth += c == '(' ? 1 : -1;
    } else if (c == '|' && depth == 0) {
      return false;
    }
  }
  return !in_class;
}

bool is_bounded(const ParamDef& param) {
  const Json schema(param.schema);
  if (param.schema.contains("enum") || param.schema.contains("const")) return true;
  return text_at(schema, "type") == "string" && is_anchored(text_at(schema, "pattern"));
}

class TemplateCheck {
 public:
  explicit TemplateCheck(Draft& draft) : draft_(draft), report_(draft.report) {
    for (const ParamDef& param : draft.dag.params) params_.push_back(param.name);
    for (const auto& macro : draft.dag.user_defined_macros) macros_.push_back(macro.first);
    for (const TaskDef& task : draft.dag.tasks) {
      index_.emplace(task.id.str(), tasks_.size());
      tasks_.push_back(task.id.str());
    }
  }

  // Macros come first: what they read of the parameters counts for every place that names them.
  void run() {
    for (const TemplateSite& site : draft_.sites) {
      if (site.kind == Kind::kMacro) check(site);
    }
    for (const TemplateSite& site : draft_.sites) {
      if (site.kind != Kind::kMacro) check(site);
    }
  }

 private:
  void check(const TemplateSite& site) {
    const auto parsed = Template::parse(site.text);
    if (!parsed) {
      report_.error(site.at, site.path, "template_syntax", parsed.error().message);
      return;
    }
    if (site.condition && !parsed->is_expression()) {
      report_.error(site.at, site.path, "wrong_type", "expected one {{ expression }}, found text",
                    "write the whole condition between one {{ and }}");
    }
    const auto names = names_for(site);
    std::set<std::string> reads;  // parameters, also by way of macros; "*": any of them
    for (const std::string& path : parsed->paths()) {
      const auto parts = split(path, '.');
      if (std::ranges::find(names, parts[0]) == names.end()) {
        unknown_name(site, parts[0], names);
        continue;
      }
      if (parts[0] == "params") read_param(site, parts, reads);
      if (parts[0] == "tasks") read_task(site, parts);
      if (parts[0] == "dag_run" && parts.size() > 1 && parts[1] == "conf") reads.insert("*");
      if (const auto macro = macro_reads_.find(parts[0]); macro != macro_reads_.end()) {
        reads.insert(macro->second.begin(), macro->second.end());
      }
    }
    if (site.kind == Kind::kMacro) macro_reads_[macros_[site.index]].merge(reads);
    if (site.kind == Kind::kAccess) check_bounds(site, reads);
    if (site.shell && !reads.empty()) {
      report_.warning(site.at, site.path, "shell_injection",
                      "a parameter becomes part of a shell command",
                      "pass it as a variable: env: {NAME: \"{{ params.x }}\"} and \"$NAME\"");
    }
  }

  std::vector<std::string> names_for(const TemplateSite& site) const {
    std::vector<std::string> out;
    if (site.kind == Kind::kTask || site.kind == Kind::kAnswer) out = template_names();
    if (site.kind == Kind::kMacro || site.kind == Kind::kAccess) out = {"params"};
    if (site.kind == Kind::kAnswer) out.push_back("response");
    const auto count = site.kind == Kind::kMacro ? site.index : macros_.size();
    out.insert(out.end(), macros_.begin(), macros_.begin() + static_cast<std::ptrdiff_t>(count));
    return out;
  }

  void unknown_name(const TemplateSite& site, const std::string& name,
                    const std::vector<std::string>& names) {
    std::string message = "no template here knows the name '" + name + "'";
    if (site.kind == Kind::kMacro) {
      message = "a macro may use params and earlier macros, not '" + name + "'";
    } else if (site.kind == Kind::kAccess) {
      message = "the access block may use params and macros, not '" + name + "'";
    }
    report_.error(site.at, site.path, "unknown_name", message, advice_for_name(name, names))
        .expected = join(names, ", ");
  }

  void read_param(const TemplateSite& site, const std::vector<std::string>& parts,
                  std::set<std::string>& reads) {
    if (parts.size() == 1) {
      reads.insert("*");
      return;
    }
    reads.insert(parts[1]);
    if (std::ranges::find(params_, parts[1]) != params_.end()) return;
    report_.error(site.at, site.path, "unknown_param",
                  "this DAG has no parameter '" + parts[1] + "'", did_you_mean(parts[1], params_));
  }

  void read_task(const TemplateSite& site, const std::vector<std::string>& parts) {
    const auto complain = [&](const char* code, const std::string& message,
                              const std::string& suggestion = {}) {
      report_.error(site.at, site.path, code, message, suggestion);
    };
    if (parts.size() < 3) {
      return complain("unknown_name",
                      "'tasks' is read as tasks.TASK_ID.output, .state or "
                      ".try_number");
    }
    // An id may have dots: the shortest one that a field follows, else the longest.
    static const std::vector<std::string> kFields = {"output", "state", "try_number"};
    std::size_t used = 0;
    for (std::size_t n = 1; n < parts.size(); ++n) {
      if (!index_.contains(join_ids(parts, n))) continue;
      used = n;
      const bool field =
          n + 1 < parts.size() && std::ranges::find(kFields, parts[n + 1]) != kFields.end();
      if (field) break;
    }
    const auto found = index_.find(join_ids(parts, std::max<std::size_t>(used, 1)));
    if (found == index_.end()) {
      const std::string id = join_ids(parts, parts.size() - 2);
      return complain("unknown_task", "there is no task '" + id + "'", did_you_mean(id, tasks_));
    }
    if (used + 1 >= parts.size()) {
      return complain("unknown_name",
                      "'tasks' is read as tasks.TASK_ID.output, .state or .try_number");
    }
    if (std::ranges::find(kFields, parts[used + 1]) == kFields.end()) {
      return complain("unknown_name",
                      "a task has output, state and try_number, not '" + parts[used + 1] + "'",
                      did_you_mean(parts[used + 1], kFields));
    }
    if (is_upstream(found->second, site.index)) return;
    complain(
        "missing_dependency",
        "'" + tasks_[site.index] + "' reads tasks." + found->first + ", which may not have run",
        site.index == found->second ? "" : "add " + found->first + " to its dependencies");
  }

  // parts[1] to parts[count] as one id.
  static std::string join_ids(const std::vector<std::string>& parts, std::size_t count) {
    std::string out = parts[1];
    for (std::size_t i = 2; i <= count; ++i) out += "." + parts[i];
    return out;
  }

  bool is_upstream(std::size_t above, std::size_t task) {
    const auto [it, fresh] = ancestors_.try_emplace(task);
    if (fresh) {
      std::vector<std::size_t> open = draft_.dag.tasks[task].upstream;
      while (!open.empty()) {
        const std::size_t next = open.back();
        open.pop_back();
        if (!it->second.insert(next).second) continue;
        const auto& more = draft_.dag.tasks[next].upstream;
        open.insert(open.end(), more.begin(), more.end());
      }
      it->second.erase(task);  // in a circle a task is above itself
    }
    return it->second.contains(above);
  }

  void check_bounds(const TemplateSite& site, const std::set<std::string>& reads) {
    for (const std::string& name : reads) {
      const auto param = std::ranges::find(draft_.dag.params, name, &ParamDef::name);
      if (param != draft_.dag.params.end() && is_bounded(*param)) continue;
      if (param == draft_.dag.params.end() && name != "*") continue;  // told already
      report_.error(site.at, site.path, "open_scope",
                    name == "*" ? "any parameter could widen this; name the ones that are meant"
                                : "the parameter '" + name + "' may hold any text here",
                    "give it an enum, or type: string with a pattern '^…$'");
    }
  }

  Draft& draft_;
  Report& report_;
  std::vector<std::string> params_, macros_, tasks_;
  std::map<std::string, std::size_t> index_;  // of each task
  std::map<std::string, std::set<std::string>> macro_reads_;
  std::map<std::size_t, std::set<std::size_t>> ancestors_;
};

}  // namespace

const std::vector<std::string>& template_names() {
  static const std::vector<std::string> kNames = {"params",
                                                  "var",
                                                  "conn",
                                                  "dag",
                                                  "task",
                                                  "ti",
                                                  "task_instance",
                                                  "dag_run",
                                                  "run_id",
                                                  "logical_date",
                                                  "data_interval_start",
                                                  "data_interval_end",
                                                  "ds",
                                                  "ds_nodash",
                                                  "ts",
                                                  "ts_nodash",
                                                  "ts_nodash_with_tz",
                                                  "map_index",
                                                  "try_number",
                                                  "macros",
                                                  "tasks",
                                                  "exception"};
  return kNames;
}

void check_templates(Draft& draft) { TemplateCheck(draft).run(); }

}  // namespace armature::dag
