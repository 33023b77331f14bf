#include "http/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <future>

#include "http/exchange.h"
#include "http/loop.h"

namespace armature::http {
namespace {

using Executor = boost::asio::io_context::executor_type;
using Token = boost::asio::use_awaitable_t<Executor>;
const Token kToken;

// A suspended coroutine that any thread may wake, once. Woken on its own loop, never inside the
// call that suspended it.
template <class Handler>
class Waker {
 public:
  explicit Waker(Handler handler)
      : executor_(boost::asio::get_associated_executor(handler)),
        handler_(std::make_shared<Handler>(std::move(handler))) {}

  template <class... Args>
  void wake(Args... args) {
    boost::asio::post(executor_, [handler = std::move(handler_),
                                  values = std::make_tuple(std::move(args)...)]() mutable {
      std::apply(std::move(*handler), std::move(values));
    });
  }

 private:
  Executor executor_;
  std::shared_ptr<Handler> handler_;  // shared: std::function wants to be copied
};

// Parameters by value: a coroutine outlives the call.
Task<void> answer(std::shared_ptr<std::function<Task<Response>(Request)>> handler, Request request,
                  Reply reply) {
  try {
    Response response = co_await (*handler)(std::move(request));
    reply(std::move(response));
  } catch (const std::exception& e) {
    reply.failed(e.what());
  }
}

Task<void> run_task(std::function<Task<void>()> task) { co_await task(); }

}  // namespace

Handler coroutine(Runtime& runtime, std::function<Task<Response>(Request)> handler) {
  const auto shared = std::make_shared<std::function<Task<Response>(Request)>>(std::move(handler));
  return [&runtime, shared](Request request, Reply reply) {
    boost::asio::co_spawn(runtime.impl().here().get_executor(),
                          answer(shared, std::move(request), std::move(reply)),
                          boost::asio::detached);
  };
}

Task<Outcome> send(Client& client, const Request* request, Micros timeout) {
  return client.impl().send_here(request, timeout);
}

Task<Outcome> send(Client& client, Request request, Micros timeout) {
  const Request* const sent = &request;
  Outcome outcome = co_await send(client, sent, timeout);
  co_return outcome;
}

Task<void> sleep_for(Micros length) {
  return boost::asio::async_initiate<const Token&, void()>(
      [length](auto handler) {
        Loop& loop = loop_of(boost::asio::get_associated_executor(handler));
        loop.sleep(length, Resume::from(std::move(handler)));
      },
      kToken);
}

void spawn(Runtime& runtime, std::function<Task<void>()> task) {
  boost::asio::co_spawn(runtime.impl().here().get_executor(), run_task(std::move(task)),
                        [](std::exception_ptr exception) {
                          if (exception) std::terminate();
                        });
}

Task<void> until(std::function<void(std::function<void()> resume)> start) {
  return boost::asio::async_initiate<const Token&, void()>(
      [](auto handler, const std::function<void(std::function<void()>)>& begin) {
        Waker waker(std::move(handler));
        begin([waker]() mutable { waker.wake(); });
      },
      kToken, std::move(start));
}

Task<void> on_worker(Runtime& runtime, std::function<void()> work) {
  return boost::asio::async_initiate<const Token&, void(std::exception_ptr)>(
      [&runtime](auto handler, std::function<void()> job) {
        Waker waker(std::move(handler));
        runtime.run_blocking([waker, job = std::move(job)]() mutable {
          std::exception_ptr exception;
          try {
            job();
          } catch (...) {
            exception = std::current_exception();
          }
          job = nullptr;
          waker.wake(exception);
        });
      },
      kToken, std::move(work));
}

Response run_and_wait(Runtime& runtime, std::function<Task<Response>(Request)> handler,
                      Request request) {
  if (runtime.impl().stopping) return json_response(503, R"({"error":"stopping"})");
  std::promise<Response> promise;
  const Handler start = coroutine(runtime, std::move(handler));
  start(std::move(request), Reply::to([&promise](std::optional<Response> response) {
          if (!response) response = json_response(503, R"({"error":"no answer"})");
          promise.set_value(std::move(*response));
        }));
  return promise.get_future().get();
}

}  // namespace armature::http
