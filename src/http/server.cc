#include "http/server.h"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <future>
#include <set>

#include "http/connection.h"
#include "http/task.h"

namespace armature::http {

namespace ip = boost::asio::ip;
using boost::system::error_code;

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(Runtime& on, ServerOptions options, Handler handler)
      : runtime(on.impl()), loop(*runtime.loops.front()), acceptor(loop) {
    settings->options = std::move(options);
    settings->handler = std::move(handler);
  }

  Status start();
  void stop();
  void close_door();
  void take(Socket socket);
  static Await<void> accept(std::shared_ptr<Impl> self);

  Runtime::Impl& runtime;
  Loop& loop;
  boost::asio::basic_socket_acceptor<ip::tcp, Executor> acceptor;
  std::shared_ptr<ServerSettings> settings = std::make_shared<ServerSettings>();
  std::atomic<std::uint16_t> port{0};
  std::uint64_t hook = 0;
  bool closed = false;  // on the loop

  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::shared_ptr<Connection>> connections;
  bool running = false;
};

Status Server::Impl::start() {
  const ServerOptions& options = settings->options;
  if (runtime.stopping) return fail(Code::kUnavailable, "the runtime was stopped");
  const std::string where = options.address + ":" + std::to_string(options.port);
  if (options.tls) {
    ARMATURE_TRY(settings->tls, server_context(*options.tls, options.client_ca_pem));
  }
  error_code error;
  const ip::address address = ip::make_address(options.address, error);
  if (error) return fail(Code::kInvalid, options.address + " is not an address");
  const ip::tcp::endpoint endpoint(address, options.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(ip::tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(boost::asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
    return fail(Code::kUnavailable, "cannot listen on " + where + ": " + error.message());
  }
  port = acceptor.local_endpoint(error).port();
  settings->ended = [weak = weak_from_this()](const std::shared_ptr<Connection>& connection) {
    const auto self = weak.lock();
    if (!self) return;
    const std::lock_guard lock(self->mutex);
    self->connections.erase(connection);
    self->changed.notify_all();
  };
  running = true;
  StopHook stop_hook;
  stop_hook.drain = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->stop();
  };
  stop_hook.abort = [] {};
  hook = runtime.add_hook(std::move(stop_hook));
  boost::asio::co_spawn(loop.get_executor(), accept(shared_from_this()), boost::asio::detached);
  return Ok{};
}

Await<void> Server::Impl::accept(std::shared_ptr<Impl> self) {
  constexpr Micros kPause = std::chrono::milliseconds(100);
  const boost::asio::use_awaitable_t<Executor> token;
  while (!self->closed) {
    Loop& target = self->runtime.next();
    error_code error;
    Socket socket =
        co_await self->acceptor.async_accept(target, boost::asio::redirect_error(token, error));
    if (self->closed) co_return;
    if (error) {  // out of descriptors, mostly: others must close first
      co_await sleep_for(kPause);
      continue;
    }
    self->take(std::move(socket));
  }
}

void Server::Impl::take(Socket socket) {
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex);
    if (connections.size() >= settings->options.max_connections) return;  // closes it
    connection = std::make_shared<Connection>(settings, std::move(socket));
    connections.insert(connection);
  }
  Loop& home = connection->loop();
  boost::asio::co_spawn(home.get_executor(), Connection::run(std::move(connection)),
                        boost::asio::detached);
}

void Server::Impl::close_door() {
  std::promise<void> done;
  boost::asio::post(loop, [this, &done] {
    closed = true;
    error_code ignored;
    acceptor.close(ignored);
    done.set_value();
  });
  done.get_future().wait();
}

void Server::Impl::stop() {
  {
    const std::lock_guard lock(mutex);
    if (!running) return;
    running = false;
  }
  close_door();
  settings->draining = true;
  const auto tell = [this](void (Connection::*what)()) {
    const std::lock_guard lock(mutex);
    for (const auto& connection : connections) {
      boost::asio::post(connection->loop(), [connection, what] { ((*connection).*what)(); });
    }
  };
  tell(&Connection::drain);
  std::unique_lock lock(mutex);
  const auto empty = [this] { return connections.empty(); };
  if (changed.wait_for(lock, settings->options.drain, empty)) return;
  lock.unlock();
  tell(&Connection::abort);
  lock.lock();
  changed.wait(lock, empty);
}

Handler blocking(Runtime& runtime, std::function<Response(const Request&)> plain) {
  const auto shared = std::make_shared<std::function<Response(const Request&)>>(std::move(plain));
  return [&runtime, shared](Request request, Reply reply) {
    const auto kept = std::make_shared<Request>(std::move(request));
    runtime.run_blocking([shared, kept, reply]() mutable {
      try {
        reply((*shared)(*kept));
      } catch (const std::exception& e) {
        reply.failed(e.what());
      }
    });
  };
}

Server::Server(Runtime& runtime, ServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(runtime, std::move(options), std::move(handler))) {}

Server::~Server() { stop(); }

Status Server::start() { return impl_->start(); }

void Server::stop() {
  impl_->stop();
  impl_->runtime.remove_hook(impl_->hook);
}

std::uint16_t Server::port() const { return impl_->port; }

}  // namespace armature::http
