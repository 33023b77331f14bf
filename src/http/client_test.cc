#include "http/client.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "http/raw_testing.h"
#include "http/testing.h"

namespace armature::http {
namespace {

using testing::FakeUpstream;
using testing::RawServer;
using testing::RawSocket;
using testing::RuntimeAndClient;
using namespace std::chrono_literals;

std::string reason(const Outcome& outcome) {
  return outcome.response ? "answered " + std::to_string(outcome.response->status)
                          : outcome.response.error().message;
}

TEST(Client, SendsAndReceives) {
  RuntimeAndClient net;
  FakeUpstream upstream(net.runtime);
  Response answer = json_response(201, R"({"a":1})");
  answer.headers.add("X-Two", "1");
  answer.headers.add("X-Two", "2");
  upstream.next(answer);
  const Outcome outcome = net.send("PUT", upstream.url("/x?y=z"), "body");
  ASSERT_TRUE(outcome.response) << reason(outcome);
  EXPECT_TRUE(outcome.sent);
  EXPECT_EQ(outcome.response->status, 201);
  EXPECT_EQ(outcome.response->body, R"({"a":1})");
  EXPECT_EQ(outcome.response->headers.count("x-two"), 2u);
  ASSERT_EQ(upstream.requests().size(), 1u);
  const Request seen = upstream.requests()[0];
  EXPECT_EQ(seen.method, "PUT");
  EXPECT_EQ(seen.target, "/x?y=z");
  EXPECT_EQ(seen.body, "body");
  EXPECT_EQ(seen.headers.get("Host"), "127.0.0.1:" + std::to_string(upstream.port()));
}

TEST(Client, ReusesConnections) {
  RuntimeAndClient net;
  RawServer server(1, [](RawSocket& socket, int) {
    for (int i = 0; i < 3; ++i) {
      socket.read_until("\r\n\r\n");
      socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(i));
    }
  });
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = net.get(server.url());
    ASSERT_TRUE(outcome.response) << reason(outcome);
    EXPECT_EQ(outcome.response->body, std::to_string(i));
  }
}

TEST(Client, ReplacesAConnectionFoundClosed) {
  RuntimeAndClient net;
  std::promise<void> closed;
  RawServer server(2, [&](RawSocket& socket, int number) {
    socket.read_until("\r\n\r\n");
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + std::to_string(number));
    socket.drop();
    if (number == 0) closed.set_value();
  });
  EXPECT_EQ(net.get(server.url()).response->body, "0");
  closed.get_future().wait();
  const Outcome outcome = net.get(server.url());
  ASSERT_TRUE(outcome.response) << reason(outcome);
  EXPECT_EQ(outcome.response->body, "1");
}

TEST(Client, NeverRepeatsWhatWasSent) {
  RuntimeAndClient net;
  RawServer server(2, [](RawSocket& socket, int number) {
    socket.read_until("\r\n\r\n");
    if (number == 0) socket.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    if (number == 0) socket.read_until("\r\n\r\n");
  });
  ASSERT_TRUE(net.get(server.url()).response);
  const Outcome outcome = net.send("POST", server.url(), "x");  // pooled; closed after reading it
  ASSERT_FALSE(outcome.response);
  EXPECT_EQ(outcome.response.error().code, Code::kUnavailable);
  EXPECT_TRUE(outcome.sent);
  RawSocket let_the_server_end(
      static_cast<std::uint16_t>(std::stoul(parse_url(server.url())->port)));
}

TEST(Client, NothingSentWhenNobodyListens) {
  RuntimeAndClient net;
  std::string url;
  {
    FakeUpstream upstream(net.runtime);
    url = upstream.url();
  }
  const Outcome outcome = net.get(url);
  ASSERT_FALSE(outcome.response);
  EXPECT_EQ(outcome.response.error().code, Code::kUnavailable);
  EXPECT_FALSE(outcome.sent);
}

TEST(Client, RefusesWhatIsNoRequest) {
  RuntimeAndClient net;
  for (const char* url : {"", "/path", "ftp://x/", "http://a b/"}) {
    const Outcome outcome = net.get(url);
    ASSERT_FALSE(outcome.response) << url;
    EXPECT_EQ(outcome.response.error().code, Code::kInvalid);
    EXPECT_FALSE(outcome.sent);
  }
  EXPECT_FALSE(net.send("GET /x HTTP/1.1\r\nA:", "http://127.0.0.1:1/", "").response);
}

TEST(Client, UnknownNameIsUnavailable) {
  RuntimeAndClient net;
  const Outcome outcome = net.get("http://name.invalid/", 20s);
  ASSERT_FALSE(outcome.response);
  EXPECT_EQ(outcome.response.error().code, Code::kUnavailable);
  EXPECT_FALSE(outcome.sent);
}

TEST(Client, ResolvesLocalhost) {
  RuntimeAndClient net;
  FakeUpstream upstream(net.runtime);
  const Outcome outcome = net.get(upstream.url("/", "localhost"));
  EXPECT_TRUE(outcome.response) << reason(outcome);
}

TEST(Client, DeadlineCoversTheAnswer) {
  RuntimeAndClient net;
  RawServer server(1, [](RawSocket& socket, int) {
    socket.read_until("\r\n\r\n");
    socket.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    socket.read_until_closed();
  });
  const Outcome outcome = net.get(server.url(), 50ms);
  ASSERT_FALSE(outcome.response);
  EXPECT_TRUE(outcome.sent);
  EXPECT_NE(reason(outcome).find("no answer in time"), std::string::npos);
}

TEST(Client, ReadsEveryFraming) {
  const struct {
    const char* name;
    const char* method;
    const char* answer;
    const char* body;  // nullptr: refused
  } kTable[] = {
      {"chunked",           "GET",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",          "abc"  },
      {"until close",       "GET",    "HTTP/1.1 200 OK\r\n\r\nabc",                                    "abc"  },
      {"HEAD",              "HEAD",   "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",                 ""     },
      {"204",               "DELETE", "HTTP/1.1 204 No Content\r\n\r\n",                               ""     },
      {"304",               "GET",    "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",       ""     },
      {"after 100 and 103", "PUT",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\nHTTP/1.1 200 "
       "OK\r\nContent-Length: 1\r\n\r\nx",                                                             "x"    },
      {"cut short",         "GET",    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",               nullptr},
      {"chunk cut short",   "GET",    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
       nullptr                                                                                                },
      {"framed twice",      "GET",
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",                  nullptr},
      {"no HTTP",           "GET",    "220 smtp.example ready\r\n\r\n",                                nullptr},
      {"switches",          "GET",    "HTTP/1.1 101 Switching Protocols\r\n\r\n",                      nullptr},
      {"nothing",           "GET",    "",                                                              nullptr},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    RuntimeAndClient net;
    RawServer server(1, [&](RawSocket& socket, int) {
      socket.read_until("\r\n\r\n");
      socket.send(row.answer);
      socket.end_writing();
    });
    const Outcome outcome = net.send(row.method, server.url(), "");
    EXPECT_TRUE(outcome.sent);
    ASSERT_EQ(outcome.response.has_value(), row.body != nullptr) << reason(outcome);
    if (row.body != nullptr) {
      EXPECT_EQ(outcome.response->body, row.body);
    }
  }
}

TEST(Client, LimitsTheBody) {
  for (const char* answer :
       {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a",
        "HTTP/1.1 200 OK\r\n\r\n0123456789a",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n0\r\n\r\n"}) {
    ClientOptions options;
    options.max_body_bytes = 10;
    RuntimeAndClient net(options);
    RawServer server(1, [&](RawSocket& socket, int) {
      socket.read_until("\r\n\r\n");
      socket.send(answer);
      socket.end_writing();
    });
    const Outcome outcome = net.get(server.url());
    ASSERT_FALSE(outcome.response);
    EXPECT_EQ(outcome.response.error().code, Code::kInvalid);
    EXPECT_TRUE(outcome.sent);
  }
}

TEST(Client, ReadsTheRefusalOfABodyItCouldNotFinish) {
  RuntimeAndClient net;
  FakeUpstream upstream(net.runtime);
  const Outcome outcome = net.send("PUT", upstream.url(), std::string(11u << 20, 'x'));
  EXPECT_TRUE(outcome.sent);
  if (outcome.response) {  // or a reset: the kernel's choice
    EXPECT_EQ(outcome.response->status, 413);
  }
}

TEST(Client, CarriesLargeBodiesBothWays) {
  RuntimeAndClient net;
  FakeUpstream upstream(net.runtime);
  upstream.otherwise([](const Request& request) { return json_response(200, request.body); });
  std::string body(1u << 20, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31 >> 3);
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = net.send("POST", upstream.url(), body);
    ASSERT_TRUE(outcome.response) << reason(outcome);
    EXPECT_TRUE(outcome.response->body == body);
  }
}

TEST(Client, ManyAtOnce) {
  RuntimeAndClient net({}, {2, 8});
  Server server(net.runtime, {}, blocking(net.runtime, [](const Request& request) {
                  return json_response(200, request.target);
                }));
  ASSERT_TRUE(server.start());
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  constexpr int kCount = 200;
  std::atomic<int> right = 0;
  std::atomic<int> left = kCount;
  std::promise<void> all;
  for (int i = 0; i < kCount; ++i) {
    Request request;
    const std::string target = "/" + std::to_string(i);
    request.target = url + target;
    net.client.send(request, 20s, [&, target](Outcome outcome) {
      if (outcome.response && outcome.response->body == target) ++right;
      if (--left == 0) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_EQ(right, kCount);
}

TEST(Client, EndedWithARequestOutCallsBack) {
  Runtime runtime({1, 1});
  std::promise<void> reached;
  RawServer server(1, [&](RawSocket& socket, int) {
    socket.read_until("\r\n\r\n");
    reached.set_value();
    socket.read_until_closed();
  });
  auto client = std::make_unique<Client>(runtime, ClientOptions());
  std::optional<Outcome> seen;
  Request request;
  request.target = server.url();
  client->send(request, 1h, [&](Outcome outcome) { seen.emplace(std::move(outcome)); });
  reached.get_future().wait();
  client.reset();
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->response);
  EXPECT_TRUE(seen->sent);
}

TEST(Client, EndsWithTheRuntime) {
  Runtime runtime({1, 1});
  std::promise<void> reached;
  RawServer server(1, [&](RawSocket& socket, int) {
    socket.read_until("\r\n\r\n");
    reached.set_value();
    socket.read_until_closed();
  });
  Client client(runtime, {});
  std::optional<Outcome> seen;
  Request request;
  request.target = server.url();
  client.send(request, 1h, [&](Outcome outcome) { seen.emplace(std::move(outcome)); });
  reached.get_future().wait();
  runtime.stop();
  ASSERT_TRUE(seen);
  EXPECT_FALSE(seen->response);
  const Outcome after = client.send_and_wait(request, 1s);
  EXPECT_FALSE(after.response);
  EXPECT_FALSE(after.sent);
}

}  // namespace
}  // namespace armature::http
