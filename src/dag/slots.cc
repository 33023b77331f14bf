#include "dag/slots.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <queue>

namespace armature::dag {
namespace {

// For each task the set of those that come after it (down) or before it, as bits.
class Reach {
 public:
  Reach(const DagDef& dag, bool down)
      : words_((dag.tasks.size() + 63) / 64), bits_(dag.tasks.size() * words_, 0) {
    const std::size_t count = dag.tasks.size();
    const auto ahead = [&](std::size_t i) -> const std::vector<std::size_t>& {
      return down ? dag.tasks[i].downstream : dag.tasks[i].upstream;
    };
    const auto behind = [&](std::size_t i) -> const std::vector<std::size_t>& {
      return down ? dag.tasks[i].upstream : dag.tasks[i].downstream;
    };
    std::vector<std::size_t> missing(count), order;
    for (std::size_t i = 0; i < count; ++i) {
      missing[i] = ahead(i).size();
      if (missing[i] == 0) order.push_back(i);
    }
    for (std::size_t at = 0; at < order.size(); ++at) {
      const std::size_t task = order[at];
      for (const std::size_t other : ahead(task)) {
        for (std::size_t word = 0; word < words_; ++word) row(task)[word] |= row(other)[word];
        row(task)[other / 64] |= std::uint64_t{1} << (other % 64);
      }
      for (const std::size_t other : behind(task)) {
        if (--missing[other] == 0) order.push_back(other);
      }
    }
  }

  std::int64_t weight(std::size_t task, const DagDef& dag) {
    std::int64_t out = 0;
    for (std::size_t word = 0; word < words_; ++word) {
      for (std::uint64_t left = row(task)[word]; left != 0; left &= left - 1) {
        const auto bit = static_cast<std::size_t>(std::countr_zero(left));
        out += dag.tasks[word * 64 + bit].priority_weight;
      }
    }
    return out;
  }

 private:
  std::uint64_t* row(std::size_t task) { return bits_.data() + task * words_; }
  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

bool is_capped(const TaskDef& task) { return task.max_active_tis_per_dag.has_value(); }

// The first limit that a ready task meets. A full one holds its whole lane.
enum class Limit { kNone, kNoPool, kPoolFull, kPoolTooSmall, kPoolShort, kRun, kTask };

Limit limit_of(const Lane& lane, std::size_t task, const Pools& pools, const Occupied& occupied) {
  const auto pool = pools.find(lane.pool);
  if (pool == pools.end()) return Limit::kNoPool;
  const TaskDef& def = lane.dag->tasks[task];
  if (pool->second.slots != kUnlimitedSlots) {
    const int open = pool->second.slots - occupied.of_pool(lane.pool);
    if (open <= 0) return Limit::kPoolFull;
    if (def.pool_slots > pool->second.slots) return Limit::kPoolTooSmall;
    if (def.pool_slots > open) return Limit::kPoolShort;
  }
  if (occupied.of_run(lane.run) >= lane.dag->max_active_tasks) return Limit::kRun;
  if (is_capped(def) && occupied.of_task(*lane.dag, task) >= *def.max_active_tis_per_dag) {
    return Limit::kTask;
  }
  return Limit::kNone;
}

bool holds_the_lane(Limit limit) {
  return limit == Limit::kNoPool || limit == Limit::kPoolFull || limit == Limit::kRun;
}

// Where a lane stands in the queue of all lanes.
struct Head {
  const Lane* lane;
  std::set<ReadyTask>::const_iterator at;
};
struct ComesAfter {
  bool operator()(const Head& a, const Head& b) const {
    const auto place = [](const Head& one) {
      return std::tuple(-std::int64_t{one.at->weight}, one.lane->date, one.lane->run, one.at->task);
    };
    return place(a) > place(b);
  }
};

}  // namespace

std::vector<int> total_weights(const DagDef& dag) {
  const auto uses = [&](WeightRule rule) {
    return std::ranges::any_of(dag.tasks,
                               [&](const TaskDef& task) { return task.weight_rule == rule; });
  };
  std::optional<Reach> down, up;
  if (uses(WeightRule::kDownstream)) down.emplace(dag, true);
  if (uses(WeightRule::kUpstream)) up.emplace(dag, false);
  std::vector<int> out;
  out.reserve(dag.tasks.size());
  for (std::size_t i = 0; i < dag.tasks.size(); ++i) {
    const TaskDef& task = dag.tasks[i];
    std::int64_t weight = task.priority_weight;
    if (task.weight_rule == WeightRule::kDownstream) weight += down->weight(i, dag);
    if (task.weight_rule == WeightRule::kUpstream) weight += up->weight(i, dag);
    using Bounds = std::numeric_limits<std::int32_t>;
    out.push_back(static_cast<int>(std::clamp<std::int64_t>(weight, std::int64_t{Bounds::min()},
                                                            std::int64_t{Bounds::max()})));
  }
  return out;
}

int Occupied::of_pool(std::string_view pool) const {
  const auto found = pools_.find(pool);
  return found == pools_.end() ? 0 : found->second;
}

int Occupied::of_run(std::int64_t run) const {
  const auto found = runs_.find(run);
  return found == runs_.end() ? 0 : found->second;
}

int Occupied::of_task(const DagDef& dag, std::size_t task) const {
  const auto found = tasks_.find({dag.id.str(), dag.tasks[task].id.str()});
  return found == tasks_.end() ? 0 : found->second;
}

void Occupied::add(std::int64_t run, const DagDef& dag, std::size_t task, int by) {
  const auto count = [](auto& all, const auto& key, int more) {
    const auto at = all.try_emplace(key, 0).first;
    at->second += more;
    if (at->second == 0) all.erase(at);
  };
  const TaskDef& def = dag.tasks[task];
  attempts_ += by;
  count(pools_, def.pool, by * def.pool_slots);
  count(runs_, run, by);
  if (is_capped(def)) count(tasks_, std::pair(dag.id.str(), def.id.str()), by);
}

std::vector<Start> choose(const std::vector<Lane>& lanes, const Pools& pools, Occupied occupied,
                          int parallelism) {
  std::vector<Head> heads;
  heads.reserve(lanes.size());
  for (const Lane& lane : lanes) {
    if (!lane.ready->empty()) heads.push_back({&lane, lane.ready->begin()});
  }
  std::priority_queue<Head, std::vector<Head>, ComesAfter> queue(ComesAfter{}, std::move(heads));
  std::vector<Start> out;
  while (!queue.empty() && occupied.attempts() < parallelism) {
    Head head = queue.top();
    queue.pop();
    const Limit limit = limit_of(*head.lane, head.at->task, pools, occupied);
    if (holds_the_lane(limit)) continue;
    if (limit == Limit::kNone) {
      out.push_back({static_cast<std::size_t>(head.lane - lanes.data()), head.at->task});
      occupied.start(head.lane->run, *head.lane->dag, head.at->task);
    }
    if (++head.at != head.lane->ready->end()) queue.push(head);
  }
  return out;
}

std::optional<std::string> held_by(const Lane& lane, std::size_t task, const Pools& pools,
                                   const Occupied& occupied, int parallelism) {
  const TaskDef& def = lane.dag->tasks[task];
  const std::string pool = "pool '" + std::string(lane.pool) + "'";
  switch (limit_of(lane, task, pools, occupied)) {
    case Limit::kNoPool:
      return "there is no " + pool;
    case Limit::kPoolFull:
      return pool + " has no open slot";
    case Limit::kPoolTooSmall:
      return pool + " never has the " + std::to_string(def.pool_slots) + " slots it needs";
    case Limit::kPoolShort:
      return pool + " has fewer open slots than the " + std::to_string(def.pool_slots) +
             " it needs";
    case Limit::kRun:
      return "the run has max_active_tasks (" + std::to_string(lane.dag->max_active_tasks) +
             ") running";
    case Limit::kTask:
      return "max_active_tis_per_dag (" + std::to_string(*def.max_active_tis_per_dag) +
             ") of the task are running";
    case Limit::kNone:
      break;
  }
  if (occupied.attempts() < parallelism) return std::nullopt;
  return "the server runs its orchestrator.parallelism (" + std::to_string(parallelism) +
         ") of attempts";
}

}  // namespace armature::dag
