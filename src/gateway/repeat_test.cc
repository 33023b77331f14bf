// What is sent again, what is looked up first, and what is neither.
#include "gateway/gateway_testing.h"

namespace armature::gateway {
namespace {

using testing::Fault;

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

TEST_F(GatewayTest, AnActionInDoubtIsNotSentByALaterAttemptUntilAPersonClearedTheTask) {
  const std::string action = kAccount + "/regenerateKey?api-version=2023-01-01";
  azure.trouble({Fault::kDropAfter, 0, ""});
  EXPECT_EQ(send(begin(attempt_of("t", 1)), "POST", action, "{}").status, 502);
  open();
  const auto second = send(begin(attempt_of("t", 2)), "POST", action, "{}");
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(code_of(second), "AzureAnswerLost");
  EXPECT_EQ(azure.calls("POST"), 1);
  gateway->forget_doubts(attempt_of("u").key);
  EXPECT_EQ(send(begin(attempt_of("t", 3)), "POST", action, "{}").status, 409);
  gateway->forget_doubts(attempt_of("t").key);
  records();  // what was written before it is on disk
  EXPECT_EQ(send(begin(attempt_of("t", 4)), "POST", action, "{}").status, 200);
  EXPECT_EQ(azure.calls("POST"), 2);
}

TEST_F(GatewayTest, AnActionOfBeforeACrashIsInDoubt) {
  const std::string action = kAccount + "/regenerateKey?api-version=2023-01-01";
  EXPECT_EQ(send(begin(attempt_of("t", 1)), "POST", action, "{}").status, 200);
  EXPECT_EQ(send(begin(attempt_of("t", 1)), "POST", action, "{}").status, 200)
      << "answered: no doubt";
  http::testing::must(database->write([](storage::Connection& connection) {
    return connection.execute("UPDATE gateway_operation SET state = 'sent', status = 0");
  }));
  open();
  EXPECT_EQ(send(begin(attempt_of("t", 2)), "POST", action, "{}").status, 409);
  EXPECT_EQ(azure.calls("POST"), 2);
}

TEST_F(GatewayTest, AWriteThatCouldNotBeLookedUpMayBeSentAgain) {
  azure.trouble({Fault::kDropAfter, 0, ""});
  for (int i = 0; i < 5; ++i) azure.trouble({Fault::kDropBefore, 0, ""});  // every GET after it
  const auto first = put(begin(attempt_of("t", 1)));
  EXPECT_EQ(first.status, 503);
  EXPECT_EQ(code_of(first), "AzureAnswerUnresolved");
  EXPECT_EQ(put(begin(attempt_of("t", 2))).status, 200);
  EXPECT_EQ(created(), 1);
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

}  // namespace
}  // namespace armature::gateway
