#pragma once
// One connection of a Server: reads a request, hands it on, writes the answer, again. Used inside
// this room.
//
//   Threads   all but deliver() on the connection's loop
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/connect.h"
#include "http/head.h"
#include "http/host_tls.h"
#include "http/server.h"
#include "http/wire.h"

namespace armature::http {

class Connection;

// What this room itself answers: a text for people.
Response plain_answer(int status, const std::string& text);

struct ServerSettings {
  ServerOptions options;
  Handler handler;
  SslContext tls;
  std::atomic<bool> draining{false};  // answers say that the connection closes
  std::function<void(const std::shared_ptr<Connection>&)> ended;
};

struct Reply::State {
  std::function<void(std::optional<Response>)> receiver;
  std::function<void(const std::string&)> on_failure;
  std::atomic<bool> used{false};

  void answer(std::optional<Response> response);
  ~State();
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<const ServerSettings> settings, Socket socket);
  static Await<void> run(std::shared_ptr<Connection> self);
  Loop& loop() { return wire_.loop(); }
  void drain();  // ends when idle, or after the request at hand
  void abort();  // ends now

 private:
  struct Ended;
  struct Inside {  // an intercepted CONNECT
    std::shared_ptr<const HostTls> tls;
    Handler handler;
  };
  void wait_for_head();
  void passed();  // the deadline
  Await<void> serve();
  Await<bool> serve_one();
  Await<bool> read_head();
  Await<bool> read_body();
  Await<bool> read_sized_body();
  Await<bool> read_chunked_body();
  Await<bool> read_more(std::string& into, std::size_t at_most);
  Await<bool> write_answer();
  Await<void> refuse(int status, std::string reason);
  Await<void> linger();
  Await<void> answered();
  Await<bool> connect();  // connect.cc, with the next two
  Await<bool> intercept(Intercept answer);
  Await<void> relay(Relay to);
  void hand_on();
  void deliver(std::optional<Response> response);
  void settle(std::optional<Response> response);

  std::shared_ptr<const ServerSettings> settings_;
  std::unique_ptr<const Inside> inside_;
  Wire wire_;
  Deadline deadline_;
  std::string peer_;
  std::shared_ptr<const ClientCertificate> certificate_;
  std::string bytes_;  // read and not yet used; holds no memory while idle
  RequestHead head_;
  std::string method_;
  Ticks head_until_{};
  bool resting_ = true;  // its buffers are given back, or soon are
  bool first_ = true;
  bool idle_ = false;
  bool timed_out_ = false;
  bool refused_ = false;
  bool answered_ = false;
  std::optional<Response> answer_;
  Resume waiter_;
};

}  // namespace armature::http
