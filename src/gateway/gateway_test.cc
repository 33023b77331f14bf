#include "gateway/gateway_testing.h"

namespace armature::gateway {
namespace {

using testing::Fault;

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

TEST_F(GatewayTest, AReadIsOneRecordThatBearsItsRule) {
  const auto token = begin(attempt_of("t"));
  put(token);
  EXPECT_EQ(send(token, "GET", kAccount + "?api-version=2023-01-01").status, 200);
  const auto kept = records();
  ASSERT_EQ(kept.size(), 3u);
  EXPECT_EQ(kept[2].kind, "outcome");
  EXPECT_EQ(kept[2].decision, "succeeded");
  EXPECT_EQ(kept[2].action, "Microsoft.Storage/storageAccounts/read");
  EXPECT_EQ(kept[2].rule, kept[0].rule);
  EXPECT_FALSE(kept[2].rule.empty());
  EXPECT_EQ(kept[2].status, 200);
}

TEST_F(GatewayTest, AReadThatTellsSecretsIsOnTheRecordBeforeIt) {
  send(begin(attempt_of("t")), "POST", kAccount + "/listKeys?api-version=2023-01-01");
  const auto kept = records();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].kind, "decision");
  EXPECT_EQ(kept[1].kind, "outcome");
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
  EXPECT_EQ(send(token, "GET", "/nowhere").status, 404);
  EXPECT_EQ(send(token, "TRACE", kAccount).status, 405);
  EXPECT_EQ(send(token, "GET", kGroup + "/../x?api-version=1").status, 400);
  EXPECT_EQ(send(token, "PUT", kAccount + "?api-version=1", std::string(5u << 20, ' ')).status,
            413);
  EXPECT_EQ(send(token, "GET", "https://elsewhere.example/x").status, 421);
  EXPECT_EQ(azure.calls("GET") + azure.calls("PUT"), 0);
}

TEST_F(GatewayTest, ARefusedIdentityIsNotTheCallers401) {
  azure.trouble({Fault::kUnauthorized, 0, ""});
  azure.trouble({Fault::kUnauthorized, 0, ""});
  const auto answer = put(begin(attempt_of("t")));
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(code_of(answer), "AzureRefusedIdentity");
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
  EXPECT_EQ(send(token, "GET", path + "?s=x").status, 403) << "without the gateway's signature";
  EXPECT_EQ(send(token, "GET", poll + "x").status, 403);
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

TEST_F(GatewayTest, ABatchIsItsCalls) {
  const auto token = begin(attempt_of("t"));
  const std::string calls = R"({"requests":[{"httpMethod":"PUT","name":"one","url":")" + kAccount +
                            R"(?api-version=1","content":{}},{"httpMethod":"POST","url":")" +
                            kAccount + R"(/listKeys?api-version=1"}]})";
  const auto answer = send(token, "POST", "/batch?api-version=2020-06-01", calls);
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto body = parse_json(answer.body);
  const JsonArray& responses = at(*body, "responses")->as_array();
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(text_at(responses[0], "name"), "one");
  EXPECT_EQ(int_at(responses[0], "httpStatusCode"), 201);
  EXPECT_TRUE(at(responses[0], "headers")->is_object());
  EXPECT_EQ(text_at(responses[1], "name"), "2");
  EXPECT_EQ(text_at(responses[1], "content.keys"), "");
  EXPECT_TRUE(at(responses[1], "content.keys")->is_array());
  EXPECT_EQ(azure.calls("POST"), 1);
  EXPECT_EQ(created(), 1);
  const auto kept = records();
  ASSERT_EQ(kept.size(), 4u);
  EXPECT_EQ(kept[2].action, "Microsoft.Storage/storageAccounts/listKeys/action");
}

TEST_F(GatewayTest, ABatchWithADeniedCallIsOnRecordCallByCall) {
  const auto token = begin(attempt_of("t"));
  const std::string calls = R"({"requests":[{"httpMethod":"PUT","url":")" + kAccount +
                            R"(?api-version=1","content":{}},{"httpMethod":"GET","url":")" +
                            kSubscription + R"(/resourceGroups/other?api-version=1"}]})";
  EXPECT_EQ(send(token, "POST", "/batch?api-version=2020-06-01", calls).status, 403);
  EXPECT_EQ(azure.requests().size(), 0u);
  std::map<std::string, std::string> reasons;
  for (const auto& record : records()) {
    EXPECT_EQ(record.decision, "deny");
    reasons[record.scope] = record.reason;
  }
  EXPECT_EQ(reasons[kAccount], "denied_with_batch");
  EXPECT_EQ(reasons[kSubscription + "/resourceGroups/other"], "no_grant");
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
