#pragma once
// Client: HTTP/1.1 and HTTPS with a keep-alive pool per host. It never retries and follows no
// redirect: who repeats what is the caller's decision.
//
//   Outcome   response, or an error and whether bytes of the request may have reached the server:
//             `sent` false means that a repeat is harmless whatever the method. A pooled connection
//             found closed before the first byte went out is replaced silently
//   TLS       1.2 or newer, names checked. Trust is the system's store, or only the given CA
//   Errors    kUnavailable: connect, timeout, closed; kInvalid: not a URL; body beyond the limit
//   Threads   send from any thread; `done` is called on an I/O thread, exactly once
//   Lifetime  the runtime outlives the client. The destructor ends what is under way with an error
//             and waits for its callbacks, unless it runs on an I/O thread
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"
#include "http/runtime.h"

namespace armature::http {

struct ClientOptions {
  std::string ca_pem;  // empty: the system's store
  Micros connect_timeout = std::chrono::seconds(10);
  Micros idle_timeout = std::chrono::seconds(60);
  unsigned max_idle_per_host = 64;
  std::size_t max_body_bytes = 64u << 20;
};

struct Outcome {
  Result<Response> response;
  bool sent = false;
};

class Client {
 public:
  Client(Runtime& runtime, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // `timeout` covers the whole exchange, connecting included.
  void send(Request request, Micros timeout, std::function<void(Outcome)> done);
  // The same, waiting. Never from an I/O thread.
  Outcome send_and_wait(Request request, Micros timeout);

  struct Counts {
    std::uint64_t connections = 0;  // opened since the start
    std::size_t under_way = 0;      // exchanges that have not ended
  };
  Counts counts() const;

  struct Impl;  // named only in http/*.cc
  Impl& impl() const { return *impl_; }

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace armature::http
