#pragma once
// What the templates of one attempt see, and what they make: arguments, identity, role grants.
//
//   Names     Airflow's: params, dag, dag_run, run_id, task, ti, task_instance, try_number,
//   map_index
//             and, when the run has a logical date, logical_date, data_interval_start, …_end, ds,
//             ds_nodash, ts, ts_nodash, ts_nodash_with_tz. Ours:
//             tasks.<id>.output|state|try_number. user_defined_macros come last, each may use those
//             before it
//   Errors    kInvalid: which field did not render, and why
//   Bounds    stored renderings and outputs are limited; see the constants
//   Threads   pure
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "orchestrator/access_port.h"
#include "orchestrator/store.h"

namespace armature::orchestrator {

constexpr std::size_t kMaxOutputBytes = 1u << 20;
constexpr std::size_t kMaxRenderedBytes = 64u << 10;
constexpr std::size_t kMaxErrorBytes = 8u << 10;

// What the scheduler must know of an operator.
struct OperatorTraits {
  std::vector<std::string> retry_on;
  bool attaches = false;                  // re-joins work that an earlier attempt began
  std::set<std::string> plain_arguments;  // rendered by the operator itself, later
};

struct RenderInput {
  const dag::DagDef& dag;
  const RunRow& run;  // its tasks in the order of the DAG's
  std::size_t task;
  int try_number;
  const std::map<std::string, Json>& outputs;
  const OperatorTraits& traits;
};

struct Rendered {
  JsonObject arguments, context;
  std::string skip_reason;        // run_if or skip_if said so; empty: run
  std::string identity;           // of the access block
  std::vector<RoleGrant> grants;  // empty: this task has no access
};

// Whether any template of the task may read another task's output.
bool reads_outputs(const dag::DagDef& dag, std::size_t task);
Result<Rendered> render(const RenderInput& input);

// The steps of render(), for whoever shows what cannot be rendered yet (preview.h).
Result<JsonObject> make_context(const RenderInput& input);
// Why the task's own condition skips it; empty: it runs.
Result<std::string> skip_reason(const dag::TaskDef& task, const JsonObject& context);
Status add_access(const RenderInput& input, Rendered& out);  // by out.context

// As kept for people: without secrets, long fields replaced by their size.
JsonObject storable(const JsonObject& arguments, const Redactor& redactor);
// Strings without secrets; keys are left as they are, since a task's output is data.
Json without_secrets(Json value, const Redactor& redactor);

}  // namespace armature::orchestrator
