#include "gateway/admit.h"

#include <gtest/gtest.h>

#include <ostream>

#include "base/testing.h"

namespace armature::gateway {
namespace {

const std::string kGroup = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg";
const std::string kAssignment =
    kGroup +
    "/providers/Microsoft.Authorization/roleAssignments/22222222-2222-2222-2222-222222222222";
const std::string kDeployment = kGroup + "/providers/Microsoft.Resources/deployments/d";

class Admit : public ::testing::Test {
 protected:
  Attempt attempt{
      {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse("t"), -1},
      1, 1
  };
  testing::FakeClock clock;
  testing::FakeRandom random;
  identity::AttemptTokens tokens{Secret("0123456789abcdef0123456789abcdef"), clock, random};
  std::string token = tokens.issue(attempt, std::chrono::hours(1))->reveal();

  std::variant<Call, Refused> read(const char* method, const std::string& path,
                                   const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.target = path + "?api-version=2022-04-01";
    request.headers.set("Authorization", "Bearer " + token);
    request.body = body;
    return read_call(request, "id", tokens);
  }
  access::Ask ask(const char* method, const std::string& path, const std::string& body = "") {
    return std::get<Call>(read(method, path, body)).asks.front();
  }
};

TEST_F(Admit, ARequestAsksForItsActionAtItsScope) {
  const auto asked = ask("GET", kGroup);
  EXPECT_EQ(asked.action, "Microsoft.Resources/subscriptions/resourceGroups/read");
  EXPECT_EQ(asked.scope, kGroup);
  EXPECT_EQ(asked.unreadable, "");
}

TEST_F(Admit, ARoleAssignmentSaysWhichRoleItHandsOut) {
  const auto asked = ask(
      "PUT", kAssignment,
      R"({"properties":{"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/ACDD72A7-3385-48ef-bd42-f606fba81ae7","principalId":"33333333-3333-3333-3333-333333333333"}})");
  EXPECT_EQ(asked.assigns_role_id, "acdd72a7-3385-48ef-bd42-f606fba81ae7");
  EXPECT_EQ(asked.unreadable, "");
}

TEST_F(Admit, ADeploymentAsksForWhatItsTemplateWrites) {
  const auto asked = ask("PUT", kDeployment,
                         R"({"properties":{"mode":"Incremental","template":{"resources":[
      {"type":"Microsoft.Storage/storageAccounts","name":"a","apiVersion":"2022-09-01"}]}}})");
  ASSERT_EQ(asked.unreadable, "");
  ASSERT_FALSE(asked.linked.empty());
  EXPECT_EQ(asked.linked.front().action, "Microsoft.Storage/storageAccounts/write");
}

struct Row {
  const char* name;
  std::string path;
  const char* body;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }
class Unreadable : public Admit, public ::testing::WithParamInterface<Row> {};

TEST_P(Unreadable, IsNeverAllowed) {
  const auto read_in = read("PUT", GetParam().path, GetParam().body);
  ASSERT_TRUE(std::holds_alternative<Call>(read_in));
  Call call = std::get<Call>(read_in);
  EXPECT_NE(call.asks.front().unreadable, "");
  call.facts = no_facts(attempt);
  EXPECT_FALSE(judge(call, clock.now()).decision.allowed);
}
const Row kUnreadable[] = {
    {"no body",               kAssignment,            ""                                                                                                                 },
    {"not json",              kAssignment,            "{"                                                                                                                },
    {"no role",               kAssignment,            R"({"properties":{}})"                                                                                             },
    {"keys alike",            kAssignment,
     R"({"properties":{"roleDefinitionId":"acdd72a7-3385-48ef-bd42-f606fba81ae7","principalId":"33333333-3333-3333-3333-333333333333"},"Properties":{}})"                },
    {"scheduled role",
     kGroup + "/providers/Microsoft.Authorization/roleAssignmentScheduleRequests/"
              "22222222-2222-2222-2222-222222222222", "{}"                                                                                                               },
    {"linked template",       kDeployment,
     R"({"properties":{"templateLink":{"uri":"https://example.com/t.json"}}})"                                                                                           },
    {"type is an expression", kDeployment,
     R"({"properties":{"template":{"resources":[{"type":"[parameters('t')]","name":"a"}]}}})"                                                                            },
    {"role by parameter",     kDeployment,
     R"({"properties":{"template":{"resources":[{"type":"Microsoft.Authorization/roleAssignments","name":"a","properties":{"roleDefinitionId":"[parameters('r')]"}}]}}})"},
};
INSTANTIATE_TEST_SUITE_P(Table, Unreadable, ::testing::ValuesIn(kUnreadable));

TEST_F(Admit, CompressedBodiesAndTwoCredentialsAreRefused) {
  http::Request request;
  request.method = "PUT";
  request.target = kGroup + "?api-version=1";
  request.headers.set("Authorization", "Bearer " + token);
  request.headers.set("Content-Encoding", "gzip");
  EXPECT_EQ(std::get<Refused>(read_call(request, "id", tokens)).answer.status, 415);
  request.headers.add("Authorization", "Bearer " + token);
  EXPECT_EQ(std::get<Refused>(read_call(request, "id", tokens)).answer.status, 401);
}

TEST_F(Admit, ARecordHasNoQueryAndNoToken) {
  http::Request request;
  request.target = kGroup + "?sig=planted";
  request.headers.set("Authorization", "Bearer planted");
  const auto refused = std::get<Refused>(read_call(request, "id", tokens));
  EXPECT_EQ(dump(access::to_json(*refused.record)).find("planted"), std::string::npos);
}

}  // namespace
}  // namespace armature::gateway
