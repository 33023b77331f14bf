#pragma once
// For tests: a runtime with a client, and a server that answers by script and remembers what it was
// asked. Included by tests only.
#include <cstdlib>
#include <deque>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/testing.h"
#include "http/certificates.h"
#include "http/client.h"
#include "http/runtime.h"
#include "http/server.h"

namespace armature::http::testing {

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::cerr << "a test could not be set up: " << result.error().message << '\n';
    std::abort();
  }
  return *std::move(result);
}
inline void must(const Status& status) {
  if (status) return;
  std::cerr << "a test could not be set up: " << status.error().message << '\n';
  std::abort();
}

// A certificate authority of the test's own.
struct PrivateCa {
  SystemClock clock;
  SystemRandom random;
  armature::testing::TempDir directory;
  Authority authority = must(load_or_make_authority(directory.path(), "test CA", clock, random));

  Certificate certificate(const std::vector<std::string>& names = {"localhost", "127.0.0.1"}) {
    return must(issue(authority, names, std::chrono::hours(1), clock, random));
  }
};

struct RuntimeAndClient {
  explicit RuntimeAndClient(ClientOptions options = {}, Runtime::Options threads = {1, 4})
      : runtime(threads), client(runtime, std::move(options)) {}
  Runtime runtime;
  Client client;

  Outcome get(const std::string& url, Micros timeout = std::chrono::seconds(10)) {
    Request request;
    request.target = url;
    return client.send_and_wait(std::move(request), timeout);
  }
  Outcome send(const std::string& method, const std::string& url, const std::string& body,
               Micros timeout = std::chrono::seconds(10)) {
    Request request;
    request.method = method;
    request.target = url;
    request.body = body;
    return client.send_and_wait(std::move(request), timeout);
  }
};

// A real server on a free port. Each request takes the next scripted answer, then `otherwise`.
// An answer of nothing drops the connection.
class FakeUpstream {
 public:
  using Answer = std::function<std::optional<Response>(const Request&)>;

  explicit FakeUpstream(Runtime& runtime, std::optional<Certificate> tls = std::nullopt)
      : tls_(tls.has_value()), server_(runtime, options(std::move(tls)), handler()) {
    must(server_.start());
  }
  FakeUpstream(const FakeUpstream&) = delete;
  FakeUpstream& operator=(const FakeUpstream&) = delete;
  ~FakeUpstream() { server_.stop(); }

  void next(Answer answer) {
    const std::lock_guard lock(mutex_);
    script_.push_back(std::move(answer));
  }
  void next(Response response) {
    next([response = std::move(response)](const Request&) { return response; });
  }
  void otherwise(Answer answer) {
    const std::lock_guard lock(mutex_);
    otherwise_ = std::move(answer);
  }
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::uint16_t port() const { return server_.port(); }
  std::string url(const std::string& target = "/", const std::string& host = "127.0.0.1") const {
    return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port()) + target;
  }

 private:
  static ServerOptions options(std::optional<Certificate> tls) {
    ServerOptions out;
    out.tls = std::move(tls);
    return out;
  }
  Handler handler() {
    return [this](Request request, Reply reply) {
      Answer answer;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
        answer = otherwise_;
        if (!script_.empty()) {
          answer = std::move(script_.front());
          script_.pop_front();
        }
      }
      auto response = answer(request);
      response ? reply(std::move(*response)) : reply.drop();
    };
  }

  mutable std::mutex mutex_;
  std::deque<Answer> script_;
  Answer otherwise_ = [](const Request&) { return json_response(200, "{}"); };
  std::vector<Request> requests_;
  bool tls_;
  Server server_;
};

}  // namespace armature::http::testing
