#include "gateway/gateway.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "access/explain.h"
#include "base/testing.h"
#include "gateway/testing.h"
#include "storage/testing.h"

namespace armature::gateway {
namespace {

using std::chrono::milliseconds;
using testing::Fault;

const std::string kSubscription = "/subscriptions/11111111-1111-1111-1111-111111111111";
const std::string kGroup = kSubscription + "/resourceGroups/rg";
const std::string kAccount = kGroup + "/providers/Microsoft.Storage/storageAccounts/acc";
const std::string kBody =
    R"({"location":"westus","properties":{"tier":"hot","pw":"hunter2-secret"}})";

// Everything but the gateway lives as long as the test; the gateway can be opened again, as after a
// crash.
class GatewayTest : public ::testing::Test {
 protected:
  GatewayTest() : threads({}, {1, 4}), azure(threads.runtime) {
    std::ofstream(folder.path() / "secret") << "client-secret-planted";
    upstream = std::make_unique<identity::UpstreamTokens>(
        threads.runtime, threads.client, clock, redactor,
        std::vector<identity::UpstreamIdentity>{
            {"deployer", "tenant", "client", azure.url(), folder.path() / "secret"}
    });
    access::Ceiling ceiling{"deployer", {grant("Owner", kSubscription)}};
    grants = std::make_unique<access::GrantStore>(std::vector<access::Ceiling>{ceiling});
    audit = http::testing::must(access::AuditLog::open(*database, clock));
    open();
  }
  ~GatewayTest() override { gateway.reset(); }

  static access::Grant grant(const char* role, const std::string& scope) {
    return http::testing::must(access::make_grant(role, scope, {}, "test.yaml:1"));
  }
  static Attempt attempt_of(const char* task, int number = 1) {
    return {
        {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse(task), -1},
        number, number
    };
  }

  void open() {
    gateway.reset();
    Options options;
    options.upstream_url = azure.url();
    options.public_url = "https://127.0.0.1:9";
    options.first_delay = milliseconds(1);
    options.longest_delay = milliseconds(2);
    options.attempt_timeout = std::chrono::seconds(20);
    gateway = http::testing::must(Gateway::open(options, threads.runtime, threads.client, *database,
                                                attempts, *upstream, *grants, *audit, clock, random,
                                                log));
  }

  std::string begin(const Attempt& attempt, const char* role = "Contributor") {
    http::testing::must(grants->put(attempt, "deployer", {grant(role, kGroup)}));
    return http::testing::must(attempts.issue(attempt, std::chrono::hours(1))).reveal();
  }

  http::Response send(const std::string& token, const std::string& method,
                      const std::string& target, const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.target = target;
    request.body = body;
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    if (!body.empty()) request.headers.set("Content-Type", "application/json");
    return http::run_and_wait(
        threads.runtime, [this](http::Request in) { return gateway->handle(std::move(in)); },
        std::move(request));
  }
  http::Response put(const std::string& token) {
    return send(token, "PUT", kAccount + "?api-version=2023-01-01", kBody);
  }

  std::vector<access::AuditRecord> records() {
    http::testing::must(database->write([](storage::Connection&) -> Status { return Ok{}; }));
    return http::testing::must(audit->list({}));
  }
  static std::string code_of(const http::Response& response) {
    return arm::read_error(response.status, response.body).code;
  }
  int created() { return azure.effects("put " + kAccount); }

  armature::testing::TempDir folder;
  SystemClock clock;
  SystemRandom random;
  Redactor redactor;
  std::mutex lines_mutex;
  std::string lines;
  Log log{[this](std::string_view line) {
            const std::lock_guard lock(lines_mutex);
            lines += line;
          },
          clock, redactor, Level::kDebug};
  armature::testing::TempDatabase database;
  http::testing::RuntimeAndClient threads;
  testing::SmallAzure azure;
  identity::AttemptTokens attempts{Secret("0123456789abcdef0123456789abcdef"), clock, random};
  std::unique_ptr<identity::UpstreamTokens> upstream;
  std::unique_ptr<access::GrantStore> grants;
  std::unique_ptr<access::AuditLog> audit;
  std::unique_ptr<Gateway> gateway;
};

TEST_F(GatewayTest, AnAllowedWriteGoesThroughWithTheIdentitysToken) {
  const auto answer = put(begin(attempt_of("t")));
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(created(), 1);
  EXPECT_TRUE(azure.last().headers.get("authorization")->starts_with("Bearer azure-token-"));
  EXPECT_TRUE(answer.headers.get("x-armature-request-id"));
  const auto kept = records();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].kind, "decision");
  EXPECT_EQ(kept[0].decision, "allow");
  EXPECT_EQ(kept[0].action, "Microsoft.Storage/storageAccounts/write");
  EXPECT_EQ(kept[1].kind, "outcome");
  EXPECT_EQ(kept[1].decision, "succeeded");
  EXPECT_EQ(kept[1].status, 201);
  EXPECT_EQ(kept[1].sends, 1);
  EXPECT_EQ(kept[1].correlation_id, "correlation-1");
  EXPECT_EQ(kept[1].request_id, kept[0].request_id);
}

TEST_F(GatewayTest, ADecisionIsOnDiskBeforeItsEffect) {
  std::size_t seen = 0;
  azure.watch = [&](const http::Request&) {
    const auto kept = audit->list({});
    if (kept) seen = kept->size();
  };
  put(begin(attempt_of("t")));
  EXPECT_EQ(seen, 1u);
}

TEST_F(GatewayTest, ADeniedRequestReachesNobody) {
  const auto token = begin(attempt_of("t"), "Reader");
  const auto answer = put(token);
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(code_of(answer), "AuthorizationFailed");
  const auto body = parse_json(answer.body);
  const Json& info = at(*body, "error.additionalInfo")->get_array().front();
  EXPECT_EQ(text_at(info, "type"), "ArmatureDecision");
  EXPECT_EQ(access::explanation_from_json(*find(info, "info")).missing_action,
            "Microsoft.Storage/storageAccounts/write");
  EXPECT_EQ(azure.calls("PUT"), 0);
  EXPECT_EQ(azure.tokens(), 0);
  const auto kept = records();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept[0].decision, "deny");
}

TEST_F(GatewayTest, AScopeThatWasNotGrantedIsDenied) {
  const auto token = begin(attempt_of("t"));
  const auto other = kSubscription + "/resourceGroups/other?api-version=2021-04-01";
  EXPECT_EQ(send(token, "GET", other).status, 403);
  EXPECT_EQ(send(token, "DELETE", other).status, 403);
  EXPECT_EQ(azure.calls("GET") + azure.calls("DELETE"), 0);
}

TEST_F(GatewayTest, ATokenThatDoesNotHoldIs401) {
  const auto first = begin(attempt_of("t", 1));
  const auto second = begin(attempt_of("t", 2));
  EXPECT_EQ(put(first).status, 401);
  EXPECT_EQ(code_of(put(first)), "InvalidAuthenticationToken");
  EXPECT_EQ(put("").status, 401);
  EXPECT_TRUE(put("").headers.get("www-authenticate"));
  EXPECT_EQ(put(second).status, 201);
  EXPECT_EQ(records().front().kind, "token");
  EXPECT_EQ(records().front().decision, "deny");
}

TEST_F(GatewayTest, WhatIsNotArmIsAnsweredInItsShape) {
  const auto token = begin(attempt_of("t"));
  EXPECT_EQ(send("", "GET", "/livez").status, 200);
  EXPECT_EQ(send("", "GET", "/readyz").status, 200);
  EXPECT_EQ(send(token, "GET", "/nowhere").status, 404);
  EXPECT_EQ(send(token, "TRACE", kAccount).status, 405);
  EXPECT_EQ(send(token, "GET", kGroup + "/../x?api-version=1").status, 400);
  EXPECT_EQ(send(token, "PUT", kAccount + "?api-version=1", std::string(5u << 20, ' ')).status,
            413);
  EXPECT_EQ(send(token, "GET", "https://elsewhere.example/x").status, 400);
  EXPECT_EQ(azure.calls("GET") + azure.calls("PUT"), 0);
}

TEST_F(GatewayTest, RepeatsAThrottledWriteAfterItsRetryAfter) {
  azure.trouble({Fault::kStatus, 429, "0"});
  EXPECT_EQ(put(begin(attempt_of("t"))).status, 201);
  EXPECT_EQ(created(), 1);
  EXPECT_EQ(records().back().sends, 2);
}

TEST_F(GatewayTest, PassesOnAThrottlingThatOutlastsTheDeadline) {
  azure.trouble({Fault::kStatus, 429, "3600"});
  const auto answer = put(begin(attempt_of("t")));
  EXPECT_EQ(answer.status, 429);
  EXPECT_EQ(answer.headers.get("retry-after"), "3600");
  EXPECT_EQ(created(), 0);
}

struct FaultRow {
  const char* name;
  testing::Trouble trouble;
  int puts;  // sends that reached Azure
};
void PrintTo(const FaultRow& row, std::ostream* out) { *out << row.name; }
class AfterAFault : public GatewayTest, public ::testing::WithParamInterface<FaultRow> {};

TEST_P(AfterAFault, AWriteHasOneEffect) {
  azure.trouble(GetParam().trouble);
  const auto answer = send(begin(attempt_of("t")), "PUT", kAccount + "?api-version=2023-01-01",
                           R"({"location":"westus"})");
  EXPECT_LT(answer.status, 300) << answer.body;
  EXPECT_EQ(created(), 1);
  EXPECT_EQ(azure.calls("PUT"), GetParam().puts);
  EXPECT_EQ(records().back().decision, "succeeded");
}
const FaultRow kFaults[] = {
    {"503",                       {Fault::kStatus, 503, ""},      2},
    {"500 without an effect",     {Fault::kStatus, 500, ""},      2},
    {"500 after the effect",      {Fault::kStatusAfter, 500, ""}, 1},
    {"504 after the effect",      {Fault::kStatusAfter, 504, ""}, 1},
    {"dropped before the effect", {Fault::kDropBefore, 0, ""},    2},
    {"dropped after the effect",  {Fault::kDropAfter, 0, ""},     1},
    {"token expired early",       {Fault::kUnauthorized, 0, ""},  2},
};
INSTANTIATE_TEST_SUITE_P(Table, AfterAFault, ::testing::ValuesIn(kFaults));

TEST_F(GatewayTest, AFreshTokenIsAskedForAfterA401) {
  azure.trouble({Fault::kUnauthorized, 0, ""});
  EXPECT_EQ(put(begin(attempt_of("t"))).status, 201);
  EXPECT_EQ(azure.tokens(), 2);
}

TEST_F(GatewayTest, ARefusedIdentityIsNotTheCallers401) {
  azure.trouble({Fault::kUnauthorized, 0, ""});
  azure.trouble({Fault::kUnauthorized, 0, ""});
  const auto answer = put(begin(attempt_of("t")));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(code_of(answer), "AzureRefusedIdentity");
}

TEST_F(GatewayTest, ADeleteWhoseAnswerWasLostIsDone) {
  const auto token = begin(attempt_of("t"));
  put(token);
  azure.trouble({Fault::kDropAfter, 0, ""});
  EXPECT_EQ(send(token, "DELETE", kAccount + "?api-version=2023-01-01").status, 204);
  EXPECT_EQ(azure.effects("delete " + kAccount), 1);
}

TEST_F(GatewayTest, AnActionWhoseAnswerWasLostIsNotRepeated) {
  azure.trouble({Fault::kDropAfter, 0, ""});
  const auto answer = send(begin(attempt_of("t")), "POST",
                           kAccount + "/regenerateKey?api-version=2023-01-01", "{}");
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(code_of(answer), "AzureAnswerLost");
  EXPECT_FALSE(answer.headers.get("retry-after"));
  EXPECT_EQ(azure.calls("POST"), 1);
  EXPECT_EQ(records().back().decision, "unknown");
}

TEST_F(GatewayTest, AReadIsRepeated) {
  const auto token = begin(attempt_of("t"));
  put(token);
  azure.trouble({Fault::kDropBefore, 0, ""});
  azure.trouble({Fault::kStatus, 502, ""});
  EXPECT_EQ(send(token, "GET", kAccount + "?api-version=2023-01-01").status, 200);
  EXPECT_EQ(azure.calls("GET"), 3);
}

TEST_F(GatewayTest, ASecondAttemptAttachesToWhatTheFirstStarted) {
  azure.start_in_state("Creating");
  const auto first = put(begin(attempt_of("t", 1)));
  EXPECT_EQ(first.status, 201);
  const std::string poll = *first.headers.get("azure-asyncoperation");
  EXPECT_TRUE(poll.starts_with("https://127.0.0.1:9/subscriptions/")) << poll;
  open();
  const auto second = put(begin(attempt_of("t", 2)));
  EXPECT_EQ(second.status, 200);
  EXPECT_EQ(second.headers.get("azure-asyncoperation"), poll);
  EXPECT_EQ(created(), 1);
}

TEST_F(GatewayTest, AFinishedWriteGoesOutAgainWhenTheTaskIsCleared) {
  azure.start_in_state("Creating");
  put(begin(attempt_of("t", 1)));
  azure.set_state(kAccount, "Succeeded");
  const auto token = begin(attempt_of("t", 2));
  EXPECT_EQ(send(token, "GET", kAccount + "?api-version=2023-01-01").status, 200);
  put(token);
  EXPECT_EQ(created(), 2);
}

TEST_F(GatewayTest, AWriteInDoubtOfBeforeACrashIsLookedUpFirst) {
  const auto token = begin(attempt_of("t", 1));
  put(token);
  http::testing::must(database->write([](storage::Connection& connection) {
    return connection.execute("UPDATE gateway_operation SET state = 'sent', status = 0");
  }));
  open();
  EXPECT_EQ(put(begin(attempt_of("t", 2))).status, 200);
  EXPECT_EQ(created(), 1);
  EXPECT_EQ(azure.calls("GET"), 1);
}

TEST_F(GatewayTest, ATaskMayPollItsOwnOperationOnly) {
  azure.start_in_state("Creating");
  const auto token = begin(attempt_of("t"));
  const auto answer = put(token);
  const std::string poll = *answer.headers.get("azure-asyncoperation");
  const std::string path = http::path_of(http::parse_url(poll)->target);
  azure.put(path, JsonObject{
                      {"status", "Succeeded"}
  });
  EXPECT_EQ(send(token, "GET", poll).status, 200);
  EXPECT_EQ(azure.last().target, path + "?s=x");
  EXPECT_EQ(send(begin(attempt_of("u")), "GET", poll).status, 403);
}

TEST_F(GatewayTest, Azures403IsExplained) {
  azure.trouble({Fault::kStatus, 403, ""});
  const auto answer = put(begin(attempt_of("t")));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(code_of(answer), "Trouble");
  const auto body = parse_json(answer.body);
  const Json& info = at(*body, "error.additionalInfo")->get_array().front();
  EXPECT_EQ(text_at(info, "type"), "ArmatureDecision");
  EXPECT_FALSE(records().back().detail.is_null());
}

TEST_F(GatewayTest, ATemplateThatCannotBeReadIsDenied) {
  const auto answer = send(
      begin(attempt_of("t")), "PUT",
      kGroup + "/providers/Microsoft.Resources/deployments/d?api-version=2022-09-01",
      R"({"properties":{"templateLink":{"uri":"https://example.com/x"},"mode":"Incremental"}})");
  EXPECT_EQ(answer.status, 403) << answer.body;
  EXPECT_EQ(azure.calls("PUT"), 0);
}

// Deployments are attached to by time and state: their template is not given back.
class DeploymentTest : public GatewayTest {
 protected:
  const std::string path = kGroup + "/providers/Microsoft.Resources/deployments/main";
  http::Response deploy(const std::string& token) {
    return send(token, "PUT", path + "?api-version=2022-09-01",
                R"({"properties":{"mode":"Incremental","template":{"resources":[
                {"type":"Microsoft.Storage/storageAccounts","name":"a","apiVersion":"2022-09-01"}]}}})");
  }
  int deployed() { return azure.effects("put " + path); }
};

TEST_F(DeploymentTest, IsMadeOnceWhenItsAnswerWasLost) {
  azure.start_in_state("Running");
  azure.trouble({Fault::kDropAfter, 0, ""});
  const auto answer = deploy(begin(attempt_of("t")));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(deployed(), 1);
}

TEST_F(DeploymentTest, OfTheAttemptBeforeIsAttachedToWhileItRunsAndWhenItIsDone) {
  azure.start_in_state("Running");
  EXPECT_EQ(deploy(begin(attempt_of("t", 1))).status, 201);
  open();
  EXPECT_EQ(deploy(begin(attempt_of("t", 2))).status, 200);
  azure.set_state(path, "Succeeded");
  open();
  EXPECT_EQ(deploy(begin(attempt_of("t", 3))).status, 200);
  EXPECT_EQ(deployed(), 1);
}

TEST_F(DeploymentTest, ThatFailedIsMadeAgain) {
  azure.start_in_state("Running");
  deploy(begin(attempt_of("t", 1)));
  azure.set_state(path, "Failed");
  deploy(begin(attempt_of("t", 2)));
  EXPECT_EQ(deployed(), 2);
}

TEST_F(DeploymentTest, OfAnotherRequestIsNotAttachedTo) {
  azure.start_in_state("Running");
  deploy(begin(attempt_of("t")));
  azure.trouble({Fault::kActive, 0, ""});
  const auto answer = deploy(begin(attempt_of("other")));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(code_of(answer), "DeploymentActive");
}

TEST_F(DeploymentTest, StillActiveAfterALostAnswerIsAttachedTo) {
  azure.start_in_state("Running");
  azure.trouble({Fault::kDropBefore, 0, ""});  // the first send …
  azure.trouble({Fault::kStatus, 404, ""});    // … is not to be seen yet …
  azure.trouble({Fault::kActive, 0, ""});      // … but it had arrived
  azure.put(path, JsonObject{
                      {"properties", {{"provisioningState", "Running"}}}
  });
  EXPECT_EQ(deploy(begin(attempt_of("t"))).status, 200);
}

TEST_F(GatewayTest, NothingIsSentWhenItCannotBeWrittenDown) {
  const auto token = begin(attempt_of("t"));
  http::testing::must(database->write([](storage::Connection& connection) {
    return connection.execute(
        "CREATE TRIGGER no_more BEFORE INSERT ON gateway_operation BEGIN SELECT RAISE(ABORT, 'x'); "
        "END");
  }));
  const auto answer = put(token);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(azure.calls("PUT"), 0);
}

TEST_F(GatewayTest, NoSecretIsKept) {
  const auto token = begin(attempt_of("t"));
  put(token);
  send(token, "POST", kAccount + "/listKeys?api-version=2023-01-01&planted=query-secret");
  azure.trouble({Fault::kStatus, 403, ""});
  put(token);
  put("not-a-token-planted");
  records();
  gateway.reset();
  audit.reset();
  database.close();
  std::string all = lines;
  for (const auto& file : std::filesystem::directory_iterator(database.path().parent_path())) {
    std::ostringstream text;
    text << std::ifstream(file.path(), std::ios::binary).rdbuf();
    all += text.str();
  }
  EXPECT_NE(all.find("storageAccounts"), std::string::npos);
  for (const std::string& secret :
       {std::string("hunter2-secret"), std::string("client-secret-planted"),
        std::string("-planted"), std::string("query-secret"), token, std::string(R"("keys")")}) {
    EXPECT_EQ(all.find(secret), std::string::npos) << secret;
  }
}

}  // namespace
}  // namespace armature::gateway
