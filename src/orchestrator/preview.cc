#include "orchestrator/preview.h"

#include <algorithm>

#include "base/time.h"
#include "dag/params.h"
#include "dag/render.h"
#include "dag/timetable.h"
#include "orchestrator/context.h"

namespace armature::orchestrator {
namespace {

// Whether rendering must wait for tasks of the run. Text that does not parse is told by rendering.
bool reads_tasks(std::string_view text) {
  const auto parsed = dag::Template::parse(text);
  if (!parsed) return false;
  const auto names = parsed->names();
  return std::ranges::find(names, "tasks") != names.end();
}

class Fields {
 public:
  Fields(const JsonObject& context, TaskPreview& out) : context_(context), out_(out) {}

  Json render(const Json& value, const std::string& path) {
    if (value.is_string()) return render_text(value, path);
    if (const auto* list = value.if_array()) {
      JsonArray items;
      for (const Json& item : *list) {
        items.push_back(render(item, path + "[" + std::to_string(items.size()) + "]"));
      }
      return items;
    }
    const auto* map = value.if_object();
    if (map == nullptr) return value;
    JsonObject members;
    for (const auto& member : *map) {
      members[member.key()] = render(member.value(), path + "." + std::string(member.key()));
    }
    return members;
  }
  // What the operator evaluates itself, with the answer to its call.
  void keep(const Json& value, const std::string& path) {
    if (value.is_string() && reads_more(as_text(value))) out_.unknown.push_back(path);
    if (const auto* map = value.if_object()) {
      for (const auto& member : *map) keep(member.value(), path + "." + std::string(member.key()));
    }
  }

 private:
  static bool reads_more(std::string_view text) {
    const auto parsed = dag::Template::parse(text);
    return parsed && !parsed->is_plain();
  }

  Json render_text(const Json& value, const std::string& path) {
    if (reads_tasks(as_text(value))) {
      out_.unknown.push_back(path);
      return value;
    }
    auto rendered = dag::render_value(value, context_);
    if (rendered) return *std::move(rendered);
    out_.errors.push_back(path + ": " + rendered.error().message);
    return value;
  }

  const JsonObject& context_;
  TaskPreview& out_;
};

void mask_secrets(const dag::DagDef& dag, JsonObject& params) {
  for (const dag::ParamDef& param : dag.params) {
    Json* value = params.if_contains(param.name);
    if (value != nullptr && dag::is_hidden(param)) *value = "***";
  }
}

void decide_skip(const dag::TaskDef& task, const JsonObject& context, TaskPreview& out) {
  out.condition_unknown = reads_tasks(task.run_if) || reads_tasks(task.skip_if);
  if (out.condition_unknown) return;
  auto reason = skip_reason(task, context);
  if (reason) {
    out.skip_reason = *std::move(reason);
  } else {
    out.errors.push_back(reason.error().message);
  }
}

}  // namespace

Result<RunRow> sketch_run(const dag::DagDef& dag, const Sketch& sketch) {
  RunRow out;
  ARMATURE_TRY(out.params, dag::resolve_params(dag, sketch.conf));
  std::optional<Instant> date = sketch.logical_date;
  out.info.run_type = "manual";
  if (!date) {
    ARMATURE_TRY(const auto due, dag::next_due(dag, std::nullopt, sketch.now));
    if (due) {
      date = due->logical_date;
      out.info.run_type = "scheduled";
    }
  }
  const bool scheduled = out.info.run_type == "scheduled";
  out.info.dag_id = dag.id.str();
  out.info.dag_version = dag.version;
  out.info.run_id = out.info.run_type + "__" + to_airflow_iso(scheduled ? *date : sketch.now);
  out.info.state = dag::RunState::kRunning;
  out.info.logical_date = out.info.interval_start = out.info.interval_end = date;
  out.info.run_after = scheduled ? *date : sketch.now;
  out.info.start = out.info.run_after;
  out.info.conf = sketch.conf;
  mask_secrets(dag, out.params);
  mask_secrets(dag, out.info.conf);
  for (const dag::TaskDef& task : dag.tasks) {
    TaskRow row;
    row.task_id = task.id.str();
    row.operator_name = task.operator_name;
    row.max_tries = task.retry.retries;
    out.tasks.push_back(std::move(row));
  }
  return out;
}

TaskPreview preview(const dag::DagDef& dag, const RunRow& run, std::size_t task,
                    const dag::OperatorSpec& spec, const Redactor& redactor) {
  TaskPreview out;
  out.task = task;
  const std::map<std::string, Json> no_outputs;
  const OperatorTraits traits;
  const RenderInput input{dag, run, task, 1, no_outputs, traits};
  const auto context = make_context(input);
  if (!context) {
    out.errors.push_back(context.error().message);
    return out;
  }
  decide_skip(dag.tasks[task], *context, out);
  Fields fields(*context, out);
  for (const auto& argument : dag.tasks[task].arguments) {
    const std::string name = argument.key();
    const auto known = std::ranges::find(spec.arguments, name, &dag::ArgumentSpec::name);
    const bool later = known != spec.arguments.end() && !known->is_template;
    if (later) fields.keep(argument.value(), name);
    out.fields[name] = later ? argument.value() : fields.render(argument.value(), name);
  }
  out.fields = std::move(redactor.clean(Json(std::move(out.fields))).as_object());
  Rendered access;
  access.context = *context;
  if (const auto done = add_access(input, access); !done) {
    out.errors.push_back(done.error().message);
  }
  out.identity = std::move(access.identity);
  out.grants = std::move(access.grants);
  for (std::string& error : out.errors) error = redactor.clean(error);
  return out;
}

std::vector<int> steps_of(const dag::DagDef& dag) {
  std::vector<int> out(dag.tasks.size(), 0);
  std::vector<std::size_t> open(dag.tasks.size());
  std::vector<std::size_t> ready;
  for (std::size_t i = 0; i < dag.tasks.size(); ++i) {
    open[i] = dag.tasks[i].upstream.size();
    if (open[i] == 0) ready.push_back(i);
  }
  while (!ready.empty()) {
    const std::size_t task = ready.back();
    ready.pop_back();
    for (const std::size_t next : dag.tasks[task].downstream) {
      out[next] = std::max(out[next], out[task] + 1);
      if (--open[next] == 0) ready.push_back(next);
    }
  }
  return out;
}

std::vector<std::size_t> in_order(const dag::DagDef& dag) {
  const std::vector<int> steps = steps_of(dag);
  std::vector<std::size_t> out(dag.tasks.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = i;
  std::ranges::stable_sort(out, [&](std::size_t a, std::size_t b) {
    if (steps[a] != steps[b]) return steps[a] < steps[b];
    return dag.tasks[a].total_weight > dag.tasks[b].total_weight;
  });
  return out;
}

}  // namespace armature::orchestrator
