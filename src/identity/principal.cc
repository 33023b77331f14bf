#include "identity/principal.h"

namespace armature::identity {

Result<Attempt> workload_attempt(const std::string& name) {
  auto dag = DagId::parse("workload:" + name);
  if (!dag) return fail(Code::kInvalid, "not a workload's name: letters, digits and . _ - allowed");
  return Attempt{
      {*std::move(dag), *RunId::parse("-"), *TaskId::parse("-"), -1},
      1, 0
  };
}

std::string federated_subject(const Principal& principal) {
  if (principal.workload) return "workload:" + principal.workload->name;
  return "dag:" + principal.attempt.key.dag.str();
}

}  // namespace armature::identity
