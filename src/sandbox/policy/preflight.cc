#include "sandbox/policy/preflight.h"

#include "sandbox/policy/enforcer.h"

namespace armature::sandbox::policy {
std::optional<ArmAnswer> refuse_deployment(Cloud& cloud, const std::vector<PlannedWrite>& writes,
                                           const Caller& caller) {
  JsonArray details;
  cloud.store().read([&](const State& state) {
    for (const PlannedWrite& write : writes) {
      auto error =
          cloud.policies().violation(state, write.target, write.body, write.api_version, caller);
      if (error) details.push_back(*std::move(error));
    }
    return 0;
  });
  if (details.empty()) return std::nullopt;
  return answer(
      400, JsonObject{
               {"error", JsonObject{{"code", "InvalidTemplateDeployment"},
                                    {"message",
                                     "The template deployment failed because of policy violation. "
                                     "Please see details for more information."},
                                    {"details", std::move(details)}}}
  });
}

}  // namespace armature::sandbox::policy
