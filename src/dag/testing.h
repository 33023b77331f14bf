#pragma once
// DAG values for tests, made without a file. Included by tests only.
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "dag/dag.h"

namespace armature::dag::testing {

// make_dag("etl", {{"a", {}}, {"b", {"a"}}}): tasks with their upstream, in order.
inline DagDef make_dag(const std::string& id,
                       const std::vector<std::pair<std::string, std::vector<std::string>>>& tasks) {
  DagDef out(*DagId::parse(id));
  for (const auto& [name, upstream] : tasks) {
    TaskDef task(*TaskId::parse(name));
    task.operator_name = "empty";
    const std::size_t self = out.tasks.size();
    for (const std::string& above : upstream) {
      for (std::size_t i = 0; i < self; ++i) {
        if (out.tasks[i].id.str() != above) continue;
        task.upstream.push_back(i);
        out.tasks[i].downstream.push_back(self);
      }
    }
    out.tasks.push_back(std::move(task));
  }
  return out;
}

}  // namespace armature::dag::testing
