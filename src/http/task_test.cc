#include "http/task.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "http/testing.h"

namespace armature::http {
namespace {

using testing::FakeUpstream;
using testing::RuntimeAndClient;
using namespace std::chrono_literals;

TEST(Task, HandlerAwaitsAClient) {
  RuntimeAndClient net({}, {2, 2});
  FakeUpstream upstream(net.runtime);
  upstream.otherwise([](const Request& request) { return json_response(200, request.target); });
  Server front(net.runtime, {}, coroutine(net.runtime, [&](Request request) -> Task<Response> {
                 Request onwards;
                 onwards.target = upstream.url(request.target);
                 Outcome outcome = co_await send(net.client, std::move(onwards), 10s);
                 if (!outcome.response) co_return json_response(502, "");
                 co_return *std::move(outcome.response);
               }));
  ASSERT_TRUE(front.start());
  const std::string base = "http://127.0.0.1:" + std::to_string(front.port());
  for (int i = 0; i < 10; ++i) {
    const std::string target = "/" + std::to_string(i);
    const Outcome outcome = net.get(base + target);
    ASSERT_TRUE(outcome.response);
    EXPECT_EQ(outcome.response->body, target);
  }
  front.stop();
}

TEST(Task, SleepsInOrder) {
  Runtime runtime({1, 1});
  std::vector<int> order;  // one loop: one thread
  std::promise<void> done;
  spawn(runtime, [&]() -> Task<void> {
    co_await sleep_for(30ms);
    order.push_back(2);
    done.set_value();
  });
  spawn(runtime, [&]() -> Task<void> {
    co_await sleep_for(1ms);
    order.push_back(1);
  });
  done.get_future().wait();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(Task, UntilResumesFromAnyThreadOrAtOnce) {
  Runtime runtime({1, 1});
  std::promise<std::thread::id> loop;
  runtime.post([&] { loop.set_value(std::this_thread::get_id()); });
  std::promise<std::thread::id> after;
  spawn(runtime, [&]() -> Task<void> {
    const std::function<void(std::function<void()>)> at_once = [](std::function<void()> resume) {
      resume();
    };
    co_await until(at_once);
    const std::function<void(std::function<void()>)> elsewhere = [](std::function<void()> resume) {
      std::thread(std::move(resume)).detach();
    };
    co_await until(elsewhere);
    after.set_value(std::this_thread::get_id());
  });
  EXPECT_EQ(after.get_future().get(), loop.get_future().get());
}

TEST(Task, OnWorkerRunsElsewhereAndPassesExceptions) {
  Runtime runtime({1, 1});
  const Response response = run_and_wait(
      runtime,
      [&](Request) -> Task<Response> {
        const auto loop = std::this_thread::get_id();
        std::thread::id worker;
        const std::function<void()> work = [&worker] { worker = std::this_thread::get_id(); };
        co_await on_worker(runtime, work);
        bool threw = false;
        const std::function<void()> bad = [] { throw std::runtime_error("bad"); };
        try {
          co_await on_worker(runtime, bad);
        } catch (const std::runtime_error&) {
          threw = true;
        }
        const bool right = worker != loop && std::this_thread::get_id() == loop && threw;
        co_return json_response(right ? 200 : 500, "");
      },
      Request());
  EXPECT_EQ(response.status, 200);
}

TEST(Task, RunAndWaitAnswersWhenTheHandlerThrows) {
  Runtime runtime({1, 1});
  const Response response = run_and_wait(
      runtime,
      [](Request) -> Task<Response> {
        throw std::runtime_error("secret words");
        co_return Response();
      },
      Request());
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
}

struct Flag {
  std::atomic<bool>& gone;
  explicit Flag(std::atomic<bool>& flag) : gone(flag) {}
  Flag(const Flag&) = delete;
  Flag& operator=(const Flag&) = delete;
  ~Flag() { gone = true; }
};

TEST(Task, SleepersAreLetGoWhenTheRuntimeStops) {
  std::atomic<bool> gone = false;
  Runtime runtime({1, 1});
  std::promise<void> asleep;
  spawn(runtime, [&]() -> Task<void> {
    const Flag flag(gone);
    for (;;) {
      asleep.set_value();
      co_await sleep_for(1h);
    }
  });
  asleep.get_future().wait();
  runtime.stop();
  EXPECT_TRUE(gone);
  EXPECT_EQ(run_and_wait(
                runtime, [](Request) -> Task<Response> { co_return Response(); }, Request())
                .status,
            503);
}

TEST(Runtime, StopWaitsForWorkers) {
  std::atomic<int> done = 0;
  {
    Runtime runtime({1, 2});
    for (int i = 0; i < 50; ++i) {
      runtime.run_blocking([&] {
        std::this_thread::yield();
        ++done;
      });
    }
    runtime.stop();
    EXPECT_EQ(done, 50);
    runtime.stop();
  }
}

}  // namespace
}  // namespace armature::http
