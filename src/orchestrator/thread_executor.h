#pragma once
// ThreadExecutor: runs each attempt on a thread of its own, at most `parallelism` at once; what is
// above waits in order.
//
//   Cancel    raises the attempt's stop sign; one that has not started yet ends at once
//   Deadline  raised like a cancel when the attempt's time is over: operators say "timeout"
//   stop      raises every sign and waits until all attempts have ended
//   Errors    an exception out of an operator fails the attempt (class fatal), never the server
//   Lifetime  everything passed in outlives the executor; done callbacks run on the attempt's
//   thread
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <thread>

#include "orchestrator/operators/operator.h"

namespace armature::orchestrator {

class ThreadExecutor final : public Executor {
 public:
  struct Tools {
    ArmCaller& arm;
    http::Client& client;
    HandleStore& handles;
    TaskFiles files;
    ChildEnvironment child;
    const Clock& clock;
    const Redactor& redactor;
  };
  ThreadExecutor(Tools tools, unsigned parallelism);
  ~ThreadExecutor() override;

  void start(Work work, std::function<void(Finished)> done) override;
  void cancel(const Attempt& attempt) override;
  void stop() override;

 private:
  struct Job {
    Job(Work what, std::function<void(Finished)> report)
        : work(std::move(what)), done(std::move(report)) {}
    Work work;
    std::function<void(Finished)> done;
    Cancel cancel;
  };
  void work_loop();
  void run(Job& job);

  Tools tools_;
  const unsigned parallelism_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::list<std::shared_ptr<Job>> running_;
  std::vector<std::thread> threads_;
  unsigned idle_ = 0;
  bool stopping_ = false;
};

}  // namespace armature::orchestrator
