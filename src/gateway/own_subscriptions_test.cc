#include "gateway/own_subscriptions.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/testing.h"

namespace armature::gateway {
namespace {

const std::string kOne = "11111111-1111-1111-1111-111111111111";
const std::string kTwo = "22222222-2222-2222-2222-222222222222";
const std::string kBody = R"({"value":[{"subscriptionId":")" + kOne +
                          R"(","displayName":"a"},{"subscriptionId":")" + kTwo +
                          R"(","displayName":"b"},{"displayName":"c"}],"nextLink":"https://n/x",)" +
                          R"("count":{"type":"Total","value":3}})";

access::Grant grant(const std::string& scope) {
  return *access::make_grant("Reader", scope, {}, "test.yaml:1");
}

access::Facts facts_with(std::vector<access::Grant> grants) {
  return {
      {{*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse("t"), -1}, 1, 1},
      "deployer",
      access::GrantSet(std::move(grants)),
      { }
  };
}

std::vector<std::string> kept(const access::Facts& facts, const std::string& body) {
  const armature::testing::FakeClock clock;
  auto answer = http::json_response(200, body);
  keep_own_subscriptions(facts, clock.now(), answer);
  std::vector<std::string> out;
  const Json parsed = *parse_json(answer.body);
  for (const Json& one : find(parsed, "value")->get_array()) {
    out.push_back(text_at(one, "displayName"));
  }
  return out;
}

TEST(OwnSubscriptions, AreThoseWithAGrant) {
  using Names = std::vector<std::string>;
  const auto one = facts_with({grant("/subscriptions/" + kOne + "/resourceGroups/rg")});
  EXPECT_EQ(kept(one, kBody), Names{"a"});
  EXPECT_EQ(
      kept(facts_with({grant("/subscriptions/" + kOne), grant("/subscriptions/" + kTwo)}), kBody),
      (Names{"a", "b"}));
  EXPECT_EQ(kept(facts_with({}), kBody), Names{});
  EXPECT_EQ(kept(one, "not JSON"), Names{}) << "fails closed";
  EXPECT_EQ(kept(one, "[]"), Names{});
}

TEST(OwnSubscriptions, MayBeListedByWhoeverHasAGrant) {
  const armature::testing::FakeClock clock;
  EXPECT_TRUE(
      own_subscriptions(facts_with({grant("/subscriptions/" + kOne)}), clock.now()).allowed);
  EXPECT_FALSE(own_subscriptions(facts_with({}), clock.now()).allowed);
  access::Grant over = grant("/subscriptions/" + kOne);
  over.expires = clock.now();
  EXPECT_FALSE(own_subscriptions(facts_with({over}), clock.now()).allowed);
}

TEST(OwnSubscriptions, KeepsTheNextLink) {
  const armature::testing::FakeClock clock;
  auto answer = http::json_response(200, kBody);
  keep_own_subscriptions(facts_with({}), clock.now(), answer);
  EXPECT_EQ(answer.body, R"({"value":[],"nextLink":"https://n/x"})");
}

TEST(OwnSubscriptions, AreThatListAlone) {
  const auto lists = [](const char* method, const char* target) {
    const auto operation = arm::operation_of(method, target);
    return operation && lists_subscriptions(*operation);
  };
  EXPECT_TRUE(lists("GET", "/subscriptions?api-version=2022-12-01"));
  EXPECT_FALSE(lists("GET", "/tenants?api-version=2022-12-01"));
  const std::string one = "/subscriptions/" + kOne + "?api-version=2022-12-01";
  EXPECT_FALSE(lists("GET", one.c_str()));
}

}  // namespace
}  // namespace armature::gateway
