#include "sandbox/policy/preflight.h"

#include <algorithm>

#include "sandbox/policy/enforcer.h"
#include "sandbox/template/expression.h"

namespace armature::sandbox::policy {
namespace {

bool holds_expression(const Json& value) {
  if (value.is_string()) return tmpl::is_expression(as_text(value));
  if (const auto* array = value.if_array()) return std::ranges::any_of(*array, holds_expression);
  const auto* object = value.if_object();
  return object && std::ranges::any_of(*object, [](const auto& member) {
           return holds_expression(member.value());
         });
}

}  // namespace

std::optional<ArmAnswer> refuse_deployment(Cloud& cloud, const std::vector<PlannedWrite>& writes,
                                           const Caller& caller) {
  JsonArray details;
  cloud.store().read([&](const State& state) {
    for (const PlannedWrite& write : writes) {
      if (holds_expression(write.body)) continue;
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
