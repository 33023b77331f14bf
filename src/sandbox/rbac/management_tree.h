#pragma once
// The tree of management groups as ARM shows it, and the walks over it.
//
//   Names     keys of the tree are in lower case; what is shown keeps the case it was made with
//   Threads   `state` is read under the store's lock
#include <string>
#include <vector>

#include "sandbox/cloud.h"

namespace armature::sandbox {

std::vector<std::string> children_of(const State& state, const std::string& key);
std::vector<std::string> subscriptions_of(const State& state, const std::string& key);
// Levels from the group itself down to its deepest group: 1 without children.
std::size_t height_of(const State& state, const std::string& name);

struct GroupView {
  bool children = false;
  bool recurse = false;  // children of children
  bool path = false;
  bool ancestors = false;
};
Json group_json(const State& state, const std::string& name, const GroupView& view);
Json placed_subscription_json(const Cloud& cloud, const State& state);  // in its group

ArmAnswer list_groups_of_caller(const Cloud& cloud, const State& state, const ArmCall& call);
ArmAnswer list_descendants(const Cloud& cloud, const State& state, const std::string& name);
ArmAnswer list_entities(const Cloud& cloud, const State& state, const ArmCall& call);

}  // namespace armature::sandbox
