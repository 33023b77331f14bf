#pragma once
// One request of a Client and its answer, and the idle connections kept for the next. Used inside
// this room.
//
//   Threads   an Exchange and a Pool belong to one loop
//   Lifetime  an Exchange's request and `sent` outlive it
#include <boost/asio/ip/tcp.hpp>
#include <functional>
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
  Pool(Loop& loop, const ClientOptions& options);
  std::unique_ptr<Wire> take(const std::string& host);  // open as far as can be seen, or nothing
  void put(const std::string& host, std::unique_ptr<Wire> wire);
  void abort();  // exchanges and idle connections

  std::set<Exchange*> running;

 private:
  struct Idle {
    std::unique_ptr<Wire> wire;
    Ticks until;
  };
  void sweep();

  Loop& loop_;
  const ClientOptions& options_;
  std::map<std::string, std::vector<Idle>> idle_;  // the longest idle first
  Deadline too_long_;                              // of the longest idle of all, or earlier
};

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
  Impl(Runtime& on, ClientOptions with);
  void send(Request request, Micros timeout, std::function<void(Outcome)> done);
  Await<Outcome> send_here(const Request* request, Micros timeout);
  Result<SSL_CTX*> tls();  // made at first use: reading the system's store takes a while
  void abort();            // every exchange ends with an error; waits unless on a loop
  Counts counts();

  Runtime::Impl& runtime;
  const ClientOptions options;
  std::map<Loop*, Pool> pools;
  std::atomic<bool> closed{false};
  std::atomic<std::uint64_t> opened{0};  // connections
  std::uint64_t hook = 0;

 private:
  class UnderWay;
  struct Told;
  static Await<void> send_and_tell(std::unique_ptr<Told> told);
  Ticks end_of(Micros timeout) const;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t outstanding_ = 0;
  std::once_flag tls_once_;
  std::optional<Result<SslContext>> tls_;
};

class Exchange {
 public:
  // `sent` is Outcome::sent, right at any moment.
  Exchange(Client::Impl& client, Loop& loop, const Request& request, bool& sent);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  Await<Result<Response>> run(Ticks until);
  void abort();

 private:
  using Endpoint = boost::asio::ip::tcp::endpoint;
  struct Lookup;
  Await<Result<Response>> perform();
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

  Client::Impl& client_;
  Loop& loop_;
  Pool& pool_;
  const Request& request_;
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
  bool& sent_;
};

}  // namespace armature::http
