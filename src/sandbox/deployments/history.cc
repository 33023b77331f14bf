// The deployment history of a scope: 800 at most. Above 775 the oldest go, down to 750, in the name
// of who deploys; without the right to delete them, or under a lock, the quota
// holds.
//
//   Source    "Automatic deletions from deployment history"
#include <algorithm>

#include "base/bytes.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/deployments/extension_resources.h"
#include "sandbox/front/locks.h"
#include "sandbox/rbac.h"

namespace armature::sandbox {
namespace {

constexpr std::size_t kQuota = 800;
constexpr std::size_t kStartsAbove = 775;
constexpr std::size_t kKept = 750;

std::vector<const Deployment*> history(const State& state, const std::string& scope) {
  const std::string base = scope == "/" ? "" : to_lower(scope);
  const std::string prefix = base + "/providers/microsoft.resources/deployments/";
  const auto& all = state.table<Deployment>();
  std::vector<const Deployment*> out;
  for (auto it = all.lower_bound(prefix); it != all.end() && it->first.starts_with(prefix); ++it) {
    if (it->first.find('/', prefix.size()) == std::string::npos) out.push_back(&it->second);
  }
  return out;
}

}  // namespace

void erase_steps(Change& change, const std::string& deployment_id) {
  const std::string prefix = to_lower(deployment_id) + "#";
  const auto& steps = change.state().table<DeploymentStep>();
  std::vector<std::string> keys;
  for (auto it = steps.lower_bound(prefix); it != steps.end() && it->first.starts_with(prefix);
       ++it) {
    keys.push_back(it->first);
  }
  for (const std::string& key : keys) change.erase<DeploymentStep>(key);
  forget_extension_resources(change, deployment_id);
}

std::optional<ArmAnswer> make_room(Cloud& cloud, Change& change, const Deployment& next) {
  std::vector<const Deployment*> known = history(change.state(), next.scope);
  std::size_t count = known.size() + 1;
  if (count <= kStartsAbove) return std::nullopt;
  std::ranges::sort(known, std::greater<>{}, &Deployment::operation_id);  // oldest first
  std::vector<std::string> old;
  for (const Deployment* d : known) {
    if (count - old.size() <= kKept) break;
    const ArmCall removal = cloud.make_call("DELETE", deployment_target(d->id), std::nullopt,
                                            next.caller, next.correlation_id);
    const bool goes = d->terminal() && !check_locks(change.state(), removal) &&
                      may(cloud, change.state(), next.caller.object_id,
                          "Microsoft.Resources/deployments/delete", d->id);
    if (goes) old.push_back(d->id);
  }
  for (const std::string& id : old) {
    erase_steps(change, id);
    change.deleted(id);
    change.erase<Deployment>(to_lower(id));
  }
  count -= old.size();
  if (count <= kQuota) return std::nullopt;
  const std::string limit = std::to_string(kQuota);
  return refuse(409, "DeploymentQuotaExceeded",
                "Creating the deployment '" + next.name + "' would exceed the quota of '" + limit +
                    "'. The current deployment count is '" + std::to_string(count - 1) +
                    "'. Please delete some deployments before creating a new one, or see "
                    "https://aka.ms/800LimitFix for information on managing deployment limits.");
}

}  // namespace armature::sandbox
