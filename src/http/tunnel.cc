#include "http/tunnel.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/task.h"

namespace armature::http {
namespace {

namespace ip = boost::asio::ip;
using boost::system::error_code;

constexpr std::size_t kRelayBytes = 64 * 1024;

bool is_local_v4(const ip::address_v4& address) {
  const auto bytes = address.to_bytes();
  return address.is_loopback() || address.is_multicast() || bytes[0] == 0 || bytes[0] >= 240 ||
         (bytes[0] == 169 && bytes[1] == 254);
}

// The IPv4 address inside: mapped (::ffff:a.b.c.d), compatible (::a.b.c.d), 64:ff9b::/96,
// 2002::/16.
std::optional<ip::address_v4> inner_v4(const ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  const auto zero = [&](std::size_t from, std::size_t to) {
    return std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                       bytes.begin() + static_cast<std::ptrdiff_t>(to),
                       [](unsigned char byte) { return byte == 0; });
  };
  const auto four = [&](std::size_t at) {
    return ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
  };
  if (zero(0, 10) && bytes[10] == 0xff && bytes[11] == 0xff) return four(12);
  if (zero(0, 12)) return four(12);
  if (bytes[0] == 0 && bytes[1] == 0x64 && bytes[2] == 0xff && bytes[3] == 0x9b && zero(4, 12)) {
    return four(12);
  }
  if (bytes[0] == 0x20 && bytes[1] == 0x02) return four(2);
  return std::nullopt;
}

}  // namespace

bool is_local(const ip::address& address) {
  if (address.is_v4()) return is_local_v4(address.to_v4());
  const ip::address_v6 v6 = address.to_v6();
  if (v6.is_loopback() || v6.is_link_local() || v6.is_multicast() || v6.is_unspecified()) {
    return true;
  }
  const auto inner = inner_v4(v6);
  return inner && is_local_v4(*inner);
}

// Shared with the resolver, which cannot be interrupted: a deadline must not wait for it.
struct Tunnel::Lookup {
  explicit Lookup(Loop& loop) : resolver(loop.get_executor()) {}
  void wake() {
    const auto call = std::move(resume);
    resume = nullptr;
    if (call) call();
  }
  ip::basic_resolver<ip::tcp, Executor> resolver;
  std::vector<Endpoint> endpoints;
  error_code error;
  bool done = false;
  std::function<void()> resume;
};

Await<Status> Tunnel::open(Relay to, Micros timeout) {
  Deadline deadline(loop_.deadlines, [this] {
    late_ = true;
    if (give_up_) give_up_();
  });
  deadline.set(timeout);
  const auto lookup = std::make_shared<Lookup>(loop_);
  give_up_ = [lookup] { lookup->wake(); };
  std::function<void(std::function<void()>)> look_up = [&](std::function<void()> resume) {
    lookup->resume = std::move(resume);
    lookup->resolver.async_resolve(to.host, to.port,
                                   [lookup](const error_code& error, const auto& found) {
                                     lookup->done = true;
                                     lookup->error = error;
                                     for (const auto& entry : found)
                                       lookup->endpoints.push_back(entry.endpoint());
                                     lookup->wake();
                                   });
  };
  co_await until(std::move(look_up));
  give_up_ = nullptr;
  if (!lookup->done) co_return fail(Code::kUnavailable, "the name could not be looked up in time");
  if (lookup->error) {
    co_return fail(Code::kUnavailable, "the name is not known: " + lookup->error.message());
  }
  Status status = fail(Code::kDenied, "the name leads to this machine or its link");
  for (const Endpoint& endpoint : lookup->endpoints) {
    if (!to.local && is_local(endpoint.address())) continue;
    status = co_await connect(endpoint);
    if (status || late_) break;
  }
  co_return status;
}

Await<Status> Tunnel::connect(Endpoint endpoint) {
  error_code error;
  Socket socket(loop_.get_executor());
  give_up_ = [&socket] {
    error_code ignored;
    socket.close(ignored);
  };
  const boost::asio::use_awaitable_t<Executor> token;
  co_await socket.async_connect(endpoint, boost::asio::redirect_error(token, error));
  give_up_ = nullptr;
  if (late_) co_return fail(Code::kUnavailable, "no connection in time");
  if (error) co_return fail(Code::kUnavailable, "cannot connect: " + error.message());
  server_ = std::make_unique<Wire>(std::move(socket));
  co_return Ok();
}

// What the two directions share. The connection's frame outlives it: relay() waits for both.
struct Tunnel::Flow {
  Flow(Loop& loop, Wire* client, Wire* server, Micros longest_pause)
      : pause(longest_pause), idle(loop.deadlines, [client, server] {
          client->cancel();
          server->cancel();
        }) {}
  Micros pause;
  Deadline idle;
  bool back_ended = false;
  std::function<void()> resume;
};

Await<void> Tunnel::pump(std::shared_ptr<Flow> flow, Wire* from, Wire* to) {
  std::string bytes;
  for (;;) {
    flow->idle.set(flow->pause);
    bytes.clear();
    const Wire::Read got = co_await from->read(bytes, kRelayBytes);
    if (got == Wire::Read::kEnd) {
      to->end_writing();
      co_return;
    }
    bool put = got == Wire::Read::kBytes;
    if (put) put = co_await to->write(bytes, "");
    if (put) continue;
    from->cancel();
    to->cancel();
    co_return;
  }
}

Await<void> Tunnel::pump_back(std::shared_ptr<Flow> flow, Wire* from, Wire* to) {
  try {
    co_await pump(flow, from, to);
  } catch (const std::exception&) {  // memory: the other direction waits for this one's end
    from->cancel();
    to->cancel();
  }
  flow->back_ended = true;
  if (flow->resume) flow->resume();
}

Await<void> Tunnel::relay(Wire* client, Micros idle) {
  const auto flow = std::make_shared<Flow>(loop_, client, server_.get(), idle);
  boost::asio::co_spawn(loop_.get_executor(), pump_back(flow, server_.get(), client),
                        boost::asio::detached);
  co_await pump(flow, client, server_.get());
  if (!flow->back_ended) {
    std::function<void(std::function<void()>)> wait = [flow](std::function<void()> resume) {
      flow->resume = std::move(resume);
    };
    co_await until(std::move(wait));
  }
  flow->resume = nullptr;
}

}  // namespace armature::http
