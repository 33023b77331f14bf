#include "orchestrator/orchestrator.h"

#include "orchestrator/log_reader.h"
#include "orchestrator/operators/operator.h"
#include "orchestrator/scheduler.h"
#include "orchestrator/thread_executor.h"

namespace armature::orchestrator {
namespace {

OperatorTraits traits_of(const std::string& operator_name) {
  OperatorTraits out;
  const Operator* known = find_operator(operator_name);
  if (known == nullptr) return out;
  out.retry_on = known->spec.retry_on;
  out.attaches = known->attaches;
  for (const dag::ArgumentSpec& argument : known->spec.arguments) {
    if (!argument.is_template) out.plain_arguments.insert(argument.name);
  }
  return out;
}

ThreadExecutor::Tools executor_tools(const Options& options, ArmCaller& arm, http::Client& client,
                                     Store& store, const Clock& clock, const Redactor& redactor) {
  return {arm, client, store, TaskFiles(options.file_roots), options.child, clock, redactor};
}

Scheduler::Settings settings_of(const Options& options) {
  return {options.logs_folder, options.parallelism, options.pools, options.rescan};
}

}  // namespace

struct Orchestrator::Impl {
  Impl(const Options& options, std::unique_ptr<Store> tables, AttemptAccess& access, ArmCaller& arm,
       http::Client& client, const Clock& clock, Log& log, Redactor& redactor)
      : logs_folder(options.logs_folder),
        store(std::move(tables)),
        folder(options.dags_folder, operator_specs()),
        executor(executor_tools(options, arm, client, *store, clock, redactor),
                 options.parallelism),
        scheduler({*store, folder, executor, access, clock, log, redactor, traits_of},
                  settings_of(options)) {}

  const std::filesystem::path logs_folder;
  const std::unique_ptr<Store> store;
  DagFolder folder;
  ThreadExecutor executor;
  Scheduler scheduler;  // last: its end stops the executor
};

Orchestrator::Orchestrator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Orchestrator::~Orchestrator() = default;

Result<std::unique_ptr<Orchestrator>> Orchestrator::open(Options options,
                                                         storage::Database& database,
                                                         AttemptAccess& access, ArmCaller& arm,
                                                         http::Client& client, const Clock& clock,
                                                         [[maybe_unused]] Random& random, Log& log,
                                                         Redactor& redactor) {
  ARMATURE_TRY(auto store, Store::open(database, clock));
  auto impl =
      std::make_unique<Impl>(options, std::move(store), access, arm, client, clock, log, redactor);
  return std::unique_ptr<Orchestrator>(new Orchestrator(std::move(impl)));
}

Status Orchestrator::start() {
  ARMATURE_CHECK(impl_->scheduler.load());
  impl_->scheduler.start();
  return Ok{};
}

void Orchestrator::stop() { impl_->scheduler.stop(); }

std::vector<DagInfo> Orchestrator::dags() const { return impl_->scheduler.dags(); }

Result<DagInfo> Orchestrator::dag(const std::string& dag_id) const {
  return impl_->scheduler.dag(dag_id);
}

std::vector<dag::Diagnostic> Orchestrator::import_errors() const { return impl_->folder.errors(); }

Status Orchestrator::set_paused(const std::string& dag_id, bool paused) {
  return impl_->scheduler.set_paused(dag_id, paused);
}

std::vector<PoolInfo> Orchestrator::pools() const { return impl_->scheduler.pools(); }

Result<PoolInfo> Orchestrator::pool(const std::string& name) const {
  for (PoolInfo& one : impl_->scheduler.pools()) {
    if (one.pool.name == name) return std::move(one);
  }
  return fail(Code::kNotFound, "there is no pool '" + name + "'");
}

Result<PoolInfo> Orchestrator::put_pool(dag::Pool pool) {
  return impl_->scheduler.put_pool(std::move(pool));
}

Status Orchestrator::delete_pool(const std::string& name) {
  return impl_->scheduler.delete_pool(name);
}

Result<std::optional<std::string>> Orchestrator::held_by(const std::string& dag_id,
                                                         const std::string& run_id,
                                                         const std::string& task_id) const {
  return impl_->scheduler.held_by(dag_id, run_id, task_id);
}

Result<RunInfo> Orchestrator::trigger(const std::string& dag_id, Trigger trigger) {
  return impl_->scheduler.trigger(dag_id, std::move(trigger));
}

Result<Orchestrator::RunPage> Orchestrator::runs(const RunQuery& query) const {
  return impl_->store->runs(query);
}

Result<RunInfo> Orchestrator::run(const std::string& dag_id, const std::string& run_id) const {
  return impl_->store->run(dag_id, run_id);
}

Result<std::vector<TaskInfo>> Orchestrator::task_instances(const std::string& dag_id,
                                                           const std::string& run_id) const {
  return impl_->store->task_instances(dag_id, run_id);
}

Result<LogChunk> Orchestrator::log(const std::string& dag_id, const std::string& run_id,
                                   const std::string& task_id, int try_number,
                                   std::int64_t offset) const {
  ARMATURE_TRY(const RunRow run, impl_->store->run_row(dag_id, run_id));
  for (const TaskRow& task : run.tasks) {
    if (task.task_id != task_id) continue;
    const int which = try_number == 0 ? task.try_number : try_number;
    if (which < 0 || which > task.try_number) {
      return fail(Code::kNotFound,
                  "task '" + task_id + "' has had no try " + std::to_string(which));
    }
    const bool over = which > 0 ? task.state != dag::TaskState::kRunning
                                : dag::is_finished(task.state);  // 0: no attempt yet
    const bool ended = which < task.try_number || over;
    ARMATURE_TRY(const DagId dag, DagId::parse(dag_id));
    ARMATURE_TRY(const RunId id, RunId::parse(run_id));
    ARMATURE_TRY(const TaskId task_name, TaskId::parse(task_id));
    const TaskKey key{dag, id, task_name, -1};
    return read_log(log_path(impl_->logs_folder, key, which), offset, ended);
  }
  return fail(Code::kNotFound, "the run has no task '" + task_id + "'");
}

Result<Json> Orchestrator::xcom(const std::string& dag_id, const std::string& run_id,
                                const std::string& task_id, const std::string& key) const {
  return impl_->store->xcom(dag_id, run_id, task_id, key);
}

Result<std::vector<TaskInfo>> Orchestrator::clear(const std::string& dag_id,
                                                  const std::string& run_id, Clear clear) {
  return impl_->scheduler.clear(dag_id, run_id, clear);
}

}  // namespace armature::orchestrator
