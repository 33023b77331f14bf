#include "http/connect.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>

#include "http/proxy_testing.h"
#include "http/raw_testing.h"
#include "http/testing.h"
#include "http/tunnel.h"

namespace armature::http {
namespace {

using testing::PrivateCa;
using testing::ProxyClient;
using testing::RawServer;
using testing::RawSocket;

const char* kConnect = "CONNECT arm.example:443 HTTP/1.1\r\nHost: arm.example:443\r\n\r\n";

// A proxy that answers every CONNECT as it is told.
struct Proxy {
  explicit Proxy(ConnectAnswer answer) {
    auto options = std::make_shared<ConnectOptions>();
    options->decide = [answer](const Request&) { return answer; };
    options->certificates = std::make_shared<HostCertificates>(ca.authority, ca.clock, ca.random);
    ServerOptions server_options;
    server_options.connect = options;
    server_options.drain = std::chrono::milliseconds(20);
    server = std::make_unique<Server>(
        runtime, server_options, [](Request, Reply reply) { reply(json_response(403, "plain")); });
    testing::must(server->start());
  }
  std::uint16_t port() const { return server->port(); }
  // Through CONNECT, then TLS with this server name.
  bool shaken(ProxyClient& client, const char* server_name) const {
    return client.shake(ca.authority.certificate_pem, "arm.example", server_name);
  }
  bool takes(const char* server_name) const {
    ProxyClient client(port(), kConnect);
    return shaken(client, server_name);
  }

  PrivateCa ca;
  Runtime runtime{
      {1, 2}
  };
  std::unique_ptr<Server> server;
};

Intercept echo(const std::string& host = "arm.example") {
  return {host, [](Request request, Reply reply) {
            reply(json_response(200, request.method + " " + request.target));
          }};
}

TEST(Connect, InterceptsWithACertificateOfTheHost) {
  Proxy proxy(echo());
  ProxyClient client(proxy.port(), kConnect);
  EXPECT_EQ(client.answer(), "HTTP/1.1 200 Connection established\r\n\r\n");
  ASSERT_TRUE(proxy.shaken(client, "arm.example"))
      << "the certificate is our CA's and names the host";
  for (int i = 0; i < 3; ++i) {
    const std::string got =
        client.ask("GET /a?b=c HTTP/1.1\r\nHost: arm.example\r\n\r\n", "GET /a?b=c");
    EXPECT_TRUE(got.starts_with("HTTP/1.1 200 OK\r\n")) << got;
  }
}

TEST(Connect, RefusesAnotherNameInTheHandshake) {
  Proxy proxy(echo());
  EXPECT_FALSE(proxy.takes("vault.example"));
  EXPECT_FALSE(proxy.takes("arm.example.evil.example"));
  EXPECT_FALSE(proxy.takes(nullptr));
  EXPECT_TRUE(proxy.takes("ARM.example")) << "names know no case";
}

TEST(Connect, RefusesConnectInsideATunnel) {
  Proxy proxy(echo());
  ProxyClient client(proxy.port(), kConnect);
  ASSERT_TRUE(proxy.shaken(client, "arm.example"));
  const std::string got = client.ask(kConnect, "inside a tunnel");
  EXPECT_TRUE(got.starts_with("HTTP/1.1 405 ")) << got;
}

TEST(Connect, RefusesWhatIsSmuggledWithIt) {
  const struct {
    const char* name;
    const char* bytes;
  } kTable[] = {
      {"a request behind it",
       "CONNECT arm.example:443 HTTP/1.1\r\nHost: arm.example:443\r\n\r\nGET / HTTP/1.1\r\n"
       "Host: arm.example\r\n\r\n"                                                                       },
      {"TLS behind it",
       "CONNECT arm.example:443 HTTP/1.1\r\nHost: arm.example:443\r\n\r\n\x16\x03\x01"                   },
      {"a length",            "CONNECT arm.example:443 HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx"},
      {"no length",           "CONNECT arm.example:443 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n" },
      {"chunks",
       "CONNECT arm.example:443 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
       "chunked\r\n\r\n0\r\n\r\n"                                                                        },
      {"two hosts",           "CONNECT arm.example:443 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"           },
  };
  Proxy proxy(echo());
  for (const auto& row : kTable) {
    RawSocket socket(proxy.port());
    socket.send(row.bytes);
    const std::string got = socket.read_until_closed();
    EXPECT_TRUE(got.starts_with("HTTP/1.1 400 ")) << row.name << ": " << got;
    EXPECT_EQ(got.find("200"), std::string::npos) << row.name;
  }
}

TEST(Connect, ARefusalIsAnswered) {
  Response no = json_response(407, "who?");
  no.headers.set("Proxy-Authenticate", "Basic realm=\"x\"");
  Proxy proxy(no);
  RawSocket socket(proxy.port());
  socket.send(kConnect);
  const std::string got = socket.read_until_closed();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 407 Proxy Authentication Required\r\n")) << got;
  EXPECT_NE(got.find("Proxy-Authenticate: Basic"), std::string::npos);
  EXPECT_TRUE(got.ends_with("who?")) << got;
}

TEST(Connect, OtherMethodsGoToTheHandler) {
  Proxy proxy(echo());
  RawSocket socket(proxy.port());
  socket.send("GET http://arm.example/ HTTP/1.1\r\nHost: arm.example\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(socket.read_until_closed().starts_with("HTTP/1.1 403 "));
}

TEST(Connect, RelaysBytesBothWaysAndPassesTheEndOn) {
  std::string seen;
  RawServer upstream(1, [&](RawSocket& socket, int) {
    seen = socket.read_until_closed();
    socket.send("and back: " + seen);
  });
  const auto url = parse_url(upstream.url());
  Proxy proxy(Relay{"localhost", url->port, true});
  RawSocket socket(proxy.port());
  socket.send(kConnect);
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 200 Connection established\r\n\r\n");
  const std::string much(300'000, 'x');
  socket.send(much);
  socket.end_writing();
  const std::string got = socket.read_until_closed();
  EXPECT_EQ(got.size(), much.size() + 10) << "the other direction stays open";
  EXPECT_TRUE(seen == much);
}

TEST(Connect, ARelayToThisMachineIsRefusedUnlessAllowed) {
  std::atomic<int> connections{0};
  RawServer upstream(1, [&](RawSocket&, int) { ++connections; });
  const auto url = parse_url(upstream.url());
  Proxy proxy(Relay{"localhost", url->port, false});
  RawSocket socket(proxy.port());
  socket.send(kConnect);
  const std::string got = socket.read_until_closed();
  EXPECT_TRUE(got.starts_with("HTTP/1.1 403 ")) << got;
  EXPECT_NE(got.find("leads to this machine"), std::string::npos) << got;
  EXPECT_EQ(connections, 0);
}

TEST(Connect, ARelayToNobodyIs502) {
  Proxy proxy(Relay{"no-such-name.invalid", "443", true});
  RawSocket socket(proxy.port());
  socket.send(kConnect);
  EXPECT_TRUE(socket.read_until_closed().starts_with("HTTP/1.1 502 "));
}

TEST(Connect, StoppingTheServerEndsItsTunnels) {
  RawServer upstream(1, [](RawSocket& socket, int) { socket.read_until_closed(); });
  const auto url = parse_url(upstream.url());
  Proxy proxy(Relay{"localhost", url->port, true});
  RawSocket relayed(proxy.port());
  relayed.send(kConnect);
  relayed.read_until("\r\n\r\n");
  proxy.runtime.stop();
  EXPECT_EQ(relayed.read_until_closed(), "");
}

TEST(Tunnel, KnowsWhatIsLocal) {
  for (const char* text :
       {"127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "169.254.169.254", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "ff02::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1"}) {
    EXPECT_TRUE(is_local(boost::asio::ip::make_address(text))) << text;
  }
  for (const char* text : {"8.8.8.8", "10.0.0.1", "192.168.1.1", "2606:4700::1", "fd00::1",
                           "::ffff:8.8.8.8", "2002:808:808::1"}) {
    EXPECT_FALSE(is_local(boost::asio::ip::make_address(text))) << text;
  }
}

TEST(HostCertificates, AreMadeOnceAndRenewed) {
  PrivateCa ca;
  armature::testing::FakeClock clock;
  HostCertificates certificates(ca.authority, clock, ca.random, 2);
  const auto first = testing::must(certificates.tls_for("a.example"));
  EXPECT_EQ(testing::must(certificates.tls_for("a.example")), first);
  EXPECT_NE(testing::must(certificates.tls_for("b.example")), first);
  clock.advance(std::chrono::hours(24 * 6));
  const auto second = testing::must(certificates.tls_for("a.example"));
  EXPECT_NE(second, first) << "a day ahead of its end";
  testing::must(certificates.tls_for("c.example"));
  EXPECT_NE(testing::must(certificates.tls_for("a.example")), second) << "the oldest of three went";
  for (const char* name : {"", "a b", "a,DNS:b", "a\nb"}) {
    EXPECT_EQ(certificates.tls_for(name).error().code, Code::kInvalid) << name;
  }
}

}  // namespace
}  // namespace armature::http
