#include "dag/dag.h"

#include <algorithm>

namespace armature::dag {

const TaskDef* DagDef::find(std::string_view task_id) const {
  const auto it =
      std::ranges::find_if(tasks, [&](const TaskDef& task) { return task.id.str() == task_id; });
  return it == tasks.end() ? nullptr : &*it;
}

}  // namespace armature::dag
