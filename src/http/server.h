#pragma once
// Server: HTTP/1.1, plain or TLS 1.3, keep-alive, on loopback unless told otherwise.
//
//   Handler   gets a whole request (bodies are bounded) and a Reply to call once, from any thread.
//             blocking() runs a plain function on the worker pool; http/task.h has coroutine()
//   Limits    a request beyond a limit is answered 431, 413 or 408 and the connection closed;
//             ambiguous framing (both Content-Length and Transfer-Encoding, two lengths, bare LF,
//             obs-fold) is 400 and closed
//   Errors    start() fails with kUnavailable when the port is taken, naming it
//   Threads   start and stop from one thread; handlers run where the runtime puts them
//   Lifetime  the runtime outlives the server; stop() drains: idle connections close at once,
//             running requests get `drain` time
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"
#include "http/runtime.h"

namespace armature::http {

// Answers one request. Moveable, called at most once; let go uncalled it answers 500.
class Reply {
 public:
  struct State;
  explicit Reply(std::shared_ptr<State> state) : state_(std::move(state)) {}
  // Nothing stands for drop().
  static Reply to(std::function<void(std::optional<Response>)> receiver);
  void operator()(Response response);
  void drop();                           // close the connection without an answer
  void failed(const std::string& what);  // 500, and what goes to ServerOptions::on_failure

 private:
  std::shared_ptr<State> state_;
};

using Handler = std::function<void(Request, Reply)>;
Handler blocking(Runtime& runtime, std::function<Response(const Request&)> plain);

struct Certificate {
  std::string chain_pem;
  Secret key_pem;
};

struct ConnectOptions;  // http/connect.h

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port, see Server::port()
  std::optional<Certificate> tls;
  // PEM: a client may show a certificate, and then it must be one of these authorities'. Empty:
  // nobody is asked for one.
  std::string client_ca_pem;
  std::size_t max_header_bytes = 64 * 1024;
  std::size_t max_body_bytes = 10 * 1024 * 1024;
  Micros header_timeout = std::chrono::seconds(10);
  Micros body_timeout = std::chrono::seconds(60);
  Micros idle_timeout = std::chrono::seconds(120);
  Micros drain = std::chrono::seconds(5);
  unsigned max_connections = 4096;
  std::shared_ptr<const ConnectOptions> connect;  // of a forward proxy; none: the handler's too
  // Told of an exception that left a handler; the client is answered 500. From any thread.
  std::function<void(const std::string& what)> on_failure;
};

class Server {
 public:
  Server(Runtime& runtime, ServerOptions options, Handler handler);
  ~Server();
  Status start();
  void stop();
  std::uint16_t port() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace armature::http
