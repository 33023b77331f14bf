#include "http/client.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <future>

#include "http/exchange.h"

namespace armature::http {

std::unique_ptr<Wire> Pool::take(const std::string& host) {
  const auto found = idle_.find(host);
  if (found == idle_.end()) return nullptr;
  std::unique_ptr<Wire> wire;
  Idles& idles = found->second;
  while (!idles.empty() && !wire) {  // the last used first: the others may grow old and go
    wire = std::move(idles.back()->wire);
    idles.pop_back();
    if (!wire->quiet()) wire.reset();
  }
  if (idles.empty()) idle_.erase(found);
  return wire;
}

void Pool::put(const std::string& host, std::unique_ptr<Wire> wire, const ClientOptions& options) {
  Idles& idles = idle_[host];
  const auto place = idles.insert(idles.end(), nullptr);
  const auto too_long = [this, host, place] {
    const auto found = idle_.find(host);
    found->second.erase(place);
    if (found->second.empty()) idle_.erase(found);
  };
  *place = std::make_unique<Idle>(std::move(wire), loop_, too_long);
  (*place)->deadline.set(options.idle_timeout);
  if (idles.size() > options.max_idle_per_host) idles.pop_front();
  if (idles.empty()) idle_.erase(host);
}

void Pool::abort() {
  idle_.clear();
  const auto all = running;  // an exchange may leave while it is told
  for (Exchange* exchange : all) {
    if (running.contains(exchange)) exchange->abort();
  }
}

Client::Impl::Impl(Runtime& on, ClientOptions with) : runtime(on.impl()), options(std::move(with)) {
  for (const auto& loop : runtime.loops) pools.try_emplace(loop.get(), *loop);
}

Result<SSL_CTX*> Client::Impl::tls() {
  std::call_once(tls_once_, [this] { tls_.emplace(client_context(options.ca_pem)); });
  if (!*tls_) return tls_->error();
  return (**tls_).get();
}

void Client::Impl::send(Request request, Micros timeout, std::function<void(Outcome)> done) {
  {
    const std::lock_guard lock(mutex_);
    ++outstanding_;  // before the check below, so that abort() waits for whoever passes it
  }
  if (closed || runtime.stopping) {
    done(Outcome{fail(Code::kUnavailable, "the client was stopped"), false});
    finished();
    return;
  }
  Loop& loop = runtime.here();
  constexpr Micros kLongest = std::chrono::hours(24 * 365);
  const Ticks until = runtime.clock.ticks() + std::min(timeout, kLongest);
  auto exchange =
      std::make_shared<Exchange>(shared_from_this(), loop, std::move(request), std::move(done));
  // Posted, never begun here: the callback must not come before send() has returned.
  boost::asio::post(loop, [&loop, until, exchange = std::move(exchange)]() mutable {
    boost::asio::co_spawn(loop.get_executor(), Exchange::run(std::move(exchange), until),
                          boost::asio::detached);
  });
}

void Client::Impl::finished() {
  const std::lock_guard lock(mutex_);
  --outstanding_;
  changed_.notify_all();
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
