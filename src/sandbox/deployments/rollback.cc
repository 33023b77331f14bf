// onErrorDeployment: when a deployment fails, an earlier one of the group is deployed again with
// its own template and parameters, in mode Complete.
//
//   Source    "Rollback on error to successful deployment"
#include "arm/resource_id.h"
#include "base/bytes.h"
#include "sandbox/deployments/engine.h"

namespace armature::sandbox {
namespace {

bool is_last_successful(const Json& on_error) {
  return equal_ci(text_at(on_error, "type"), "LastSuccessful");
}

// The deployment to go back to: the one that was named, else the newest that succeeded.
const Deployment* target_of(const State& state, const Deployment& d) {
  const std::string prefix = to_lower(d.scope + "/providers/Microsoft.Resources/deployments/");
  if (!is_last_successful(d.on_error)) {
    return state.get<Deployment>(prefix + to_lower(text_at(d.on_error, "deploymentName")));
  }
  const Deployment* newest = nullptr;
  const auto& all = state.table<Deployment>();
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    const Deployment& one = it->second;
    const bool counts = one.state == "Succeeded" && one.parent_run.empty() &&
                        !equal_ci(one.id, d.id) &&
                        it->first.find('/', prefix.size()) == std::string::npos;
    if (counts && (!newest || one.operation_id < newest->operation_id)) newest = &one;
  }
  return newest;
}

}  // namespace

std::optional<ArmAnswer> check_rollback(const State& state, const Deployment& d) {
  if (d.on_error.is_null()) return std::nullopt;
  const std::string type = text_at(d.on_error, "type");
  const auto scope = arm::ResourceId::parse(d.scope);
  if (!scope || scope->kind != arm::ScopeKind::kResourceGroup) {
    return refuse(400, "InvalidOnErrorDeployment",
                  "'onErrorDeployment' is for deployments to a resource group alone.");
  }
  if (!equal_ci(type, "LastSuccessful") && !equal_ci(type, "SpecificDeployment")) {
    return refuse(
        400, "InvalidRequestContent",
        "The request content was invalid and could not be deserialized: 'Error converting "
        "value \"" +
            type + "\" of properties.onErrorDeployment.type'.");
  }
  const Deployment* target = target_of(state, d);
  if (!target) {
    return refuse(404, "DeploymentNotFound",
                  "The deployment to go back to, '" +
                      text_at(d.on_error, "deploymentName", "the last that succeeded") +
                      "', could not be found.");
  }
  if (target->has_secrets) {
    return refuse(400, "InvalidOnErrorDeployment",
                  "The deployment '" + target->name +
                      "' cannot be deployed again: its secure parameters are not kept.");
  }
  return std::nullopt;
}

void Engine::roll_back(const Deployment& failed) {
  const auto earlier = cloud_.store().read([&](const State& state) -> std::optional<Deployment> {
    const Deployment* found = target_of(state, failed);
    return found ? std::optional(*found) : std::nullopt;
  });
  const auto note = [this, key = to_lower(failed.id)](const std::string& name,
                                                      const std::string& how) {
    cloud_.store().change_later([&](Change& change) {
      const Deployment* old = change.state().get<Deployment>(key);
      if (!old || !old->on_error.is_object()) return;
      Deployment next = *old;
      next.on_error.get_object()["deploymentName"] = name;
      next.on_error.get_object()["provisioningState"] = how;
      change.put(key, std::move(next));
    });
  };
  if (!earlier) return note("", "Failed");
  const ArmAnswer out =
      cloud_.perform("PUT", deployment_target(earlier->id),
                     JsonObject{
                         {"properties", JsonObject{{"mode", "Complete"},
                                                   {"template", earlier->document},
                                                   {"parameters", earlier->parameters}}}
  },
                     failed.caller, failed.correlation_id);
  note(earlier->name, out.ok() ? "Running" : "Failed");
  if (!out.ok()) return;
  at_end(earlier->id, [this, note, id = to_lower(earlier->id), name = earlier->name] {
    const std::string state = cloud_.store().read([&](const State& now) {
      const Deployment* ended = now.get<Deployment>(id);
      return ended ? ended->state : std::string("Failed");
    });
    note(name, state);
  });
}

}  // namespace armature::sandbox
