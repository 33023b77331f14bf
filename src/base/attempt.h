#pragma once
// Attempt: one try of a task instance, the thing a token names.
#include <compare>
#include <cstdint>
#include <string>

#include "base/id.h"

namespace armature {

struct TaskKey {
  DagId dag;
  RunId run;
  TaskId task;
  int map_index = -1;  // -1: not mapped, as in Airflow
  auto operator<=>(const TaskKey&) const = default;
};

struct Attempt {
  TaskKey key;
  int try_number = 1;
  std::int64_t fence = 0;  // rises with each attempt or forced change; stale holders are refused
  bool operator==(const Attempt&) const = default;
};

std::string to_string(const TaskKey& key);  // dag/run/task or dag/run/task[3]: for people

}  // namespace armature
