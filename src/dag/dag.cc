#include "dag/dag.h"

#include <algorithm>
#include <array>
#include <utility>

namespace armature::dag {
namespace {

constexpr std::array<std::pair<WeightRule, std::string_view>, 3> kWeightRules = {
    {{WeightRule::kDownstream, "downstream"},
     {WeightRule::kUpstream, "upstream"},
     {WeightRule::kAbsolute, "absolute"}}
};

}  // namespace

std::string_view to_string(WeightRule rule) {
  return std::ranges::find(kWeightRules, rule, &std::pair<WeightRule, std::string_view>::first)
      ->second;
}

std::optional<WeightRule> weight_rule_from(std::string_view name) {
  for (const auto& [rule, known] : kWeightRules) {
    if (known == name) return rule;
  }
  return std::nullopt;
}

std::vector<std::string> weight_rule_names() {
  std::vector<std::string> out;
  for (const auto& rule : kWeightRules) out.emplace_back(rule.second);
  return out;
}

const TaskDef* DagDef::find(std::string_view task_id) const {
  const auto it =
      std::ranges::find_if(tasks, [&](const TaskDef& task) { return task.id.str() == task_id; });
  return it == tasks.end() ? nullptr : &*it;
}

bool DagDef::is_in_group(std::optional<std::size_t> inner, std::size_t outer) const {
  while (inner && *inner != outer) inner = groups[*inner].parent;
  return inner.has_value();
}

}  // namespace armature::dag
