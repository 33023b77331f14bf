#pragma once
// Fakes of the scheduler's collaborators, and a scheduler on a real database whose every step the
// test makes. Included by tests only.
#include <fstream>
#include <set>

#include "base/testing.h"
#include "orchestrator/scheduler.h"
#include "storage/testing.h"

namespace armature::orchestrator::testing {

// Keeps what it was told to start; the test says how it ends.
class FakeExecutor final : public Executor {
 public:
  struct Job {
    Work work;
    std::function<void(Finished)> done;
  };
  void start(Work work, std::function<void(Finished)> done) override {
    jobs.push_back({std::move(work), std::move(done)});
  }
  void cancel(const Attempt& attempt) override { cancelled.push_back(attempt); }
  void stop() override { stopped = true; }

  std::vector<std::string> running() const {  // task ids, in order of start
    std::vector<std::string> out;
    for (const Job& job : jobs) out.push_back(job.work.def().id.str());
    return out;
  }
  Job take(const std::string& task_id) {
    for (auto at = jobs.begin(); at != jobs.end(); ++at) {
      if (at->work.def().id.str() != task_id) continue;
      Job out = std::move(*at);
      jobs.erase(at);
      return out;
    }
    throw std::runtime_error("the task is not running: " + task_id);
  }
  void succeed(const std::string& task_id, Json output = nullptr) {
    Job job = take(task_id);
    Finished out{job.work.attempt};
    out.output = std::move(output);
    job.done(std::move(out));
  }
  void fail(const std::string& task_id, dag::FailureClass failure = dag::FailureClass::kTaskFailed,
            std::string code = "", std::string message = "it broke") {
    Job job = take(task_id);
    Finished out{job.work.attempt, Finished::Kind::kFailed, failure, std::move(code),
                 std::move(message)};
    job.done(std::move(out));
  }

  std::vector<Job> jobs;
  std::vector<Attempt> cancelled;
  bool stopped = false;
};

class FakeAccess final : public AttemptAccess {
 public:
  Result<Secret> begin(const Attempt& attempt, const std::string& identity,
                       const std::vector<RoleGrant>& grants, Micros time_to_live) override {
    if (refusal) return *refusal;
    begun.push_back({attempt, identity, grants, time_to_live});
    return Secret("token-of-fence-" + std::to_string(attempt.fence));
  }
  void end(const Attempt& attempt) override { ended.push_back(attempt); }
  void cleared(const TaskKey& task) override { cleared_tasks.push_back(task); }

  struct Begun {
    Attempt attempt;
    std::string identity;
    std::vector<RoleGrant> grants;
    Micros time_to_live;
  };
  std::vector<Begun> begun;
  std::vector<Attempt> ended;
  std::vector<TaskKey> cleared_tasks;
  std::optional<Error> refusal;
};

// "work" does something in this process; "cloud" can re-join what it began.
inline std::vector<dag::OperatorSpec> specs() {
  dag::OperatorSpec work;
  work.name = "work";
  work.arguments = {
      {"say",   "any",    false, true },
      {"later", "string", false, false}
  };
  dag::OperatorSpec cloud = work;
  cloud.name = "cloud";
  return {work, cloud};
}

inline OperatorTraits traits(const std::string& name) {
  OperatorTraits out;
  out.attaches = name == "cloud";
  out.plain_arguments = {"later"};
  return out;
}

class Bench {
 public:
  Bench() { std::filesystem::create_directories(dags()); }

  std::filesystem::path dags() const { return folder_.path() / "dags"; }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(dags() / name) << text;
  }
  // The first start, or the next one of a server that ended without a word.
  void open() {
    scheduler.reset();
    executor = std::make_unique<FakeExecutor>();
    access = std::make_unique<FakeAccess>();
    store = *Store::open(*database, clock);
    folder = std::make_unique<DagFolder>(dags(), specs());
    Scheduler::Settings settings;
    settings.logs_folder = folder_.path() / "logs";
    settings.parallelism = parallelism;
    settings.pools = pools;
    scheduler = std::make_unique<Scheduler>(
        Scheduler::Tools{*store, *folder, *executor, *access, clock, log.log, log.redactor, traits},
        settings);
    const auto loaded = scheduler->load();
    if (!loaded) throw std::runtime_error(loaded.error().message);
  }
  std::string state(const std::string& dag, const std::string& run) const {
    const auto info = store->run(dag, run);
    return info ? std::string(dag::to_string(info->state)) : info.error().message;
  }
  TaskInfo task(const std::string& dag, const std::string& run, const std::string& task_id) const {
    const auto all = store->task_instances(dag, run);
    if (!all) throw std::runtime_error(all.error().message);
    for (const TaskInfo& one : *all) {
      if (one.task_id == task_id) return one;
    }
    throw std::runtime_error("the run has no task " + task_id);
  }
  // "a=success b=none", in file order.
  std::string tasks(const std::string& dag, const std::string& run) const {
    std::string out;
    const auto all = store->task_instances(dag, run);
    if (!all) return all.error().message;
    for (const TaskInfo& one : *all) {
      if (!out.empty()) out += ' ';
      out += one.task_id + "=" + std::string(dag::to_string(one.state));
    }
    return out;
  }
  Instant step() { return scheduler->step(); }
  Instant step_after(Micros time) {
    clock.advance(time);
    return step();
  }

 private:
  armature::testing::TempDir folder_;

 public:
  armature::testing::TempDatabase database;
  armature::testing::FakeClock clock;
  armature::testing::CaptureLog log;
  unsigned parallelism = 32;
  std::vector<dag::Pool> pools;  // of the configuration
  std::unique_ptr<FakeExecutor> executor;
  std::unique_ptr<FakeAccess> access;
  std::unique_ptr<Store> store;
  std::unique_ptr<DagFolder> folder;
  std::unique_ptr<Scheduler> scheduler;
};

}  // namespace armature::orchestrator::testing
