#pragma once
// preview: what a run would be, before there is one: the fields of each task as the run would see
// them, the grants it would ask for, the order of the tasks. Pure.
//
//   Unknown   what only the run can tell (tasks.X.output, the answer to the operator's own call)
//             stays as written, and its place is listed
//   Secrets   params whose schema says `format: password` or `writeOnly` are "***" before any
//             template sees them; what stands below keys that name secrets is masked as in logs
//   Errors    kInvalid: the params. A field that does not render is told with its task; the others
//             are still rendered
#include <optional>
#include <string>
#include <vector>

#include "dag/load.h"
#include "orchestrator/access_port.h"
#include "orchestrator/store.h"

namespace armature::orchestrator {

struct Sketch {
  JsonObject conf;
  // Without one: the next run of the schedule, or, of a DAG without, a run made by hand.
  std::optional<Instant> logical_date;
  Instant now;
};
Result<RunRow> sketch_run(const dag::DagDef& dag, const Sketch& sketch);

struct TaskPreview {
  std::size_t task = 0;  // index into DagDef::tasks
  JsonObject fields;
  std::vector<std::string> unknown;  // "env.WORDS": where templates stay as written
  std::vector<std::string> errors;   // "bash_command: …"
  std::string skip_reason;           // its own condition skips it; empty: it runs, as far as known
  bool condition_unknown = false;
  std::string identity;
  std::vector<RoleGrant> grants;
};
TaskPreview preview(const dag::DagDef& dag, const RunRow& run, std::size_t task,
                    const dag::OperatorSpec& spec, const Redactor& redactor);

// When a task can begin at the earliest: after this many others, one after another.
std::vector<int> steps_of(const dag::DagDef& dag);
// All tasks as they would start if slots were few: by step, then by weight, then by place.
std::vector<std::size_t> in_order(const dag::DagDef& dag);

}  // namespace armature::orchestrator
