// Pacing, breaker and stops as a client of the gateway meets them.
#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"
#include "gateway/kill_switch.h"

namespace armature::gateway {
namespace {

class HoldBack : public GatewayTest {
 protected:
  // More failures than open the breaker, over more than the time that it wants them to last.
  void fail_for_long(const std::string& token) {
    const auto failing = [this](std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) azure.trouble({Fault::kStatus, 503, "0"});
    };
    failing(10);
    EXPECT_EQ(put(token).status, 503);
    EXPECT_EQ(put(token).status, 503);
    clock.advance(std::chrono::seconds(6));
    failing(5);
    EXPECT_EQ(put(token).status, 503);
  }
};

TEST_F(HoldBack, AStopRefusesMutationsAndLeavesReadsAlone) {
  const std::string token = begin(attempt_of("t"));
  ASSERT_EQ(put(token).status, 201);
  const std::string guid = kSubscription.substr(kSubscription.rfind('/') + 1);
  const std::vector<std::string> ids = {"all", "dag:d", "identity:deployer",
                                        "subscription:" + guid};
  for (const std::string& id : ids) {
    SCOPED_TRACE(id);
    http::testing::must(gateway->stops().stop(id, "wrong region"));
    const http::Response refused = put(token);
    EXPECT_EQ(refused.status, 403);
    EXPECT_EQ(code_of(refused), "StoppedByOperator");
    EXPECT_NE(refused.body.find("wrong region"), std::string::npos);
    EXPECT_NE(refused.body.find("armature access resume " + id), std::string::npos);
    EXPECT_FALSE(refused.headers.get("Retry-After"));
    EXPECT_EQ(send(token, "DELETE", kAccount + "?api-version=2023-01-01").status, 403);
    EXPECT_EQ(send(token, "GET", kAccount + "?api-version=2023-01-01").status, 200);
    http::testing::must(gateway->stops().resume(id));
  }
  EXPECT_EQ(created(), 1);
  EXPECT_EQ(put(token).status, 200);
}

TEST_F(HoldBack, AStopHoldsAfterARestartAndIsOnTheRecord) {
  const std::string token = begin(attempt_of("t"));
  http::testing::must(gateway->stops().stop("dag:d", ""));
  open();
  EXPECT_EQ(put(token).status, 403);
  EXPECT_EQ(azure.calls("PUT"), 0);
  const auto all = records();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].kind, "switch");
  EXPECT_EQ(all[1].layer, "kill_switch");
  EXPECT_EQ(all[1].decision, "deny");
  EXPECT_EQ(text_at(all[1].detail, "layer"), "kill_switch");
}

TEST_F(HoldBack, AStopOfAnotherStopsNothing) {
  const std::string token = begin(attempt_of("t"));
  http::testing::must(gateway->stops().stop("dag:other", ""));
  http::testing::must(gateway->stops().stop("identity:reader", ""));
  EXPECT_EQ(put(token).status, 201);
}

// Stopped while the first send is under way: the repeat stays here.
TEST_F(HoldBack, AStopAlsoHoldsARepeatThatWaits) {
  const std::string token = begin(attempt_of("t"));
  azure.trouble({Fault::kStatus, 503, "0"});
  azure.watch = [this](const http::Request&) {
    http::testing::must(gateway->stops().stop("all", "at once"));
  };
  const http::Response refused = put(token);
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code_of(refused), "StoppedByOperator");
  EXPECT_EQ(azure.calls("PUT"), 1);
  EXPECT_EQ(created(), 0);
}

TEST_F(HoldBack, AProviderThatFailsIsLeftAloneButForReads) {
  const std::string token = begin(attempt_of("t"));
  fail_for_long(token);
  const int sent = azure.calls("PUT");
  const http::Response refused = put(token);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(code_of(refused), "ResourceProviderUnavailable");
  EXPECT_EQ(refused.headers.get("Retry-After"), "5");
  EXPECT_EQ(azure.calls("PUT"), sent) << "not sent";
  const http::Response action =
      send(token, "POST", kAccount + "/failover?api-version=2023-01-01", "{}");
  EXPECT_EQ(action.status, 503);
  EXPECT_FALSE(action.headers.get("Retry-After")) << "an SDK would repeat it";
  EXPECT_EQ(send(token, "GET", kAccount + "?api-version=2023-01-01").status, 404);
  const std::string other = kGroup + "/providers/Microsoft.Web/sites/site";
  EXPECT_EQ(send(token, "PUT", other + "?api-version=2023-01-01", kBody).status, 201);

  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(put(token).status, 201) << "one may try, and it works";
  EXPECT_EQ(put(token).status, 200);
}

TEST_F(HoldBack, WhoCannotBeServedInTimeIsToldWhenToComeAgain) {
  open([](Options& options) {
    options.pacing = Pacing::kOn;
    options.request_deadline = std::chrono::seconds(2);
  });
  const std::string token = begin(attempt_of("t"));
  ASSERT_EQ(put(token).status, 201);
  azure.trouble({Fault::kStatus, 429, "60"});
  EXPECT_EQ(put(token).status, 429) << "Azure's own";
  const http::Response refused = put(token);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code_of(refused), "SubscriptionRequestsThrottled");
  EXPECT_EQ(refused.headers.get("Retry-After"), "60");
  EXPECT_EQ(azure.calls("PUT"), 2) << "the third was not sent";
  EXPECT_EQ(send(token, "GET", kAccount + "?api-version=2023-01-01").status, 200)
      << "reads have their own budget";
  clock.advance(std::chrono::seconds(60));
  EXPECT_EQ(put(token).status, 200);
}

}  // namespace
}  // namespace armature::gateway
