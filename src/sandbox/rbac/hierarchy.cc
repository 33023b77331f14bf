#include "sandbox/rbac/hierarchy.h"

#include <algorithm>

#include "arm/resource_id.h"
#include "base/bytes.h"

namespace armature::sandbox {
namespace {

constexpr std::string_view kProviders = "/providers/";

// The scope above within the id's own text: one type and name less, or the scope of an extension
// resource. Empty when the text holds nothing above.
std::string_view above(std::string_view scope) {
  const std::size_t name = scope.rfind('/');
  if (name == std::string_view::npos || name == 0) return {};
  const std::size_t type = scope.rfind('/', name - 1);
  if (type == std::string_view::npos) return {};
  std::string_view rest = scope.substr(0, type);
  const std::size_t providers = rest.rfind(kProviders);
  // "/providers/Ns" alone names no scope: what stands before it does.
  if (providers != std::string_view::npos &&
      rest.find('/', providers + kProviders.size()) == std::string_view::npos) {
    rest = rest.substr(0, providers);
  }
  return rest;
}

bool is_subscription(std::string_view lowered) {
  constexpr std::string_view kPrefix = "/subscriptions/";
  return lowered.starts_with(kPrefix) && lowered.find('/', kPrefix.size()) == lowered.npos;
}

}  // namespace

std::string root_group(const State& state) {
  const Setting* tenant = state.get<Setting>("tenant");
  return tenant ? to_lower(tenant->value) : std::string();
}

std::string management_group_id(std::string_view name) {
  return std::string(kManagementGroupPrefix) + std::string(name);
}

std::string_view management_group_name(std::string_view id) {
  if (!starts_with_ci(id, kManagementGroupPrefix)) return {};
  const std::string_view name = id.substr(kManagementGroupPrefix.size());
  return name.find('/') == std::string_view::npos ? name : std::string_view{};
}

bool management_group_exists(const State& state, std::string_view name) {
  const std::string key = to_lower(name);
  return key == root_group(state) || state.get<ManagementGroup>(key) != nullptr;
}

std::string parent_group(const State& state, std::string_view name) {
  const std::string key = to_lower(name);
  const std::string root = root_group(state);
  if (key == root) return "";
  const ManagementGroup* group = state.get<ManagementGroup>(key);
  return group && !group->parent.empty() ? to_lower(group->parent) : root;
}

std::string group_of_subscription(const State& state, std::string_view subscription_id) {
  const Placement* placement = state.get<Placement>(to_lower(subscription_id));
  return placement ? to_lower(placement->group) : root_group(state);
}

std::vector<std::string> ancestors(const State& state, std::string_view scope) {
  std::string lowered = to_lower(scope);
  while (lowered.ends_with('/')) lowered.pop_back();
  std::vector<std::string> out;
  const auto add_groups = [&](std::string name) {
    // Writes keep the tree a tree; the bound holds whatever the file says.
    for (std::size_t i = 0; !name.empty() && i < kMaxGroupDepth + 2; ++i) {
      out.push_back(to_lower(management_group_id(name)));
      name = parent_group(state, name);
    }
  };
  for (std::string_view at = lowered; !at.empty(); at = above(at)) {
    if (const auto group = management_group_name(at); !group.empty()) {
      add_groups(std::string(group));
      break;
    }
    out.emplace_back(at);
    if (is_subscription(at)) {
      add_groups(group_of_subscription(state, at.substr(at.rfind('/') + 1)));
      break;
    }
  }
  out.emplace_back("/");
  return out;
}

bool at_or_above(const State& state, std::string_view scope, std::string_view target) {
  if (arm::at_or_above(scope, target)) return true;
  if (management_group_name(scope).empty()) return false;
  const auto all = ancestors(state, target);
  return std::ranges::find(all, to_lower(scope)) != all.end();
}

}  // namespace armature::sandbox
