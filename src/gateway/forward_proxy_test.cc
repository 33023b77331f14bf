#include "gateway/forward_proxy.h"

#include <gtest/gtest.h>

#include <mutex>

#include "base/bytes.h"
#include "base/testing.h"
#include "http/proxy_testing.h"

namespace armature::gateway {
namespace {

using http::testing::ProxyClient;

constexpr const char* kArm = "management.azure.com";

std::string connect_line(const std::string& authority, const std::string& password) {
  std::string out = "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n";
  if (!password.empty()) {
    out += "Proxy-Authorization: Basic " + to_base64("attempt:" + password) + "\r\n";
  }
  return out + "\r\n";
}

class ForwardProxyTest : public ::testing::Test {
 protected:
  ForwardProxyTest() { open({}); }
  ~ForwardProxyTest() override { server->stop(); }

  void open(std::vector<std::string> tunnelled, bool local = false) {
    if (server) server->stop();
    ProxyOptions options;
    options.arm_hosts = {kArm};
    options.tunnelled = std::move(tunnelled);
    options.tunnel_local = local;
    options.public_url = "https://localhost:8081";
    proxy = std::make_unique<ForwardProxy>(
        options, [this](const std::string& credential) { return token_for(credential); },
        [this](http::Request request) { return handle(std::move(request)); }, runtime, log);
    auto connect = std::make_shared<http::ConnectOptions>();
    connect->decide = [this](const http::Request& request) { return proxy->connect(request); };
    connect->certificates =
        std::make_shared<http::HostCertificates>(ca.authority, ca.clock, ca.random);
    http::ServerOptions server_options;
    server_options.connect = connect;
    server_options.drain = std::chrono::milliseconds(20);
    server = std::make_unique<http::Server>(
        runtime, server_options,
        [this](http::Request request, http::Reply reply) { reply(proxy->plain(request)); });
    http::testing::must(server->start());
  }

  Result<AttemptToken> token_for(const std::string& credential) {
    const std::lock_guard lock(mutex);
    if (credential != "mine" || ended) return fail(Code::kUnauthenticated, "the attempt has ended");
    return AttemptToken{attempt, Secret("token-of-now"), clock.now() + std::chrono::hours(1), ""};
  }
  http::Task<http::Response> handle(http::Request request) {
    const std::lock_guard lock(mutex);
    seen.push_back(request);
    http::Response response =
        http::json_response(202, R"({"nextLink":"https://localhost:8081/n"})");
    response.headers.set("Location",
                         "https://localhost:8081/subscriptions/s/operationresults/1?t=x");
    co_return response;
  }
  // What CONNECT is answered, with its body when it is a refusal.
  std::string answer_to(const std::string& authority, const std::string& password = "mine") {
    ProxyClient client(server->port(), connect_line(authority, password));
    return client.answer().find(" 200 ") == std::string::npos ? client.rest() : client.answer();
  }
  void end_attempt() {
    const std::lock_guard lock(mutex);
    ended = true;
  }
  std::vector<http::Request> requests() {
    const std::lock_guard lock(mutex);
    return seen;
  }

  armature::testing::FakeClock clock;
  const Attempt attempt{
      {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse("t"), -1},
      1, 1
  };
  std::mutex mutex;
  bool ended = false;
  std::vector<http::Request> seen;
  std::string lines;
  Redactor redactor;
  Log log{[this](std::string_view line) {
            const std::lock_guard lock(mutex);
            lines += line;
          },
          clock, redactor};
  http::testing::PrivateCa ca;
  http::Runtime runtime{
      {1, 2}
  };
  std::unique_ptr<ForwardProxy> proxy;
  std::unique_ptr<http::Server> server;
};

TEST_F(ForwardProxyTest, CallsOfArmGoToTheGatewayAsTheAttempts) {
  ProxyClient client(server->port(), connect_line("management.azure.com:443", "mine"));
  ASSERT_TRUE(client.shake(ca.authority.certificate_pem, kArm, kArm));
  const std::string got = client.ask(
      "GET /subscriptions?api-version=2022-12-01 HTTP/1.1\r\nHost: management.azure.com\r\n"
      "Authorization: Bearer a-dummy\r\nProxy-Authorization: Basic YTpi\r\n\r\n",
      "nextLink\":\"https://management.azure.com/n\"");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 202 ")) << got;
  EXPECT_NE(
      got.find("Location: https://management.azure.com/subscriptions/s/operationresults/1?t=x"),
      std::string::npos)
      << got;
  const auto reached = requests();
  ASSERT_EQ(reached.size(), 1u);
  EXPECT_EQ(reached[0].target, "/subscriptions?api-version=2022-12-01");
  EXPECT_EQ(reached[0].headers.get("Authorization"), "Bearer token-of-now");
  EXPECT_EQ(reached[0].headers.count("Authorization"), 1u);
  EXPECT_EQ(reached[0].headers.get("Host"), "localhost:8081") << "as the gateway knows itself";
}

TEST_F(ForwardProxyTest, InsideTheTunnelHostIsTheHostOfTheConnect) {
  for (const char* head :
       {"Host: evil.example", "Host: management.azure.com:8443", "Host: kv.vault.azure.net",
        "Host: management.azure.com.", "Host: localhost"}) {
    ProxyClient client(server->port(), connect_line("management.azure.com:443", "mine"));
    ASSERT_TRUE(client.shake(ca.authority.certificate_pem, kArm, kArm));
    const std::string got =
        client.ask("GET /subscriptions?api-version=1 HTTP/1.1\r\n" + std::string(head) + "\r\n\r\n",
                   "MisdirectedRequest");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 421 ")) << head << ": " << got;
  }
  const struct {
    const char* head;
    const char* status;
  } kSmuggled[] = {
      {"GET https://evil.example/x HTTP/1.1\r\nHost: management.azure.com\r\n\r\n",  "421"},
      {"GET / HTTP/1.1\r\nHost: management.azure.com\r\nHost: evil.example\r\n\r\n", "400"},
      {"GET / HTTP/1.1\r\n\r\n",                                                     "400"},
      {"GET / HTTP/1.1\r\nHost: management.azure.com\r\n Host: x\r\n\r\n",           "400"},
      {"POST / HTTP/1.1\r\nHost: management.azure.com\r\nContent-Length: 0\r\n"
       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",                         "400"},
  };
  for (const auto& row : kSmuggled) {
    ProxyClient client(server->port(), connect_line("management.azure.com:443", "mine"));
    ASSERT_TRUE(client.shake(ca.authority.certificate_pem, kArm, kArm));
    const std::string got = client.ask(row.head, "\r\n\r\n");
    EXPECT_TRUE(got.starts_with(std::string("HTTP/1.1 ") + row.status)) << row.head << got;
  }
  EXPECT_TRUE(requests().empty());
}

TEST_F(ForwardProxyTest, ATunnelEndsWithItsAttempt) {
  ProxyClient client(server->port(), connect_line("management.azure.com:443", "mine"));
  ASSERT_TRUE(client.shake(ca.authority.certificate_pem, kArm, kArm));
  const std::string ask = "GET /x HTTP/1.1\r\nHost: management.azure.com\r\n\r\n";
  EXPECT_TRUE(client.ask(ask, "nextLink").starts_with("HTTP/1.1 202 "));
  end_attempt();
  EXPECT_TRUE(client.ask(ask, "InvalidAuthenticationToken").starts_with("HTTP/1.1 401 "));
  EXPECT_EQ(requests().size(), 1u);
  EXPECT_NE(answer_to("management.azure.com:443").find(" 407 "), std::string::npos);
}

TEST_F(ForwardProxyTest, AsksWhoItIs) {
  const std::string nobody = answer_to("management.azure.com:443", "");
  EXPECT_TRUE(nobody.starts_with("HTTP/1.1 407 ")) << nobody;
  EXPECT_NE(nobody.find("Proxy-Authenticate: Basic realm=\"Armature\""), std::string::npos);
  const std::string guess = answer_to("management.azure.com:443", "guess-planted");
  EXPECT_TRUE(guess.starts_with("HTTP/1.1 407 ")) << guess;
  EXPECT_EQ(guess.find("guess-planted"), std::string::npos);
  EXPECT_TRUE(answer_to("anything.example:443", "guess").starts_with("HTTP/1.1 407 "))
      << "who, before where: the proxy tells strangers nothing of its rules";
}

TEST_F(ForwardProxyTest, LookAlikesAreNotArm) {
  const struct {
    const char* authority;
    const char* status;
  } kTable[] = {
      {"management.azure.com.evil.example:443", "403"},
      {"evil-management.azure.com:443",         "403"},
      {"management.azure.com.:443",             "400"},
      {"management.azure.co:443",               "403"},
      {"management.azure.com:80",               "403"},
      {"management.azure.com:8443",             "403"},
      {"20.0.0.1:443",                          "400"},
      {"[::1]:443",                             "400"},
      {"localhost:443",                         "403"},
      {"arm.localhost:443",                     "403"},
      {"MANAGEMENT.AZURE.COM:443",              "200"}, // the same host, and read as it
  };
  open({"*"});  // the most that an operator can allow
  for (const auto& row : kTable) {
    if (std::string(row.authority).find("evil") != std::string::npos) continue;  // tunnelled then
    if (std::string(row.authority) == "management.azure.co:443") continue;
    EXPECT_TRUE(answer_to(row.authority).starts_with(std::string("HTTP/1.1 ") + row.status))
        << row.authority << " with everything allowed";
  }
  open({});
  for (const auto& row : kTable) {
    EXPECT_TRUE(answer_to(row.authority).starts_with(std::string("HTTP/1.1 ") + row.status))
        << row.authority;
  }
}

TEST_F(ForwardProxyTest, OtherHostsAreRefusedWithTheSettingsName) {
  const std::string other = answer_to("pypi.org:443");
  EXPECT_TRUE(other.starts_with("HTTP/1.1 403 ")) << other;
  EXPECT_NE(other.find("gateway.proxy_tunnel: [pypi.org]"), std::string::npos) << other;
  const std::string login = answer_to("login.microsoftonline.com:443");
  EXPECT_NE(login.find("az login --identity"), std::string::npos) << login;
  EXPECT_NE(lines.find("proxy connect refused"), std::string::npos);
  EXPECT_NE(lines.find("pypi.org"), std::string::npos);
  EXPECT_EQ(lines.find("mine"), std::string::npos);
}

TEST_F(ForwardProxyTest, ListedHostsAreTunnelled) {
  open({"*.invalid"});
  EXPECT_TRUE(answer_to("no-such.invalid:443").starts_with("HTTP/1.1 502 ")) << "it was tried";
  EXPECT_TRUE(answer_to("invalid.example:443").starts_with("HTTP/1.1 403 "));
}

TEST_F(ForwardProxyTest, PlainHttpIsRefused) {
  ProxyClient client(server->port(),
                     "GET http://169.254.169.254/metadata/instance HTTP/1.1\r\n"
                     "Host: 169.254.169.254\r\nConnection: close\r\n\r\n");
  const std::string got = client.rest();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 403 ")) << got;
  EXPECT_NE(got.find("takes CONNECT alone"), std::string::npos) << got;
}

}  // namespace
}  // namespace armature::gateway
