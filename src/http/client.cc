#include "http/client.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <future>
#include <utility>

#include "http/exchange.h"

namespace armature::http {

Pool::Pool(Loop& loop, const ClientOptions& options)
    : loop_(loop), options_(options), too_long_(loop.deadlines, [this] { sweep(); }) {}

std::unique_ptr<Wire> Pool::take(const std::string& host) {
  const auto found = idle_.find(host);
  std::unique_ptr<Wire> wire;
  if (found == idle_.end()) return wire;
  auto& idles = found->second;
  while (!idles.empty() && !wire) {  // the last used first: the others may grow old and go
    wire = std::move(idles.back().wire);
    idles.pop_back();
    if (!wire->quiet()) wire.reset();
  }
  return wire;
}

void Pool::put(const std::string& host, std::unique_ptr<Wire> wire) {
  if (options_.max_idle_per_host == 0) return;
  auto& idles = idle_[host];
  if (idles.size() >= options_.max_idle_per_host) idles.erase(idles.begin());
  const Ticks until = loop_.deadlines.now() + options_.idle_timeout;
  idles.push_back({std::move(wire), until});
  if (!too_long_.is_set()) too_long_.set_at(until);
}

// Ends what was idle for too long, and forgets hosts without a connection.
void Pool::sweep() {
  const Ticks now = loop_.deadlines.now();
  Ticks next = Ticks::max();
  for (auto host = idle_.begin(); host != idle_.end();) {
    std::erase_if(host->second, [&](const Idle& idle) { return idle.until <= now; });
    if (!host->second.empty()) next = std::min(next, host->second.front().until);
    host = host->second.empty() ? idle_.erase(host) : std::next(host);
  }
  if (next != Ticks::max()) too_long_.set_at(next);
}

void Pool::abort() {
  idle_.clear();
  too_long_.clear();
  const auto all = running;  // an exchange may leave while it is told
  for (Exchange* exchange : all) {
    if (running.contains(exchange)) exchange->abort();
  }
}

Client::Impl::Impl(Runtime& on, ClientOptions with) : runtime(on.impl()), options(std::move(with)) {
  for (const auto& loop : runtime.loops) pools.try_emplace(loop.get(), *loop, options);
}

Result<SSL_CTX*> Client::Impl::tls() {
  std::call_once(tls_once_, [this] { tls_.emplace(client_context(options.ca_pem)); });
  if (!*tls_) return tls_->error();
  return (**tls_).get();
}

// Counted from before the look at `closed`, so that abort() waits for whoever passes it.
class Client::Impl::UnderWay {
 public:
  explicit UnderWay(std::shared_ptr<Impl> client) : client_(std::move(client)) {
    const std::lock_guard lock(client_->mutex_);
    ++client_->outstanding_;
  }
  ~UnderWay() {
    const std::lock_guard lock(client_->mutex_);
    if (--client_->outstanding_ == 0) client_->changed_.notify_all();
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  Impl& client() const { return *client_; }
  bool stopped() const { return client_->closed || client_->runtime.stopping; }

 private:
  std::shared_ptr<Impl> client_;
};

// Whoever waits for a callback is told exactly once, also when the loop ends before the answer.
struct Client::Impl::Told {
  Told(std::shared_ptr<Impl> client, Request what, std::function<void(Outcome)> whom)
      : under_way(std::move(client)), request(std::move(what)), done(std::move(whom)) {}
  ~Told() {
    if (done) tell(fail(Code::kUnavailable, "the client was stopped"));
  }
  Told(const Told&) = delete;
  Told& operator=(const Told&) = delete;
  void tell(Result<Response> response) {
    std::exchange(done, nullptr)(Outcome{std::move(response), sent});
  }

  const UnderWay under_way;
  const Request request;
  std::function<void(Outcome)> done;
  Loop* loop = nullptr;
  Ticks until{};
  bool sent = false;
};

Ticks Client::Impl::end_of(Micros timeout) const {
  constexpr Micros kLongest = std::chrono::hours(24 * 365);
  return runtime.clock.ticks() + std::min(timeout, kLongest);
}

Await<void> Client::Impl::send_and_tell(std::unique_ptr<Told> told) {
  Exchange exchange(told->under_way.client(), *told->loop, told->request, told->sent);
  Result<Response> response = co_await exchange.run(told->until);
  told->tell(std::move(response));
}

void Client::Impl::send(Request request, Micros timeout, std::function<void(Outcome)> done) {
  auto told = std::make_unique<Told>(shared_from_this(), std::move(request), std::move(done));
  if (told->under_way.stopped()) return;
  told->loop = &runtime.here();
  told->until = end_of(timeout);
  // Posted, never begun here: the callback must not come before send() has returned.
  Loop& loop = *told->loop;
  boost::asio::post(loop, [&loop, told = std::move(told)]() mutable {
    boost::asio::co_spawn(loop.get_executor(), send_and_tell(std::move(told)),
                          boost::asio::detached);
  });
}

Await<Outcome> Client::Impl::send_here(const Request* request, Micros timeout) {
  const UnderWay under_way(shared_from_this());
  if (under_way.stopped()) {
    co_return Outcome{fail(Code::kUnavailable, "the client was stopped"), false};
  }
  const Executor executor = co_await boost::asio::this_coro::executor;
  bool sent = false;
  Exchange exchange(*this, loop_of(executor), *request, sent);
  Result<Response> response = co_await exchange.run(end_of(timeout));
  co_return Outcome{std::move(response), sent};
}

void Client::Impl::abort() {
  closed = true;
  if (runtime.ended) return;
  for (auto& [loop, pool] : pools) {
    boost::asio::post(*loop, [self = shared_from_this(), at = &pool] { at->abort(); });
  }
  if (runtime.on_loop()) return;  // it is this thread that would have to call back
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outstanding_ == 0; });
}

Client::Counts Client::Impl::counts() {
  const std::lock_guard lock(mutex_);
  return {opened, outstanding_};
}

Client::Counts Client::counts() const { return impl_->counts(); }

Client::Client(Runtime& runtime, ClientOptions options)
    : impl_(std::make_shared<Impl>(runtime, std::move(options))) {
  StopHook hook;
  hook.drain = [] {};
  hook.abort = [weak = std::weak_ptr<Impl>(impl_)] {
    if (const auto self = weak.lock()) self->abort();
  };
  impl_->hook = impl_->runtime.add_hook(std::move(hook));
}

Client::~Client() {
  impl_->runtime.remove_hook(impl_->hook);
  impl_->abort();
}

void Client::send(Request request, Micros timeout, std::function<void(Outcome)> done) {
  impl_->send(std::move(request), timeout, std::move(done));
}

Outcome Client::send_and_wait(Request request, Micros timeout) {
  std::promise<Outcome> promise;
  send(std::move(request), timeout,
       [&promise](Outcome outcome) { promise.set_value(std::move(outcome)); });
  return promise.get_future().get();
}

}  // namespace armature::http
