// Who calls, beyond attempts: outside workloads; and a challenge to the identity they call as.
#include "gateway/callers.h"

#include "base/bytes.h"
#include "gateway/gateway_testing.h"
#include "http/testing.h"
#include "identity/testing.h"

namespace armature::gateway {
namespace {

using http::testing::FakeUpstream;
using http::testing::must;

const identity::RsaKey& issuer_key() {
  static const identity::RsaKey kKey = must(identity::make_rsa_key());
  return kKey;
}

class CallersTest : public GatewayTest {
 protected:
  CallersTest() {
    issuer_.otherwise([this](const http::Request& request) { return documents(request); });
    outside_ = std::make_unique<identity::OutsideTokens>(
        threads.client, clock,
        std::vector<identity::Trust>{
            {"ci", issuer_.url(""), "api://armature", {{"sub", "repo:a/b:*"}}}
    });
    const Attempt workload = must(identity::workload_attempt("ci"));
    must(grants->put(workload, "deployer", {grant("Contributor", kGroup)}));
    open_with(outside_.get());
  }
  void open_with(identity::OutsideTokens* outside) {
    Options options;
    options.outside = outside;
    options.upstream_url = azure.url();
    options.public_url = "https://127.0.0.1:9";
    gateway.reset();
    gateway = must(Gateway::open(options, threads.runtime, threads.client, *database, attempts,
                                 *upstream, *grants, *audit, clock, random, log));
  }
  std::optional<http::Response> documents(const http::Request& request) {
    if (away_) return std::nullopt;
    JsonObject out;
    if (request.target == "/keys") {
      out["keys"] = JsonArray{identity::jwk_of(issuer_key())};
    } else {
      out["issuer"] = issuer_.url("");
      out["jwks_uri"] = issuer_.url("/keys");
    }
    return http::json_response(200, dump(out));
  }
  std::string token(const char* subject = "repo:a/b:ref:refs/heads/main") {
    JsonObject claims;
    claims["iss"] = issuer_.url("");
    claims["aud"] = "api://armature";
    claims["sub"] = subject;
    claims["exp"] = std::chrono::floor<std::chrono::seconds>(clock.now() + std::chrono::minutes(5))
                        .time_since_epoch()
                        .count();
    return must(identity::sign_rs256(claims, issuer_key())).reveal();
  }

  std::atomic<bool> away_ = false;
  FakeUpstream issuer_{threads.runtime};
  std::unique_ptr<identity::OutsideTokens> outside_;
};

TEST_F(CallersTest, AWorkloadCallsUnderItsGrantsAndIsOnTheRecord) {
  EXPECT_EQ(put(token()).status, 201);
  EXPECT_EQ(created(), 1);
  const auto denied =
      send(token(), "PUT", kSubscription + "/resourceGroups/other?api-version=2021-04-01", kBody);
  EXPECT_EQ(denied.status, 403);
  const auto kept = records();
  ASSERT_GE(kept.size(), 3u);
  for (const auto& record : kept) {
    EXPECT_EQ(record.workload, "ci (repo:a/b:ref:refs/heads/main of " + issuer_.url("") + ")");
    EXPECT_EQ(record.dag_id, "workload:ci");
    EXPECT_EQ(record.identity, "deployer");
  }
  EXPECT_TRUE(must(audit->verify()).holds);
}

TEST_F(CallersTest, AnAttemptIsNoWorkload) {
  EXPECT_EQ(put(begin(attempt_of("task"))).status, 201);
  for (const auto& record : records()) EXPECT_EQ(record.workload, "");
}

TEST_F(CallersTest, WhoIsNotTrustedIs401) {
  EXPECT_EQ(put(token("repo:a/c:ref:refs/heads/main")).status, 401);
  EXPECT_EQ(put(token().substr(0, 200)).status, 401);
  open_with(nullptr);  // no workload is configured
  EXPECT_EQ(put(token()).status, 401);
  EXPECT_EQ(created(), 0);
  for (const auto& record : records()) EXPECT_EQ(record.kind, "token");
}

TEST_F(CallersTest, AnIssuerThatIsAwayIs503) {
  away_ = true;
  const auto answer = put(token());
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(code_of(answer), "IssuerUnavailable");
  EXPECT_EQ(created(), 0);
  EXPECT_EQ(records().at(0).reason, "issuer_unavailable");
}

TEST_F(CallersTest, EachCallOfABatchIsTheWorkloads) {
  const std::string other = kSubscription + "/resourceGroups/other?api-version=2021-04-01";
  const std::string mine = kAccount + "?api-version=2023-01-01";
  const auto batch = [&](const std::string& target) {
    return send(token(), "POST", "/batch?api-version=2020-06-01",
                R"({"requests":[{"httpMethod":"GET","url":")" + target + "\"}]}");
  };
  EXPECT_EQ(put(token()).status, 201);
  EXPECT_EQ(batch(mine).status, 200);
  EXPECT_EQ(batch(other).status, 403);
}

// Azure, with an Entra that remembers what it was asked for.
TEST_F(GatewayTest, AClaimsChallengeIsAnsweredByANewToken) {
  const std::string claims = R"({"access_token":{"nbf":{"essential":true,"value":"17"}}})";
  http::Response challenge{401, {}, R"({"error":{"code":"InvalidAuthenticationToken"}})"};
  challenge.headers.set(
      "WWW-Authenticate",
      R"(Bearer realm="", error="insufficient_claims", claims=")" + to_base64(claims) + "\"");
  FakeUpstream fake(threads.runtime);
  const auto token = [](const char* text) {
    return http::json_response(
        200, R"({"expires_in":3599,"access_token":")" + std::string(text) + "\"}");
  };
  identity::UpstreamTokens challenged(
      threads.runtime, threads.client, clock, random, redactor,
      {
          {"deployer", "t", "c", fake.url(), identity::SecretFile{folder.path() / "secret"}}
  });
  Options options;
  options.upstream_url = fake.url("");
  options.public_url = "https://127.0.0.1:9";
  gateway = must(Gateway::open(options, threads.runtime, threads.client, *database, attempts,
                               challenged, *grants, *audit, clock, random, log));
  fake.next(token("first-token"));
  fake.next(challenge);
  fake.next(token("second-token"));
  fake.next(http::json_response(201, "{}"));
  EXPECT_EQ(put(begin(attempt_of("task"))).status, 201);
  const auto requests = fake.requests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_EQ(requests[0].body.find("claims="), std::string::npos);
  EXPECT_NE(requests[2].body.find("claims=%7B%22access_token%22"), std::string::npos);
  EXPECT_EQ(requests[3].headers.get("Authorization"), "Bearer second-token");
  EXPECT_EQ(requests[3].body, requests[1].body);

  // Once: a resource that is never content does not go round in circles.
  for (int i = 0; i < 2; ++i) {
    fake.next(challenge);
    fake.next(token("another-token"));
  }
  fake.next(challenge);
  const auto before = fake.requests().size();
  EXPECT_EQ(send(begin(attempt_of("again")), "GET", kAccount + "?api-version=2023-01-01").status,
            502);
  EXPECT_LE(fake.requests().size() - before, 3u);
  gateway.reset();
}

class Certificates : public GatewayTest {
 protected:
  void SetUp() override {
    trusted.trust({
        {"batch", {"", "", "spiffe://contoso/batch"}}
    });
    http::testing::must(grants->put(http::testing::must(identity::workload_attempt("batch")),
                                    "deployer", {grant("Reader", kGroup)}));
    azure.put(kGroup, JsonObject{
                          {"id", kGroup}
    });
    open([this](Options& options) { options.certificates = &trusted; });
  }
  http::Response call(const std::string& method, const std::string& target, const std::string& uri,
                      const http::Headers& headers = {}, const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.target = target;
    request.headers = headers;
    request.body = body;
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    auto certificate = std::make_shared<http::ClientCertificate>();
    certificate->issuer = "CN=CA";
    certificate->uris = {uri};
    certificate->not_after = clock.now() + std::chrono::hours(1);
    request.certificate = std::move(certificate);
    return http::run_and_wait(
        threads.runtime, [this](http::Request in) { return gateway->handle(std::move(in)); },
        std::move(request));
  }
  const std::string get = kGroup + "?api-version=2021-04-01";
  identity::ClientCertificates trusted{clock};
};

TEST_F(Certificates, NameAWorkloadAndAreOnTheRecord) {
  EXPECT_EQ(call("GET", get, "spiffe://contoso/batch").status, 200);
  EXPECT_EQ(call("DELETE", get, "spiffe://contoso/batch").status, 403);
  const std::string batch = R"({"requests":[{"httpMethod":"GET","url":")" + get + R"("}]})";
  EXPECT_EQ(
      call("POST", "/batch?api-version=2020-06-01", "spiffe://contoso/batch", {}, batch).status,
      200);
  for (const auto& record : records()) {
    EXPECT_EQ(record.workload, "batch (spiffe://contoso/batch of certificates of CN=CA)");
  }
}

TEST_F(Certificates, AStrangersIs401) {
  EXPECT_EQ(call("GET", get, "spiffe://contoso/batch2").status, 401);
  EXPECT_EQ(records().back().reason, "untrusted_certificate");
  EXPECT_EQ(azure.calls("GET"), 0);
}

TEST_F(Certificates, ATokenCountsBeforeThem) {
  const std::string token = begin(attempt_of("t"));
  const auto with = [&](const std::string& value) {
    return call("GET", get, "spiffe://contoso/batch",
                {
                    {"Authorization", value}
    });
  };
  EXPECT_EQ(with("Bearer " + token).status, 200);
  EXPECT_EQ(records().back().dag_id, "d");
  EXPECT_EQ(with("Bearer nonsense").status, 401);
  EXPECT_EQ(with("Basic YTpi").status, 401);
}

}  // namespace
}  // namespace armature::gateway
