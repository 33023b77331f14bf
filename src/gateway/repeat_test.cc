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

TEST_F(GatewayTest, AnActionAnsweredWithAServerErrorMayHaveActed) {
  const auto token = begin(attempt_of("t"));
  azure.trouble({Fault::kStatusAfter, 503, ""});
  const auto answer = send(token, "POST", kAccount + "/regenerateKey?api-version=1", "{}");
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(code_of(answer), "Trouble") << "Azure's own words";
  EXPECT_EQ(answer.headers.get("x-armature-upstream-status"), "503");
  EXPECT_FALSE(answer.headers.get("retry-after"));
  EXPECT_EQ(send(token, "POST", kAccount + "/regenerateKey?api-version=1", "{}").status, 409);
  EXPECT_EQ(azure.effects("post " + kAccount + "/regeneratekey"), 1);
}

TEST_F(GatewayTest, AClientsOwnRepeatOfAnActionGetsTheAnswerThatWasGiven) {
  const std::string action = kAccount + "/regenerateKey?api-version=1";
  const auto token = begin(attempt_of("t"));
  const http::Headers id = {
      {"x-ms-client-request-id", "6f1e"}
  };
  const auto first = send(token, "POST", action, "{}", id);
  const auto again = send(token, "POST", action, "{}", id);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.get("x-armature-replayed"), "true");
  EXPECT_FALSE(first.headers.get("x-armature-replayed"));
  EXPECT_EQ(azure.calls("POST"), 1);
  EXPECT_EQ(send(token, "POST", action, "{}",
                 {
                     {"x-ms-client-request-id", "other"}
  })
                .status,
            200);
  EXPECT_EQ(azure.calls("POST"), 2) << "another action";
  EXPECT_EQ(send(token, "POST", action, "{}").status, 200);
  EXPECT_EQ(azure.calls("POST"), 3);
}

TEST_F(GatewayTest, AnIdempotencyKeyIsForOneRequest) {
  const std::string action = kAccount + "/regenerateKey?api-version=1";
  const auto token = begin(attempt_of("t"));
  const http::Headers key = {
      {"Idempotency-Key", "k-1"}
  };
  EXPECT_EQ(send(token, "POST", action, "{}", key).status, 200);
  EXPECT_EQ(send(token, "POST", action, "{}", key).status, 200);
  EXPECT_EQ(azure.calls("POST"), 1);
  EXPECT_EQ(code_of(send(token, "POST", action, R"({"keyName":"key2"})", key)),
            "IdempotencyKeyReused");
  EXPECT_FALSE(azure.last().headers.get("idempotency-key"));
}

TEST_F(GatewayTest, ARetriedTaskGetsTheAnswersOfItsActionsInTheirOrder) {
  const std::string action = kAccount + "/regenerateKey?api-version=1";
  const auto first = begin(attempt_of("t", 1));
  send(first, "POST", action, "{}");
  open();
  const auto second = begin(attempt_of("t", 2));
  EXPECT_EQ(send(second, "POST", action, "{}").headers.get("x-armature-replayed"), "true");
  EXPECT_EQ(azure.calls("POST"), 1);
  EXPECT_EQ(send(second, "POST", action, "{}").headers.get("x-armature-replayed"), std::nullopt);
  EXPECT_EQ(azure.calls("POST"), 2) << "the second action of the attempt is its own";
  gateway->forget_doubts(attempt_of("t").key);
  records();
  send(begin(attempt_of("t", 3)), "POST", action, "{}");
  EXPECT_EQ(azure.calls("POST"), 3) << "a person wants it done again";
}

TEST_F(GatewayTest, AnActionThatWasRefusedIsSentAgain) {
  const std::string action = kAccount + "/regenerateKey?api-version=1";
  const http::Headers id = {
      {"x-ms-client-request-id", "6f1e"}
  };
  azure.trouble({Fault::kStatus, 429, "1"});
  const auto token = begin(attempt_of("t"));
  EXPECT_EQ(send(token, "POST", action, "{}", id).status, 429);
  EXPECT_EQ(send(token, "POST", action, "{}", id).status, 200);
  EXPECT_EQ(azure.effects("post " + kAccount + "/regeneratekey"), 1);
}

class PatchTest : public GatewayTest {
 protected:
  PatchTest() {
    azure.put(kAccount, JsonObject{
                            {"tags", {{"a", "0"}}}
    });
  }
  http::Response patch(int attempt = 1) {
    return send(begin(attempt_of("t", attempt)), "PATCH", kAccount + "?api-version=1",
                R"({"tags":{"a":"1"}})");
  }
  int patched() { return azure.effects("patch " + kAccount); }
};

TEST_F(PatchTest, WhoseAnswerWasLostIsReadBack) {
  azure.trouble({Fault::kDropAfter, 0, ""});
  const auto answer = patch();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(patched(), 1);
  EXPECT_EQ(azure.calls("PATCH"), 1);
}

TEST_F(PatchTest, ThatDidNotArriveGoesOutAgainUnderTheEtagThatWasRead) {
  azure.give_etags();
  azure.trouble({Fault::kDropBefore, 0, ""});
  azure.trouble({});
  azure.trouble({Fault::kStatus, 503, ""});
  EXPECT_EQ(patch().status, 200);
  EXPECT_EQ(patched(), 1);
  EXPECT_EQ(azure.last().headers.get("if-match"), "\"0\"");
}

TEST_F(PatchTest, IsNotSentOverWhatAnotherChangedMeanwhile) {
  azure.give_etags();
  azure.trouble({Fault::kDropBefore, 0, ""});
  azure.watch = [this](const http::Request& request) {
    if (request.headers.get("If-Match")) azure.touch(kAccount);  // somebody is faster
  };
  const auto answer = patch();
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.headers.get("x-armature-upstream-status"), "412");
  EXPECT_EQ(patched(), 0);
  EXPECT_EQ(records().back().decision, "unknown");
}

TEST_F(PatchTest, WithoutAnEtagIsInDoubtUntilAPersonClearedIt) {
  azure.trouble({Fault::kDropBefore, 0, ""});
  EXPECT_EQ(code_of(patch(1)), "AzureAnswerLost");
  EXPECT_EQ(patch(2).status, 409);
  EXPECT_EQ(patched(), 0);
  gateway->forget_doubts(attempt_of("t").key);
  records();
  EXPECT_EQ(patch(3).status, 200);
  EXPECT_EQ(patched(), 1);
}

TEST_F(PatchTest, OfBeforeACrashIsReadBack) {
  azure.trouble({Fault::kDropAfter, 0, ""});
  for (int i = 0; i < 5; ++i) azure.trouble({Fault::kDropBefore, 0, ""});  // every GET after it
  EXPECT_EQ(patch(1).status, 502);
  open();
  EXPECT_EQ(patch(2).status, 200);
  EXPECT_EQ(patched(), 1);
}

TEST_F(GatewayTest, ThoseWhoWaitForOneOperationShareItsPolls) {
  azure.start_in_state("Creating");
  const std::string poll = *put(begin(attempt_of("t"))).headers.get("azure-asyncoperation");
  const auto token = begin(attempt_of("t", 2));
  for (int i = 0; i < 10; ++i) {
    const auto answer = send(token, "GET", poll);
    EXPECT_EQ(answer.status, 200) << answer.body;
  }
  EXPECT_EQ(azure.calls("GET"), 1);
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
  auto token = begin(attempt_of("t", 2));
  EXPECT_EQ(send(token, "GET", kAccount + "?api-version=2023-01-01").status, 200);
  EXPECT_EQ(put(token).status, 200);
  EXPECT_EQ(created(), 1) << "a retry means what is done already";
  put(token);
  EXPECT_EQ(created(), 2) << "twice in one attempt is meant twice";
  azure.set_state(kAccount, "Succeeded");
  EXPECT_EQ(send(token, "GET", kAccount + "?api-version=2023-01-01").status, 200);
  gateway->forget_doubts(attempt_of("t").key);
  records();
  put(begin(attempt_of("t", 3)));
  EXPECT_EQ(created(), 3);
}

TEST_F(GatewayTest, ADeleteOfTheAttemptBeforeIsDone) {
  put(begin(attempt_of("t", 1)));
  const std::string target = kAccount + "?api-version=2023-01-01";
  EXPECT_EQ(send(begin(attempt_of("t", 2)), "DELETE", target).status, 200);
  EXPECT_EQ(send(begin(attempt_of("t", 3)), "DELETE", target).status, 204);
  EXPECT_EQ(azure.calls("DELETE"), 1);
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
