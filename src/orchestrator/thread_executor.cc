#include "orchestrator/thread_executor.h"

#include <algorithm>

namespace armature::orchestrator {

ThreadExecutor::ThreadExecutor(Tools tools, unsigned parallelism)
    : tools_(std::move(tools)), parallelism_(parallelism) {}

ThreadExecutor::~ThreadExecutor() { stop(); }

void ThreadExecutor::start(Work work, std::function<void(Finished)> done) {
  auto job = std::make_shared<Job>(std::move(work), std::move(done));
  const std::lock_guard lock(mutex_);
  if (stopping_) job->cancel.raise();
  waiting_.push_back(std::move(job));
  // Threads are made when needed and kept: an idle server has none.
  if (idle_ < waiting_.size() && threads_.size() < parallelism_ && !stopping_) {
    threads_.emplace_back([this] { work_loop(); });
  }
  changed_.notify_one();
}

void ThreadExecutor::cancel(const Attempt& attempt) {
  const std::lock_guard lock(mutex_);
  const auto raise = [&](const std::shared_ptr<Job>& job) {
    if (job->work.attempt == attempt) job->cancel.raise();
  };
  std::ranges::for_each(waiting_, raise);
  std::ranges::for_each(running_, raise);
}

void ThreadExecutor::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& job : waiting_) job->cancel.raise();
    for (const auto& job : running_) job->cancel.raise();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void ThreadExecutor::work_loop() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    --idle_;
    if (waiting_.empty()) return;
    const auto place = running_.insert(running_.end(), std::move(waiting_.front()));
    waiting_.pop_front();
    lock.unlock();
    run(**place);
    lock.lock();
    running_.erase(place);
  }
}

void ThreadExecutor::run(Job& job) {
  TaskLog log(job.work.log_file, tools_.clock, tools_.redactor);
  Bench bench{job.work,       log,          job.cancel,   tools_.arm,  tools_.client,
              tools_.handles, tools_.files, tools_.child, tools_.clock};
  Finished finished{job.work.attempt};
  log.info("attempt " + std::to_string(job.work.attempt.try_number) + " of " +
           to_string(job.work.attempt.key) + " starts: " + job.work.def().operator_name);
  const Operator* found = find_operator(job.work.def().operator_name);
  try {
    if (job.cancel.raised()) {
      finished = cancelled(bench);
    } else if (!found) {
      finished = give_up(bench, dag::FailureClass::kFatal,
                         "this server has no operator '" + job.work.def().operator_name + "'");
    } else {
      finished = found->run(bench);
    }
  } catch (const std::exception& error) {
    finished = give_up(bench, dag::FailureClass::kFatal,
                       std::string("the operator broke: ") + error.what());
  }
  if (finished.kind == Finished::Kind::kSuccess) log.info("attempt ended: success");
  job.done(std::move(finished));
}

}  // namespace armature::orchestrator
