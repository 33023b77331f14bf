// Dependencies by name become edges; a circle of them is reported with its way.
#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <unordered_set>

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

constexpr std::size_t kMaxEdges = 1'000'000;

struct Node {  // a task, or all of a group
  bool is_group = false;
  std::size_t index = 0;
};

struct Link {  // a dependency whose ends are known
  Node below, above;
  Position at;
  std::string path;
  std::size_t depth = 0;  // of the innermost group around both
};

// Dependencies to edges between tasks. One on a group waits for all tasks that end it; one of a
// group holds back all tasks that begin it. Which these are is known once all links inside the
// group have become edges: the links deepest down come first.
class Linker {
 public:
  explicit Linker(Draft& draft) : draft_(draft), dag_(draft.dag) {
    for (std::size_t i = 0; i < dag_.groups.size(); ++i) {
      nodes_.emplace(dag_.groups[i].id, Node{true, i});
    }
    for (std::size_t i = 0; i < dag_.tasks.size(); ++i) {
      nodes_.emplace(dag_.tasks[i].id.str(), Node{false, i});
    }
  }

  void run() {
    for (std::size_t i = 0; i < draft_.dependencies.size(); ++i) {
      resolve({false, i}, dag_.tasks[i].group, draft_.dependencies[i]);
    }
    for (std::size_t i = 0; i < draft_.groups.size(); ++i) {
      resolve({true, i}, dag_.groups[i].parent, draft_.groups[i].dependencies);
    }
    check_groups_have_tasks();
    std::ranges::stable_sort(links_, std::greater<>(), &Link::depth);
    for (const Link& link : links_) connect(link);
  }

 private:
  std::optional<std::size_t> group_of(Node node) const {
    return node.is_group ? node.index : dag_.tasks[node.index].group;
  }
  bool contains(std::size_t group, Node node) const {
    return dag_.is_in_group(group_of(node), group);
  }

  // A name is looked for in the group around it, then in the one around that, and so outward.
  const Node* find(const std::string& name, std::optional<std::size_t> scope) const {
    for (; scope; scope = dag_.groups[*scope].parent) {
      const auto found = nodes_.find(dag_.groups[*scope].child_id(name));
      if (found != nodes_.end()) return &found->second;
    }
    const auto found = nodes_.find(name);
    return found == nodes_.end() ? nullptr : &found->second;
  }

  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const TaskDef& task : dag_.tasks) out.push_back(task.id.str());
    for (const GroupDef& group : dag_.groups) out.push_back(group.id);
    return out;
  }

  void resolve(Node below, std::optional<std::size_t> scope, const std::vector<Dependency>& all) {
    for (const Dependency& one : all) {
      const Node* above = find(one.name, scope);
      if (above == nullptr) {
        draft_.report.error(one.at, one.path, "unknown_task", "there is no task '" + one.name + "'",
                            did_you_mean(one.name, names()));
        continue;
      }
      const bool around = above->is_group && contains(above->index, below);
      if (around || (below.is_group && contains(below.index, *above))) {
        draft_.report.error(one.at, one.path, "cycle",
                            around
                                ? "what lies in '" + one.name + "' cannot wait for all of it"
                                : "a group cannot wait for '" + one.name + "', which lies in it");
        continue;
      }
      links_.push_back({below, *above, one.at, one.path, depth_around(below, *above)});
    }
  }

  std::size_t depth_around(Node a, Node b) const {
    std::optional<std::size_t> group = group_of(a);
    while (group && !contains(*group, b)) group = dag_.groups[*group].parent;
    std::size_t depth = 0;
    for (; group; group = dag_.groups[*group].parent) ++depth;
    return depth;
  }

  void check_groups_have_tasks() {
    std::vector<bool> has_task(dag_.groups.size(), false);
    for (const TaskDef& task : dag_.tasks) {
      for (auto at = task.group; at && !has_task[*at]; at = dag_.groups[*at].parent) {
        has_task[*at] = true;
      }
    }
    for (std::size_t i = 0; i < dag_.groups.size(); ++i) {
      if (has_task[i]) continue;
      draft_.report.error(dag_.groups[i].at, draft_.groups[i].path, "invalid_value",
                          "no task says task_group: " + dag_.groups[i].id);
    }
  }

  // Of a group: the tasks with nothing of it before them, or after them.
  const std::vector<std::size_t>& border(Node node, bool first) {
    auto& out = (first ? firsts_ : lasts_)[{node.is_group, node.index}];
    if (!out.empty()) return out;
    if (!node.is_group) {
      out.push_back(node.index);
      return out;
    }
    for (std::size_t i = 0; i < dag_.tasks.size(); ++i) {
      const TaskDef& task = dag_.tasks[i];
      if (!dag_.is_in_group(task.group, node.index)) continue;
      const auto inside = [&](std::size_t next) {
        return dag_.is_in_group(dag_.tasks[next].group, node.index);
      };
      if (std::ranges::none_of(first ? task.upstream : task.downstream, inside)) out.push_back(i);
    }
    return out;
  }

  void connect(const Link& link) {
    for (const std::size_t below : border(link.below, true)) {
      for (const std::size_t above : border(link.above, false)) {
        if (edges_.size() >= kMaxEdges) {
          draft_.report.error(link.at, link.path, "too_large",
                              "more than 1,000,000 dependencies between tasks",
                              "put an empty task between the groups");
          return;
        }
        if (!edges_.insert(below * dag_.tasks.size() + above).second) continue;
        dag_.tasks[below].upstream.push_back(above);
        dag_.tasks[above].downstream.push_back(below);
      }
    }
  }

  Draft& draft_;
  DagDef& dag_;
  std::unordered_map<std::string, Node> nodes_;
  std::vector<Link> links_;
  std::map<std::pair<bool, std::size_t>, std::vector<std::size_t>> firsts_, lasts_;
  std::unordered_set<std::size_t> edges_;
};

}  // namespace

void link_tasks(Draft& draft) {
  auto& tasks = draft.dag.tasks;
  Linker(draft).run();
  if (auto cycle = find_cycle(tasks); !cycle.empty()) {
    return report_cycle(std::move(cycle), draft);
  }
  const std::vector<int> weights = total_weights(draft.dag);
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].total_weight = weights[i];
}

}  // namespace armature::dag
