// Pools: of the configuration, set by hand, and default_pool; what is taken of them, for people.
#include "orchestrator/scheduler.h"

namespace armature::orchestrator {
namespace {

constexpr std::size_t kMaxName = 256, kMaxDescription = 4096;
constexpr int kMostSlots = 1'000'000;

Status check(const dag::Pool& pool) {
  if (pool.name.empty() || pool.name.size() > kMaxName) {
    return fail(Code::kInvalid, "a pool's name has 1 to 256 characters");
  }
  if (pool.slots < dag::kUnlimitedSlots || pool.slots > kMostSlots) {
    return fail(Code::kInvalid, "slots: a whole number from 0 to 1,000,000, or -1 for no bound");
  }
  if (pool.description.size() > kMaxDescription) {
    return fail(Code::kInvalid, "description: at most 4,096 bytes");
  }
  return Ok{};
}

}  // namespace

Instant Scheduler::date_of(const RunInfo& run) {
  return run.logical_date ? *run.logical_date : run.run_after.value_or(Instant{});
}

bool Scheduler::is_configured(std::string_view pool) const {
  return std::ranges::any_of(settings_.pools,
                             [&](const dag::Pool& one) { return one.name == pool; });
}

Status Scheduler::load_pools() {
  ARMATURE_TRY(auto kept, tools_.store.pools());
  dag::Pools pools;
  const std::string standard(dag::kDefaultPool);
  pools.emplace(standard, dag::Pool{standard, 128, ""});
  for (dag::Pool& pool : kept) pools[pool.name] = std::move(pool);
  for (const dag::Pool& pool : settings_.pools) {
    if (auto good = check(pool); !good) return std::move(good).error().in("pools." + pool.name);
    pools[pool.name] = pool;
  }
  const std::lock_guard lock(dags_mutex_);
  pools_ = std::move(pools);
  return Ok{};
}

void Scheduler::publish_slots() {
  Slots out{occupied_, {}};
  for (const auto& [key, run] : runs_) {
    for (const auto& [pool, ready] : run.ready) {
      out.waiting[pool] += ready.slots;
    }
  }
  const std::lock_guard lock(dags_mutex_);
  slots_ = std::move(out);
}

PoolInfo Scheduler::info_of_pool(const dag::Pool& pool) const {
  PoolInfo out{pool, is_configured(pool.name)};
  out.running_slots = slots_.occupied.of_pool(pool.name);
  const auto waiting = slots_.waiting.find(pool.name);
  if (waiting != slots_.waiting.end()) out.scheduled_slots = waiting->second;
  return out;
}

std::vector<PoolInfo> Scheduler::pools() const {
  const std::lock_guard lock(dags_mutex_);
  std::vector<PoolInfo> out;
  for (const auto& entry : pools_) out.push_back(info_of_pool(entry.second));
  return out;
}

Result<PoolInfo> Scheduler::put_pool(dag::Pool pool) {
  ARMATURE_CHECK(check(pool));
  if (is_configured(pool.name)) {
    return fail(Code::kConflict, "pool '" + pool.name + "' is set by the server's configuration");
  }
  const std::lock_guard lock(mutex_);
  ARMATURE_CHECK(tools_.store.put_pool(pool));
  inbox_->knock();
  const std::lock_guard dags_lock(dags_mutex_);
  return info_of_pool(pools_[pool.name] = std::move(pool));
}

Status Scheduler::delete_pool(const std::string& name) {
  if (name == dag::kDefaultPool) return fail(Code::kInvalid, "default_pool cannot be deleted");
  if (is_configured(name)) {
    return fail(Code::kConflict, "pool '" + name + "' is set by the server's configuration");
  }
  const std::lock_guard lock(mutex_);
  if (!pools_.contains(name)) return fail(Code::kNotFound, "there is no pool '" + name + "'");
  ARMATURE_CHECK(tools_.store.delete_pool(name));
  const std::lock_guard dags_lock(dags_mutex_);
  pools_.erase(name);
  return Ok{};
}

Result<std::optional<std::string>> Scheduler::held_by(const std::string& dag_id,
                                                      const std::string& run_id,
                                                      const std::string& task_id) const {
  ARMATURE_TRY(const RunRow run, tools_.store.run_row(dag_id, run_id));
  ARMATURE_TRY(const DagPtr def, version_of(run.info));
  for (std::size_t i = 0; i < def->tasks.size(); ++i) {
    if (def->tasks[i].id.str() != task_id) continue;
    const bool scheduled = std::ranges::any_of(run.tasks, [&](const TaskRow& row) {
      return row.task_id == task_id && row.state == dag::TaskState::kScheduled;
    });
    if (!scheduled) return std::optional<std::string>();
    if (is_paused(dag_id)) return std::optional<std::string>("the DAG is paused");
    const dag::Lane lane{run.id, date_of(run.info), def.get(), def->tasks[i].pool, nullptr};
    const std::lock_guard lock(dags_mutex_);
    return dag::held_by(lane, i, pools_, slots_.occupied, static_cast<int>(settings_.parallelism));
  }
  return fail(Code::kNotFound, "the run has no task '" + task_id + "'");
}

}  // namespace armature::orchestrator
