#include "sandbox/rbac/management_tree.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/time.h"
#include "sandbox/rbac.h"
#include "sandbox/rbac/hierarchy.h"

namespace armature::sandbox {
namespace {

constexpr const char* kType = "Microsoft.Management/managementGroups";
constexpr const char* kRead = "Microsoft.Management/managementGroups/read";

struct Shown {
  std::string id;
  std::string name;
  std::string display_name;
};
Shown shown(const State& state, const std::string& name) {
  const std::string key = to_lower(name);
  if (const ManagementGroup* group = state.get<ManagementGroup>(key)) {
    return {management_group_id(group->name), group->name, group->display_name};
  }
  return {management_group_id(key), key, "Tenant root group"};
}

JsonObject reference_to(const State& state, const std::string& name) {
  const Shown group = shown(state, name);
  return {
      {"id",          group.id          },
      {"name",        group.name        },
      {"displayName", group.display_name}
  };
}

// From the root's child down to the group above.
std::vector<std::string> groups_above(const State& state, const std::string& name) {
  std::vector<std::string> out;
  for (std::string at = parent_group(state, name); !at.empty() && out.size() <= kMaxGroupDepth + 1;
       at = parent_group(state, at)) {
    out.push_back(at);
  }
  return out;
}

JsonArray children_json(const State& state, const std::string& key, bool recurse, int depth) {
  JsonArray out;
  for (const std::string& child : children_of(state, key)) {
    JsonObject one{
        {"type", kType}
    };
    for (const auto& member : reference_to(state, child)) one[member.key()] = member.value();
    if (recurse && depth < static_cast<int>(kMaxGroupDepth)) {
      JsonArray below = children_json(state, child, true, depth + 1);
      if (!below.empty()) one["children"] = std::move(below);
    }
    out.push_back(std::move(one));
  }
  for (const std::string& id : subscriptions_of(state, key)) {
    out.push_back(JsonObject{
        {"type",        "/subscriptions"      },
        {"id",          "/subscriptions/" + id},
        {"name",        id                    },
        {"displayName", id                    }
    });
  }
  return out;
}

template <class F>
void for_each_group(const State& state, const F& f) {
  f(root_group(state));
  for (const auto& [key, group] : state.table<ManagementGroup>()) f(key);
}

}  // namespace

std::vector<std::string> children_of(const State& state, const std::string& key) {
  std::vector<std::string> out;
  for (const auto& [name, group] : state.table<ManagementGroup>()) {
    if (parent_group(state, name) == key) out.push_back(name);
  }
  return out;
}

std::vector<std::string> subscriptions_of(const State& state, const std::string& key) {
  const Setting* subscription = state.get<Setting>("subscription");
  if (!subscription || group_of_subscription(state, subscription->value) != key) return {};
  return {subscription->value};
}

std::size_t height_of(const State& state, const std::string& name) {
  std::size_t height = 1;
  for (const auto& [key, group] : state.table<ManagementGroup>()) {
    const auto above = groups_above(state, key);
    const auto place = std::ranges::find(above, to_lower(name));
    if (place == above.end()) continue;
    height = std::max(height, static_cast<std::size_t>(place - above.begin()) + 2);
  }
  return height;
}

Json group_json(const State& state, const std::string& name, const GroupView& view) {
  const Shown self = shown(state, name);
  const std::string key = to_lower(name);
  const ManagementGroup* group = state.get<ManagementGroup>(key);
  JsonObject details{
      {"version",     group ? group->version : 1                                     },
      {"updatedTime", to_rfc3339(group ? group->changed : Instant{})                 },
      {"updatedBy",
       group ? Json(group->changed_by) : Json("00000000-0000-0000-0000-000000000000")}
  };
  const std::vector<std::string> above = groups_above(state, key);
  if (!above.empty()) details["parent"] = reference_to(state, above.front());
  if (view.path || view.ancestors) {
    JsonArray names, chain;
    for (const std::string& one : above) {
      const Shown group_above = shown(state, one);
      names.emplace_back(group_above.name);
      chain.push_back(JsonObject{
          {"name",        group_above.name        },
          {"displayName", group_above.display_name}
      });
    }
    if (view.ancestors) {
      details["managementGroupAncestors"] = std::move(names);
      details["managementGroupAncestorsChain"] = std::move(chain);
    } else {
      std::ranges::reverse(chain);
      details["path"] = std::move(chain);
    }
  }
  JsonObject properties{
      {"tenantId",    root_group(state) },
      {"displayName", self.display_name },
      {"details",     std::move(details)}
  };
  if (view.children) properties["children"] = children_json(state, key, view.recurse, 0);
  return JsonObject{
      {"id",         self.id              },
      {"type",       kType                },
      {"name",       self.name            },
      {"properties", std::move(properties)}
  };
}

Json placed_subscription_json(const Cloud& cloud, const State& state) {
  const Shown group = shown(state, group_of_subscription(state, cloud.subscription()));
  return JsonObject{
      {"id",         group.id + "/subscriptions/" + cloud.subscription()  },
      {"type",       "Microsoft.Management/managementGroups/subscriptions"},
      {"name",       cloud.subscription()                                 },
      {"properties", JsonObject{{"tenant", cloud.tenant()},
                                {"displayName", cloud.options().subscription_name},
                                {"parent", JsonObject{{"id", group.id}}},
                                {"state", "Active"}}  }
  };
}

ArmAnswer list_groups_of_caller(const Cloud& cloud, const State& state, const ArmCall& call) {
  JsonArray out;
  for_each_group(state, [&](const std::string& key) {
    if (!may(cloud, state, call.caller.object_id, kRead, management_group_id(key))) return;
    const Shown group = shown(state, key);
    out.push_back(JsonObject{
        {"id",         group.id                                                          },
        {"type",       kType                                                             },
        {"name",       group.name                                                        },
        {"properties",
         JsonObject{{"tenantId", root_group(state)}, {"displayName", group.display_name}}}
    });
  });
  return list_answer(std::move(out));
}

ArmAnswer list_descendants(const Cloud& cloud, const State& state, const std::string& name) {
  const std::string top = to_lower(management_group_id(name));
  JsonArray out;
  const auto add = [&](const std::string& id, const char* type, const std::string& shown_name,
                       const std::string& display_name, const std::string& parent) {
    out.push_back(JsonObject{
        {"id",         id                                                                                       },
        {"type",       type                                                                                     },
        {"name",       shown_name                                                                               },
        {"properties", JsonObject{{"displayName", display_name},
                                  {"parent", JsonObject{{"id", shown(state, parent).id}}}}}
    });
  };
  for (const auto& [key, group] : state.table<ManagementGroup>()) {
    const std::string id = management_group_id(group.name);
    if (equal_ci(id, top) || !at_or_above(state, top, id)) continue;
    add(id, kType, group.name, group.display_name, parent_group(state, key));
  }
  const std::string subscription = "/subscriptions/" + cloud.subscription();
  if (at_or_above(state, top, subscription)) {
    add(subscription, "/subscriptions", cloud.subscription(), cloud.options().subscription_name,
        group_of_subscription(state, cloud.subscription()));
  }
  return list_answer(std::move(out));
}

ArmAnswer list_entities(const Cloud& cloud, const State& state, const ArmCall& call) {
  JsonArray out;
  const auto add = [&](const Shown& self, const char* type, const std::string& parent) {
    JsonArray chain;
    std::vector<std::string> above;
    if (!parent.empty()) {
      above = groups_above(state, parent);
      above.insert(above.begin(), parent);
    }
    for (auto it = above.rbegin(); it != above.rend(); ++it) {
      chain.emplace_back(shown(state, *it).name);
    }
    JsonObject properties{
        {"tenantId",             root_group(state)},
        {"displayName",          self.display_name},
        {"permissions",          "view"           },
        {"inheritedPermissions", "view"           },
        {"parentNameChain",      std::move(chain) }
    };
    if (!parent.empty())
      properties["parent"] = JsonObject{
          {"id", shown(state, parent).id}
      };
    out.push_back(JsonObject{
        {"id",         self.id              },
        {"type",       type                 },
        {"name",       self.name            },
        {"properties", std::move(properties)}
    });
  };
  for_each_group(state, [&](const std::string& key) {
    if (!may(cloud, state, call.caller.object_id, kRead, management_group_id(key))) return;
    add(shown(state, key), kType, parent_group(state, key));
  });
  const std::string id = "/subscriptions/" + cloud.subscription();
  if (sees(state, call.caller.object_id, id)) {
    add({id, cloud.subscription(), cloud.options().subscription_name}, "/subscriptions",
        group_of_subscription(state, cloud.subscription()));
  }
  const auto count = static_cast<std::int64_t>(out.size());
  return answer(200, JsonObject{
                         {"value", std::move(out)},
                         {"count", count         }
  });
}

}  // namespace armature::sandbox
