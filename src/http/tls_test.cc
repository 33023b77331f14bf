#include "http/tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "http/raw_testing.h"
#include "http/testing.h"

namespace armature::http {
namespace {

using testing::FakeUpstream;
using testing::PrivateCa;
using testing::RawSocket;
using testing::RuntimeAndClient;
using namespace std::chrono_literals;

ClientOptions trusting(const PrivateCa& ca) {
  ClientOptions options;
  options.ca_pem = ca.authority.certificate_pem;
  return options;
}

TEST(Tls, TrustsThePrivateCa) {
  PrivateCa ca;
  RuntimeAndClient net(trusting(ca));
  FakeUpstream upstream(net.runtime, ca.certificate({"localhost", "127.0.0.1"}));
  for (const char* host : {"localhost", "127.0.0.1", "localhost"}) {
    const Outcome outcome = net.get(upstream.url("/", host));
    ASSERT_TRUE(outcome.response) << host << ": " << outcome.response.error().message;
    EXPECT_EQ(outcome.response->body, "{}");
  }
}

TEST(Tls, CarriesLargeBodies) {
  PrivateCa ca;
  RuntimeAndClient net(trusting(ca));
  FakeUpstream upstream(net.runtime, ca.certificate());
  upstream.otherwise([](const Request& request) { return json_response(200, request.body); });
  const std::string body(1u << 20, 'x');
  for (int i = 0; i < 2; ++i) {
    const Outcome outcome = net.send("PUT", upstream.url(), body);
    ASSERT_TRUE(outcome.response) << outcome.response.error().message;
    EXPECT_TRUE(outcome.response->body == body);
  }
}

void expect_refused(const Outcome& outcome, const char* why) {
  ASSERT_FALSE(outcome.response);
  EXPECT_EQ(outcome.response.error().code, Code::kUnavailable);
  EXPECT_NE(outcome.response.error().message.find(why), std::string::npos)
      << outcome.response.error().message;
  EXPECT_FALSE(outcome.sent);
}

TEST(Tls, RefusesAnotherCa) {
  PrivateCa ours;
  PrivateCa theirs;
  RuntimeAndClient net(trusting(ours));
  FakeUpstream upstream(net.runtime, theirs.certificate());
  expect_refused(net.get(upstream.url()), "certificate not accepted");
  EXPECT_TRUE(upstream.requests().empty());
}

TEST(Tls, SystemStoreDoesNotTrustThePrivateCa) {
  PrivateCa ca;
  RuntimeAndClient net;
  FakeUpstream upstream(net.runtime, ca.certificate());
  expect_refused(net.get(upstream.url()), "certificate not accepted");
}

TEST(Tls, RefusesAnotherNameOrAddress) {
  PrivateCa ca;
  RuntimeAndClient net(trusting(ca));
  FakeUpstream name(net.runtime, ca.certificate({"vault.example", "127.0.0.2"}));
  expect_refused(net.get(name.url("/", "localhost")), "certificate not accepted");
  expect_refused(net.get(name.url("/", "127.0.0.1")), "certificate not accepted");
}

TEST(Tls, RefusesAnExpiredCertificate) {
  PrivateCa ca;
  RuntimeAndClient net(trusting(ca));
  armature::testing::FakeClock long_ago;
  const auto expired = issue(ca.authority, {"127.0.0.1"}, 1h, long_ago, ca.random);
  ASSERT_TRUE(expired);
  FakeUpstream upstream(net.runtime, *expired);
  expect_refused(net.get(upstream.url()), "certificate not accepted");
}

TEST(Tls, SettlesWithoutACertificate) {
  EXPECT_FALSE(client_context("no certificate here"));
  Certificate broken;
  broken.chain_pem = "x";
  EXPECT_FALSE(server_context(broken));
  RuntimeAndClient net;
  ServerOptions options;
  options.tls = broken;
  Server server(net.runtime, options, [](Request, Reply) {});
  const Status started = server.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::kInvalid);
}

TEST(Tls, ServerSpeaks13Only) {
  PrivateCa ca;
  const auto context = server_context(ca.certificate());
  ASSERT_TRUE(context);
  EXPECT_EQ(SSL_CTX_get_min_proto_version(context->get()), TLS1_3_VERSION);
  const auto client = client_context(ca.authority.certificate_pem);
  ASSERT_TRUE(client);
  EXPECT_EQ(SSL_CTX_get_min_proto_version(client->get()), TLS1_2_VERSION);
}

TEST(Tls, PlainBytesAndHalfAHandshakeEndTheConnection) {
  PrivateCa ca;
  RuntimeAndClient net(trusting(ca));
  ServerOptions options;
  options.tls = ca.certificate();
  options.header_timeout = 30ms;
  Server server(net.runtime, options, [](Request, Reply reply) { reply(json_response(200, "")); });
  ASSERT_TRUE(server.start());
  RawSocket plain(server.port());
  plain.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(plain.read_until_closed().find("HTTP"), std::string::npos);
  RawSocket silent(server.port());
  EXPECT_EQ(silent.read_until_closed(), "");
}

}  // namespace
}  // namespace armature::http
