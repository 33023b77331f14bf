// Dependencies by name become edges; a circle of them is reported with its way.
#include <algorithm>
#include <unordered_map>

#include "base/bytes.h"
#include "dag/load_internal.h"
#include "dag/slots.h"

namespace armature::dag {
namespace {

// Walks upstream without recursion, for a chain may be as long as the DAG. Colours: 0 new, 1 on the
// way, 2 done.
std::vector<std::size_t> find_cycle(const std::vector<TaskDef>& tasks) {
  std::vector<char> colour(tasks.size(), 0);
  std::vector<std::pair<std::size_t, std::size_t>> way;  // task, next upstream to look at
  for (std::size_t start = 0; start < tasks.size(); ++start) {
    if (colour[start] != 0) continue;
    way.assign(1, {start, 0});
    colour[start] = 1;
    while (!way.empty()) {
      auto& [task, next] = way.back();
      if (next == tasks[task].upstream.size()) {
        colour[task] = 2;
        way.pop_back();
        continue;
      }
      const std::size_t above = tasks[task].upstream[next++];
      if (colour[above] == 1) {
        std::vector<std::size_t> cycle;
        for (auto it = way.rbegin(); it != way.rend(); ++it) {
          cycle.push_back(it->first);
          if (it->first == above) return cycle;
        }
      }
      if (colour[above] == 0) {
        colour[above] = 1;
        way.emplace_back(above, 0);
      }
    }
  }
  return {};
}

void report_cycle(std::vector<std::size_t> cycle, Draft& draft) {
  const auto& tasks = draft.dag.tasks;
  // Told downstream, from the task that stands first in the file.
  std::ranges::rotate(cycle, std::ranges::min_element(cycle));
  std::string way;
  for (const std::size_t task : cycle) way += tasks[task].id.str() + " -> ";
  const std::size_t first = cycle.front();
  draft.report.error(tasks[first].at, "tasks[" + std::to_string(first) + "].dependencies", "cycle",
                     "the dependencies form a circle: " + way + tasks[first].id.str());
}

}  // namespace

void link_tasks(Draft& draft) {
  auto& tasks = draft.dag.tasks;
  std::unordered_map<std::string, std::size_t> index;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    index.emplace(tasks[i].id.str(), i);
    ids.push_back(tasks[i].id.str());
  }
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    for (const Dependency& dependency : draft.dependencies[i]) {
      const auto found = index.find(dependency.name);
      if (found == index.end()) {
        draft.report.error(dependency.at, dependency.path, "unknown_task",
                           "there is no task '" + dependency.name + "'",
                           did_you_mean(dependency.name, ids));
        continue;
      }
      auto& upstream = tasks[i].upstream;
      if (std::ranges::find(upstream, found->second) != upstream.end()) continue;
      upstream.push_back(found->second);
      tasks[found->second].downstream.push_back(i);
    }
  }
  if (auto cycle = find_cycle(tasks); !cycle.empty()) {
    return report_cycle(std::move(cycle), draft);
  }
  const std::vector<int> weights = total_weights(draft.dag);
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].total_weight = weights[i];
}

}  // namespace armature::dag
