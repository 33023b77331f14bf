#pragma once
// The inside of a Runtime: loops (one thread, one context each) and workers. Used by http/*.cc
// only.
//
//   A connection, an exchange and a coroutine stay on the loop they began on, so that nothing on a
//   loop needs a lock. Every executor of a Task is a loop's: loop_of() relies on it.
#include <atomic>
#include <boost/asio/execution.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "http/deadlines.h"
#include "http/runtime.h"

namespace armature::http {

// A suspended coroutine: called at most once; let go uncalled it destroys the coroutine.
class Resume {
 public:
  Resume() = default;
  template <class Handler>
  static Resume from(Handler handler) {
    Resume out;
    out.held_ = std::make_unique<Held<Handler>>(std::move(handler));
    return out;
  }
  explicit operator bool() const { return held_ != nullptr; }
  void operator()() {
    const auto held = std::move(held_);  // the call may end whoever owns this
    held->call();
  }

 private:
  struct Base {
    virtual ~Base() = default;
    virtual void call() = 0;
  };
  template <class Handler>
  struct Held final : Base {
    explicit Held(Handler h) : handler(std::move(h)) {}
    void call() override { std::move(handler)(); }
    Handler handler;
  };
  std::unique_ptr<Base> held_;
};

class Loop : public boost::asio::io_context {
 public:
  Loop(Runtime::Impl& owner, const Clock& clock);
  // What is suspended is destroyed while the deadlines it holds are still there.
  ~Loop();

  void start(std::function<void()> ended);
  void release();  // the thread ends when no work is left
  void join();
  void sleep(Micros length, Resume wake);
  void abandon_sleepers();  // nobody will wait for them; their frames are destroyed

  Runtime::Impl& owner;
  Deadlines deadlines;
  std::vector<char> scratch;  // bytes just read; never kept over a wait

 private:
  struct Sleeper;
  std::optional<boost::asio::executor_work_guard<executor_type>> guard_;
  std::list<std::unique_ptr<Sleeper>> sleepers_;
  bool closed_ = false;
  std::thread thread_;
};

inline Loop& loop_of(const boost::asio::io_context::executor_type& executor) {
  return static_cast<Loop&>(boost::asio::query(executor, boost::asio::execution::context));
}

class Workers {
 public:
  explicit Workers(unsigned count);
  ~Workers() { close(); }
  void run(std::function<void()> work);
  void wait_idle();
  void close();  // what waits is still run

 private:
  void serve();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  std::size_t running_ = 0;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

// What a Server or Client does when the runtime stops: first end in peace, then at once.
struct StopHook {
  std::function<void()> drain;
  std::function<void()> abort;
};

struct Runtime::Impl {
  explicit Impl(Options options);
  ~Impl() { stop(); }

  Loop& here();  // this thread's loop, or the next in turn
  Loop& next();
  bool on_loop() const;  // is this thread one of the loops'?
  std::uint64_t add_hook(StopHook hook);
  void remove_hook(std::uint64_t id);
  void stop();

  SystemClock clock;
  std::atomic<bool> stopping{false};  // nothing new is sent
  std::atomic<bool> ended{false};     // the loops' threads are gone
  std::vector<std::unique_ptr<Loop>> loops;
  Workers workers;

 private:
  void call_hooks(std::function<void()> StopHook::*which);

  std::atomic<std::size_t> turn_{0};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::size_t running_loops_ = 0;
  bool stopped_ = false;
  std::uint64_t next_hook_ = 1;
  std::map<std::uint64_t, StopHook> hooks_;
};

}  // namespace armature::http
