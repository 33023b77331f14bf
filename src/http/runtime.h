#pragma once
// Runtime: the threads that bytes wait on, and the pool that may block.
//
//   I/O threads run connections and coroutines and never block; workers run plain handlers,
//   SQLite reads and whatever else waits in a system call.
//   Threads   post() and run_blocking() may be called from any thread
//   Lifetime  outlives every Server, Client and Task on it. stop() ends accepting and waits until
//             running work is done; the destructor calls it. Not from one of its own threads. A
//             Task that sleeps is let go: its frame is destroyed and it does not wake.
//             What handlers refer to is destroyed after stop()
#include <functional>
#include <memory>

namespace armature::http {

class Runtime {
 public:
  struct Options {
    unsigned io_threads = 1;
    unsigned workers = 16;
  };
  explicit Runtime(Options options);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  void post(std::function<void()> work);          // on an I/O thread; must not block
  void run_blocking(std::function<void()> work);  // on a worker
  void stop();

  struct Impl;  // named only in http/*.cc and http/task.h
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::http
