#pragma once
// slots: which ready task instances start now, and in which order. Pure: Airflow's critical section
// with its order and its limits.
//
//   Order   the higher total weight, then the older logical date (a run without one: its
//           run_after), then the older run, then the place in the file
//   Passed  what does not fit (its pool, its run, its own cap) holds nobody up who comes after it
//   Cost    what is full is left out as a whole: work goes with what starts, not with what waits
//   Source  facts on Airflow §1.5; tests/cases/airflow/{weights,slots}.json
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "dag/dag.h"

namespace armature::dag {

constexpr std::string_view kDefaultPool = "default_pool";
constexpr int kUnlimitedSlots = -1;

struct Pool {
  std::string name;
  int slots = 128;  // kUnlimitedSlots: no bound
  std::string description;
};
using Pools = std::map<std::string, Pool, std::less<>>;

// priority_weight and what the weight rule adds, for each task; within the range of an int32.
std::vector<int> total_weights(const DagDef& dag);

// A ready task instance within its run.
struct ReadyTask {
  int weight = 1;  // total
  std::size_t task = 0;
  bool operator<(const ReadyTask& other) const {
    return weight != other.weight ? weight > other.weight : task < other.task;
  }
};

// What has started and not ended.
class Occupied {
 public:
  void start(std::int64_t run, const DagDef& dag, std::size_t task) { add(run, dag, task, 1); }
  void end(std::int64_t run, const DagDef& dag, std::size_t task) { add(run, dag, task, -1); }
  int attempts() const { return attempts_; }
  int of_pool(std::string_view pool) const;  // slots
  int of_run(std::int64_t run) const;
  int of_task(const DagDef& dag, std::size_t task) const;  // in all runs; only of a capped task

 private:
  void add(std::int64_t run, const DagDef& dag, std::size_t task, int by);
  int attempts_ = 0;
  std::map<std::string, int, std::less<>> pools_;
  std::map<std::int64_t, int> runs_;
  std::map<std::pair<std::string, std::string>, int> tasks_;
};

// The ready ones of one run that use one pool.
struct Lane {
  std::int64_t run = 0;
  Instant date;  // logical date, or run_after
  const DagDef* dag = nullptr;
  std::string_view pool;
  const std::set<ReadyTask>* ready = nullptr;
};

struct Start {
  std::size_t lane = 0;  // index
  std::size_t task = 0;
};
std::vector<Start> choose(const std::vector<Lane>& lanes, const Pools& pools, Occupied occupied,
                          int parallelism);

// Why a ready task instance does not start, for people; nothing: no limit holds it.
std::optional<std::string> held_by(const Lane& lane, std::size_t task, const Pools& pools,
                                   const Occupied& occupied, int parallelism);

}  // namespace armature::dag
