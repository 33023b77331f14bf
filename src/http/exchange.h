#pragma once
// One request of a Client and its answer, and the idle connections kept for the next. Used inside
// this room.
//
//   Threads   an Exchange and a Pool belong to one loop
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "http/client.h"
#include "http/head.h"
#include "http/wire.h"

namespace armature::http {

class Exchange;

class Pool {
 public:
  explicit Pool(Loop& loop) : loop_(loop) {}
  std::unique_ptr<Wire> take(const std::string& host);  // open as far as can be seen, or nothing
  void put(const std::string& host, std::unique_ptr<Wire> wire, const ClientOptions& options);
  void abort();  // exchanges and idle connections

  std::set<Exchange*> running;

 private:
  struct Idle {
    Idle(std::unique_ptr<Wire> connection, Loop& loop, std::function<void()> too_long)
        : wire(std::move(connection)), deadline(loop.deadlines, std::move(too_long)) {}
    std::unique_ptr<Wire> wire;
    Deadline deadline;
  };
  using Idles = std::list<std::unique_ptr<Idle>>;
  Loop& loop_;
  std::map<std::string, Idles> idle_;
};

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  Impl(Runtime& on, ClientOptions with);
  void send(Request request, Micros timeout, std::function<void(Outcome)> done);
  Result<SSL_CTX*> tls();  // made at first use: reading the system's store takes a while
  void abort();            // every exchange ends with an error; waits unless on a loop
  void finished();
  Counts counts();

  Runtime::Impl& runtime;
  const ClientOptions options;
  std::map<Loop*, Pool> pools;
  std::atomic<bool> closed{false};
  std::atomic<std::uint64_t> opened{0};  // connections
  std::uint64_t hook = 0;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t outstanding_ = 0;
  std::once_flag tls_once_;
  std::optional<Result<SslContext>> tls_;
};

class Exchange {
 public:
  Exchange(std::shared_ptr<Client::Impl> client, Loop& loop, Request request,
           std::function<void(Outcome)> done);
  ~Exchange();  // tells the caller, if nobody has
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  static Await<void> run(std::shared_ptr<Exchange> self, Ticks until);
  void abort();

 private:
  using Endpoint = boost::asio::ip::tcp::endpoint;
  struct Lookup;
  Await<void> perform();
  Await<Status> connect();
  Await<Status> find_endpoints();
  Await<void> look_up(std::shared_ptr<Lookup> lookup);
  Await<Status> connect_to(Endpoint endpoint);
  Await<bool> write_request();
  Await<Result<Response>> read_response();
  Await<Result<ResponseHead>> read_head();
  Await<Status> read_body(ResponseHead& head);
  Await<Status> read_chunked_body(std::string& body);
  Error broken(const std::string& what) const;
  void stop_waiting();
  void finish(Result<Response> response);

  std::shared_ptr<Client::Impl> client_;
  Loop& loop_;
  Pool& pool_;
  Request request_;
  std::function<void(Outcome)> done_;
  Deadline deadline_;
  Ticks until_{};
  Url url_;
  std::string host_;  // the pool's key
  std::vector<Endpoint> endpoints_;
  std::unique_ptr<Wire> wire_;
  std::function<void()> cancel_connecting_;
  std::string bytes_;
  bool keep_ = false;
  bool reused_ = false;
  bool stopped_ = false;  // by deadline or abort
  bool aborted_ = false;
  bool sent_ = false;
};

}  // namespace armature::http
