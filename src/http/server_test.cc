#include "http/server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "http/cut.h"
#include "http/raw_testing.h"
#include "http/task.h"
#include "http/testing.h"

namespace armature::http {
namespace {

using testing::RawSocket;
using testing::RuntimeAndClient;
using namespace std::chrono_literals;

Response echo(const Request& request) {
  Response response = json_response(200, request.method + " " + request.target);
  response.headers.set("X-Body", std::to_string(request.body.size()));
  response.headers.set("X-Peer", request.peer);
  return response;
}

struct Served {
  explicit Served(ServerOptions options = {}) : Served(std::move(options), nullptr) {}
  Served(ServerOptions options, Handler handler)
      : server(runtime, std::move(options), handler ? handler : blocking(runtime, echo)) {
    testing::must(server.start());
  }
  std::string url(const std::string& target = "/") {
    return "http://127.0.0.1:" + std::to_string(server.port()) + target;
  }
  std::string exchange(const std::string& bytes) {
    RawSocket socket(server.port());
    socket.send(bytes);
    return socket.read_until_closed();
  }
  Runtime runtime{
      {1, 4}
  };
  Server server;
};

TEST(Server, AnswersAndKeepsTheConnection) {
  Served served;
  RawSocket socket(served.server.port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(socket.send("GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n"));
    const std::string got = socket.read_until("/a?b=c");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
    EXPECT_NE(got.find("Content-Length: 10\r\n"), std::string::npos);
    EXPECT_NE(got.find("X-Peer: 127.0.0.1\r\n"), std::string::npos);
    EXPECT_NE(got.find(" GMT\r\n"), std::string::npos);
  }
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  Served served;
  const std::string got = served.exchange(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: "
      "3\r\n\r\nabc"
      "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto one = got.find("GET /1");
  const auto two = got.find("POST /2");
  const auto three = got.find("GET /3");
  EXPECT_LT(one, two);
  EXPECT_LT(two, three);
  EXPECT_NE(three, std::string::npos);
  EXPECT_NE(got.find("Connection: close"), std::string::npos);
}

TEST(Server, AnswersOldAndHeadRequests) {
  Served served;
  EXPECT_NE(served.exchange("GET /old HTTP/1.0\r\n\r\n").find("GET /old"), std::string::npos);
  const std::string head =
      served.exchange("HEAD /h HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(head.find("Content-Length: 7\r\n"), std::string::npos);
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
}

TEST(Server, ReadsChunkedBodies) {
  Served served;
  const std::string got = served.exchange(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "3\r\nabc\r\n4;e=f\r\ndefg\r\n0\r\nT: x\r\n\r\n");
  EXPECT_NE(got.find("X-Body: 7\r\n"), std::string::npos) << got;
}

TEST(Server, ContinuesWhenAsked) {
  Served served;
  RawSocket socket(served.server.port());
  socket.send("PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("ok");
  EXPECT_NE(socket.read_until("PUT /").find("X-Body: 2"), std::string::npos);
}

TEST(Server, RefusesAndCloses) {
  ServerOptions options;
  options.max_header_bytes = 1000;
  options.max_body_bytes = 1000;
  Served served(options);
  const std::string line = "POST / HTTP/1.1\r\nHost: x\r\n";
  const struct {
    const char* name;
    std::string bytes;
    const char* status;
  } kTable[] = {
      {"both framings",                                                       line + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"                                                                      },
      {"two lengths",                                                         line + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",        "400"                                                                      },
      {"bare LF",                                                             "GET / HTTP/1.1\nHost: x\n\n",                                    "400"                                                                      },
      {"obs-fold",                                                            line + "X: a\r\n b\r\n\r\n",                                      "400"                                                                      },
      {"no host",                                                             "GET / HTTP/1.1\r\n\r\n",                                         "400"                                                                      },
      {"rubbish",                                                             "\x16\x03\x01\r\n\r\n",                                           "400"                                                                      },
      {"bad chunk",                                                           line + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",                "400"                                                                      },
      {"large head",                                                          line + "X: " + std::string(2000,                                  'x') + "\r\n\r\n",                                                           "431"},
      {"endless head",                                                                     line + "X: " + std::string(2000,                                                                                                                        'x'),                                                                                                "431"},
      {"large body",                                                                line + "Content-Length: 1001\r\n\r\n",                                                                                                                                "413"                                                                                                },
      {"large body, unasked",                                                                line + "Content-Length: 300000\r\n\r\n" + std::string(300000, 'b'),
       "413"},
      {"large chunked body",
       line + "Transfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024,                                                                                                                                   'b'),                                                                                                                                                                                                              "413"},
      {"expects too much", line + "Expect: 100-continue\r\nContent-Length: 1001\r\n\r\n","413"},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const std::string got = served.exchange(row.bytes);
    EXPECT_TRUE(got.starts_with(std::string("HTTP/1.1 ") + row.status)) << got;
    EXPECT_NE(got.find("Connection: close\r\n"), std::string::npos);
    EXPECT_EQ(got.find("HTTP/1.1", 8), std::string::npos) << "answered twice";
  }
}

TEST(Server, LateHeadAndBodyAre408) {
  ServerOptions options;
  options.header_timeout = 30ms;
  options.body_timeout = 30ms;
  Served served(options);
  EXPECT_TRUE(served.exchange("GET / HT").starts_with("HTTP/1.1 408"));
  EXPECT_TRUE(served.exchange("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\na")
                  .starts_with("HTTP/1.1 408"));
  EXPECT_EQ(served.exchange(""), "") << "nothing was asked, nothing is answered";
}

TEST(Server, IdleConnectionsAreClosedSilently) {
  ServerOptions options;
  options.idle_timeout = 20ms;
  Served served(options);
  const std::string got = served.exchange("GET /once HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(got.ends_with("GET /once"));
}

TEST(Reply, DroppedCloses) {
  Served served({}, [](Request, Reply reply) { reply.drop(); });
  EXPECT_EQ(served.exchange("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "");
}

TEST(Cut, ClosesInTheMiddleOrAfterTheWholeAnswer) {
  Served served({}, [](Request request, Reply reply) {
    Response response;
    if (request.target == "/head") return reply(cut_in_head(std::move(response)));
    response.body = "0123456789";
    reply(cut_after(std::move(response), request.target == "/half" ? 5 : 10));
  });
  const std::string half = served.exchange("GET /half HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(half.find("Content-Length: 10\r\n"), std::string::npos) << half;
  EXPECT_TRUE(half.ends_with("\r\n\r\n01234")) << half;
  const std::string whole = served.exchange("GET /whole HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(whole.ends_with("\r\n\r\n0123456789")) << whole;
  EXPECT_EQ(whole.find("Connection: close"), std::string::npos) << whole;
  const std::string head = served.exchange("GET /head HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200")) << head;
  EXPECT_EQ(head.find("\r\n\r\n"), std::string::npos) << head;
}

TEST(Reply, LetGoIs500) {
  Served served({}, [](Request, Reply) {});
  EXPECT_TRUE(served.exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 500"));
}

TEST(Reply, ExceptionIs500AndTold) {
  std::atomic<int> told = 0;
  ServerOptions options;
  options.on_failure = [&](const std::string& what) { told += what == "boom" ? 1 : 100; };
  RuntimeAndClient net;
  const std::vector<Handler> handlers = {
      [](Request, Reply) { throw std::runtime_error("boom"); },
      blocking(net.runtime, [](const Request&) -> Response { throw std::runtime_error("boom"); }),
      coroutine(net.runtime, [](Request) -> Task<Response> {
        throw std::runtime_error("boom");
        co_return Response();
      })};
  for (const Handler& handler : handlers) {
    Server server(net.runtime, options, handler);
    ASSERT_TRUE(server.start());
    const Outcome outcome = net.get("http://127.0.0.1:" + std::to_string(server.port()));
    ASSERT_TRUE(outcome.response);
    EXPECT_EQ(outcome.response->status, 500);
    EXPECT_EQ(outcome.response->body.find("boom"), std::string::npos);
  }
  EXPECT_EQ(told, 3);
}

TEST(Reply, AnswersOnceFromAnyThread) {
  Served served({}, [](Request, Reply reply) {
    std::thread([reply]() mutable {
      reply(json_response(201, "first"));
      reply(json_response(202, "second"));
    }).detach();
  });
  RawSocket socket(served.server.port());
  for (int i = 0; i < 20; ++i) {
    socket.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(socket.read_until("first").starts_with("HTTP/1.1 201"));
  }
}

TEST(Server, TakenPortIsNamed) {
  Served first;
  ServerOptions options;
  options.port = first.server.port();
  Server second(first.runtime, options, blocking(first.runtime, echo));
  const Status started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kUnavailable);
  EXPECT_NE(started.error().message.find(std::to_string(options.port)), std::string::npos);
}

TEST(Server, StopClosesIdleAndFinishesRunning) {
  std::promise<Reply> asked;
  Served served({}, [&](Request, Reply reply) { asked.set_value(std::move(reply)); });
  RawSocket idle(served.server.port());
  RawSocket busy(served.server.port());
  busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  Reply reply = asked.get_future().get();
  auto stopped = std::async(std::launch::async, [&] { served.server.stop(); });
  EXPECT_EQ(idle.read_until_closed(), "");
  reply(json_response(200, "done"));
  const std::string got = busy.read_until_closed();
  EXPECT_TRUE(got.ends_with("done"));
  EXPECT_NE(got.find("Connection: close"), std::string::npos);
  stopped.get();
  EXPECT_EQ(RawSocket(served.server.port()).read_until_closed(), "");
}

TEST(Server, StopGivesUpAfterTheDrain) {
  std::promise<Reply> asked;
  ServerOptions options;
  options.drain = 10ms;
  Served served(options, [&](Request, Reply reply) { asked.set_value(std::move(reply)); });
  RawSocket busy(served.server.port());
  busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  Reply reply = asked.get_future().get();
  served.server.stop();
  EXPECT_EQ(busy.read_until_closed(), "");
  reply(json_response(200, "too late"));
}

TEST(Server, LimitsConnections) {
  ServerOptions options;
  options.max_connections = 1;
  Served served(options);
  RawSocket first(served.server.port());
  first.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(first.read_until("GET /first"), "");
  EXPECT_EQ(RawSocket(served.server.port()).read_until_closed(), "");
  first.send("GET /again HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_NE(first.read_until("GET /again"), "");
}

TEST(Runtime, StopEndsServersByItself) {
  Served served;
  RawSocket idle(served.server.port());
  served.runtime.stop();
  EXPECT_EQ(idle.read_until_closed(), "");
}

}  // namespace
}  // namespace armature::http
