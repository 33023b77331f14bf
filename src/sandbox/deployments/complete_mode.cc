#include "sandbox/deployments/complete_mode.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::sandbox {

std::vector<const Record*> unnamed_resources(const State& state, const std::string& group,
                                             const std::set<std::string>& named) {
  const auto is_named = [&](const std::string& id) {
    const auto at = named.lower_bound(id);
    if (at == named.end()) return false;
    if (*at == id) return true;
    const auto child = named.lower_bound(id + "/");
    return child != named.end() && child->starts_with(id + "/");
  };
  std::vector<const Record*> out;
  const std::string prefix = to_lower(group) + "/providers/";
  const auto& records = state.table<Record>();
  for (auto it = records.lower_bound(prefix); it != records.end() && it->first.starts_with(prefix);
       ++it) {
    const auto id = arm::ResourceId::parse(it->second.id);
    const bool top = id && id->name.find('/') == std::string::npos && equal_ci(id->scope, group);
    if (!top || starts_with_ci(id->type, "Microsoft.Authorization/")) continue;
    if (!is_named(it->first)) out.push_back(&it->second);
  }
  std::ranges::stable_sort(out, std::greater<>{}, &Record::created);
  return out;
}

}  // namespace armature::sandbox
