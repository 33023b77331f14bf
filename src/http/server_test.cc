#include "http/server.h"

#include <gtest/gtest.h>

#include "http/task.h"
#include "http/testing.h"

namespace armature::http {
namespace {

using testing::RuntimeAndClient;
using namespace std::chrono_literals;

Response echo(const Request& request) {
  Response response = json_response(200, request.method + " " + request.target);
  response.headers.set("X-Body", std::to_string(request.body.size()));
  return response;
}

TEST(Server, AnswersFromWorkers) {
  RuntimeAndClient net;
  Server server(net.runtime, {}, blocking(net.runtime, echo));
  ASSERT_TRUE(server.start());
  const Outcome outcome = net.get("http://127.0.0.1:" + std::to_string(server.port()) + "/a?b=c");
  ASSERT_TRUE(outcome.response) << outcome.response.error().message;
  EXPECT_EQ(outcome.response->body, "GET /a?b=c");
  EXPECT_TRUE(outcome.sent);
}

TEST(Server, TakenPortIsNamed) {
  RuntimeAndClient net;
  Server first(net.runtime, {}, blocking(net.runtime, echo));
  ASSERT_TRUE(first.start());
  ServerOptions options;
  options.port = first.port();
  Server second(net.runtime, options, blocking(net.runtime, echo));
  const Status started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kUnavailable);
  EXPECT_NE(started.error().message.find(std::to_string(first.port())), std::string::npos);
}

}  // namespace
}  // namespace armature::http
