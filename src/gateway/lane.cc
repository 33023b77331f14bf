#include "gateway/lane.h"

#include "base/bytes.h"

namespace armature::gateway {

Budget budget_of(std::string_view method) {
  if (method == "GET" || method == "HEAD") return Budget::kReads;
  return method == "DELETE" ? Budget::kDeletes : Budget::kWrites;
}

Lane lane_of(const Call& call) {
  constexpr std::string_view kSubscriptions = "/subscriptions/";
  const arm::Operation& operation = call.operation;
  Lane lane;
  lane.dag = call.attempt.key.dag.str();
  lane.identity = call.facts->identity;
  if (starts_with_ci(operation.target, kSubscriptions)) {
    const std::string_view rest = std::string_view(operation.target).substr(kSubscriptions.size());
    lane.subscription = to_lower(rest.substr(0, rest.find('/')));
  }
  lane.provider = to_lower(operation.action.substr(0, operation.action.find('/')));
  lane.budget = budget_of(operation.method);
  lane.mutates = operation.mutates;
  lane.polls = operation.is_operation_poll;
  return lane;
}

}  // namespace armature::gateway
