#include "identity/principal.h"

namespace armature::identity {
namespace {

constexpr std::string_view kWorkloadPrefix = "workload:";

}  // namespace

Result<Attempt> workload_attempt(const std::string& name) {
  auto dag = DagId::parse(std::string(kWorkloadPrefix) + name);
  if (!dag) return fail(Code::kInvalid, "not a workload's name: letters, digits and . _ - allowed");
  return Attempt{
      {*std::move(dag), *RunId::parse("-"), *TaskId::parse("-"), -1},
      1, 0
  };
}

std::string federated_subject(const Principal& principal) {
  if (principal.workload) return "workload:" + principal.workload->name;
  const std::string& dag = principal.attempt.key.dag.str();
  return dag.starts_with(kWorkloadPrefix) ? dag : "dag:" + dag;  // a workload that is local
}

}  // namespace armature::identity
