#pragma once
// Coroutines for where bytes wait; the only public header beside asio's own that names Boost.Asio.
//
//   GCC 12.2 double-frees aggregates and capturing lambdas named inside a co_await expression: name
//   the temporary first, pass names only. scripts/check_rooms.py looks for it.
//   Parameters of a coroutine are taken by value.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

#include "base/clock.h"
#include "http/client.h"
#include "http/message.h"
#include "http/runtime.h"
#include "http/server.h"

namespace armature::http {

template <class T>
using Task = boost::asio::awaitable<T, boost::asio::io_context::executor_type>;

Handler coroutine(Runtime& runtime, std::function<Task<Response>(Request)> handler);
// On a loop of the client's own runtime. The first takes a request that outlives the task.
Task<Outcome> send(Client& client, const Request* request, Micros timeout);
Task<Outcome> send(Client& client, Request request, Micros timeout);
Task<void> sleep_for(Micros length);
// Starts a task; an exception that leaves it is passed to std::terminate: tasks return Results.
void spawn(Runtime& runtime, std::function<Task<void>()> task);
// Suspends until the callback is called, from any thread, once. `start` is called at once.
Task<void> until(std::function<void(std::function<void()> resume)> start);
// Runs `work` on a worker and waits for it. For SQLite reads and other short blocking calls.
Task<void> on_worker(Runtime& runtime, std::function<void()> work);
// Runs a request through a coroutine handler and waits. Never from an I/O thread.
Response run_and_wait(Runtime& runtime, std::function<Task<Response>(Request)> handler,
                      Request request);

}  // namespace armature::http
