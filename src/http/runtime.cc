#include "http/runtime.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "http/loop.h"

namespace armature::http {
namespace {

constexpr auto kStopGrace = std::chrono::seconds(5);
constexpr std::size_t kScratchBytes = 64 * 1024;
thread_local Loop* current_loop = nullptr;

}  // namespace

struct Loop::Sleeper {
  Sleeper(Deadlines& all, Resume handler, std::function<void()> passed)
      : wake(std::move(handler)), deadline(all, std::move(passed)) {}
  Resume wake;
  Deadline deadline;
};

Loop::Loop(Runtime::Impl& runtime, const Clock& clock)
    : io_context(1), owner(runtime), deadlines(*this, clock), scratch(kScratchBytes) {}

Loop::~Loop() { shutdown(); }

void Loop::start(std::function<void()> ended) {
  guard_.emplace(get_executor());
  thread_ = std::thread([this, ended = std::move(ended)] {
    current_loop = this;
    run();
    ended();
  });
}

void Loop::release() {
  boost::asio::post(*this, [this] {
    abandon_sleepers();
    deadlines.close();
    guard_.reset();
  });
}

void Loop::join() {
  if (thread_.joinable()) thread_.join();
}

void Loop::sleep(Micros length, Resume wake) {
  if (closed_) {  // destroyed on the loop, not inside the coroutine that is just being suspended
    boost::asio::post(*this, [wake = std::move(wake)] {});
    return;
  }
  const auto place = sleepers_.insert(sleepers_.end(), nullptr);
  const auto passed = [this, place] {
    const std::unique_ptr<Sleeper> sleeper = std::move(*place);
    sleepers_.erase(place);
    sleeper->wake();
  };
  *place = std::make_unique<Sleeper>(deadlines, std::move(wake), passed);
  (*place)->deadline.set(length);
}

void Loop::abandon_sleepers() {
  closed_ = true;
  const auto sleepers = std::move(sleepers_);
  sleepers_.clear();
}

Workers::Workers(unsigned count) {
  for (unsigned i = 0; i < std::max(count, 1u); ++i) threads_.emplace_back([this] { serve(); });
}

void Workers::run(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    if (threads_.empty()) return;
    queue_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void Workers::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (queue_.empty()) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    lock.unlock();
    work();
    work = nullptr;  // what it holds ends before it counts as done
    lock.lock();
    --running_;
    if (running_ == 0 && queue_.empty()) changed_.notify_all();
  }
}

void Workers::wait_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return running_ == 0 && queue_.empty(); });
}

void Workers::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  const std::lock_guard lock(mutex_);
  threads_.clear();
}

Runtime::Impl::Impl(Options options) : workers(options.workers) {
  for (unsigned i = 0; i < std::max(options.io_threads, 1u); ++i) {
    loops.push_back(std::make_unique<Loop>(*this, clock));
  }
  running_loops_ = loops.size();
  for (const auto& loop : loops) {
    loop->start([this] {
      const std::lock_guard lock(mutex_);
      --running_loops_;
      ended_.notify_all();
    });
  }
}

bool Runtime::Impl::on_loop() const {
  return current_loop != nullptr && &current_loop->owner == this;
}

Loop& Runtime::Impl::here() { return on_loop() ? *current_loop : next(); }

Loop& Runtime::Impl::next() { return *loops[turn_++ % loops.size()]; }

std::uint64_t Runtime::Impl::add_hook(StopHook hook) {
  const std::lock_guard lock(mutex_);
  hooks_.emplace(next_hook_, std::move(hook));
  return next_hook_++;
}

void Runtime::Impl::remove_hook(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  hooks_.erase(id);
}

void Runtime::Impl::call_hooks(std::function<void()> StopHook::*which) {
  std::vector<std::function<void()>> calls;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, hook] : hooks_) calls.push_back(hook.*which);
  }
  for (const auto& call : calls) call();
}

// Servers drain while workers and loops run; then what still waits for the net is told that it is
// over; loops end when their coroutines have, or after the grace; workers last, for coroutines may
// have given them more.
void Runtime::Impl::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
  }
  call_hooks(&StopHook::drain);
  workers.wait_idle();
  stopping = true;
  call_hooks(&StopHook::abort);
  for (const auto& loop : loops) loop->release();
  {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, kStopGrace, [this] { return running_loops_ == 0; });
  }
  for (const auto& loop : loops) loop->io_context::stop();
  for (const auto& loop : loops) loop->join();
  ended = true;
  workers.close();
}

Runtime::Runtime(Options options) : impl_(std::make_unique<Impl>(options)) {}
Runtime::~Runtime() { stop(); }
void Runtime::post(std::function<void()> work) {
  boost::asio::post(impl_->next(), std::move(work));
}
void Runtime::run_blocking(std::function<void()> work) { impl_->workers.run(std::move(work)); }
void Runtime::stop() { impl_->stop(); }

}  // namespace armature::http
