#include "base/attempt.h"

namespace armature {

std::string to_string(const TaskKey& key) {
  std::string out = key.dag.str() + "/" + key.run.str() + "/" + key.task.str();
  if (key.map_index >= 0) out += "[" + std::to_string(key.map_index) + "]";
  return out;
}

}  // namespace armature
