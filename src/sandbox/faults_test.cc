#include "sandbox/faults.h"

#include <gtest/gtest.h>

namespace armature::sandbox {
namespace {

constexpr const char* kPath = "/subscriptions/s/resourceGroups/rg";

TEST(FaultList, RefusesWhatItCannotDo) {
  using std::chrono::hours;
  const struct {
    const char* name;
    Fault fault;
    const char* says;
  } kTable[] = {
      {"unknown kind",     {.kind = "flood"},                                 "one of status"   },
      {"no error",         {.kind = "status", .status = 200},                 "400 to 599"      },
      {"negative times",   {.kind = "status", .times = -1},                   "at least 1"      },
      {"no duration",      {.kind = "latency"},                               "needs a duration"},
      {"endless latency",  {.kind = "latency", .duration = hours(1)},         "0 to 5m"         },
      {"endless lifetime", {.kind = "token_lifetime", .duration = hours(25)}, "0 to 1d"         },
      {"never",            {.kind = "status", .probability = 0},              "above 0"         },
      {"more than always", {.kind = "status", .probability = 1.5},            "at most 1"       },
      {"negative wait",    {.kind = "throttle", .retry_after = -1},           "0 to 3600"       },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    FaultList faults;
    const auto added = faults.add(row.fault);
    ASSERT_FALSE(added);
    EXPECT_NE(added.error().message.find(row.says), std::string::npos) << added.error().message;
    EXPECT_EQ(faults.size(), 0U);
  }
}

TEST(FaultList, IsMetAsOftenAsItWasAskedFor) {
  FaultList faults;
  ASSERT_TRUE(faults.add({.kind = "status", .times = 2}));
  EXPECT_TRUE(faults.take(FaultUse::kRequest, "GET", kPath));
  EXPECT_EQ(faults.to_json().as_array().at(0).at("met"), 1);
  EXPECT_TRUE(faults.take(FaultUse::kRequest, "GET", kPath));
  EXPECT_FALSE(faults.take(FaultUse::kRequest, "GET", kPath));

  ASSERT_TRUE(faults.add({.kind = "status", .times = 0}));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(faults.take(FaultUse::kRequest, "GET", kPath));
  const Json listed = faults.to_json();
  EXPECT_TRUE(faults.remove(int_at(listed.as_array().at(0), "id")));
  EXPECT_FALSE(faults.remove(int_at(listed.as_array().at(0), "id")));
  EXPECT_FALSE(faults.take(FaultUse::kRequest, "GET", kPath));
}

TEST(FaultList, LeavesTheTokenEndpointAloneUnlessNamed) {
  FaultList faults;
  ASSERT_TRUE(faults.add({.kind = "status", .times = 0}));
  EXPECT_FALSE(faults.take(FaultUse::kRequest, "POST", "/t/oauth2/v2.0/token", false));
  ASSERT_TRUE(faults.add({.kind = "status", .path_contains = "/OAUTH2/", .times = 0}));
  EXPECT_TRUE(faults.take(FaultUse::kRequest, "POST", "/t/oauth2/v2.0/token", false));
}

TEST(FaultList, IsListedAsLongAsItHolds) {
  FaultList faults;
  ASSERT_TRUE(faults.add({.kind = "latency", .duration = std::chrono::minutes(5)}));
  const auto taken = faults.take(FaultUse::kRequest, "GET", kPath);
  ASSERT_TRUE(taken);
  {
    FaultList::Held held(faults, *taken);
    EXPECT_EQ(faults.to_json().as_array().at(0).at("holds"), 1);
    EXPECT_FALSE(faults.take(FaultUse::kRequest, "GET", kPath)) << "it was to be met once";
    EXPECT_TRUE(faults.remove(taken->id));
    held.wait();  // would take five minutes
    EXPECT_EQ(faults.size(), 1U);
  }
  EXPECT_EQ(faults.size(), 0U);

  ASSERT_TRUE(faults.add({.kind = "late", .duration = std::chrono::milliseconds(1), .times = 2}));
  const auto first = faults.take(FaultUse::kRequest, "GET", kPath);
  ASSERT_TRUE(first);
  { FaultList::Held(faults, *first).wait(); }
  EXPECT_EQ(faults.to_json().as_array().at(0).at("holds"), 0);
}

TEST(FaultList, EachUseTakesItsOwn) {
  FaultList faults;
  ASSERT_TRUE(
      faults.add({.kind = "token_lifetime", .duration = std::chrono::minutes(5), .times = 0}));
  ASSERT_TRUE(faults.add({.kind = "rbac_delay", .duration = std::chrono::minutes(2), .times = 1}));
  EXPECT_FALSE(faults.take(FaultUse::kRequest, "POST", kPath));
  const auto token = faults.take(FaultUse::kToken, "POST", "/t/oauth2/v2.0/token", false);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->duration, std::chrono::minutes(5));
  EXPECT_TRUE(faults.take(FaultUse::kRole, "PUT", kPath));
  EXPECT_FALSE(faults.take(FaultUse::kRole, "PUT", kPath));
}

std::string draws(std::uint64_t seed) {
  FaultList faults;
  EXPECT_TRUE(faults.add({.kind = "drop_after", .times = 0, .probability = 0.3, .seed = seed}));
  std::string out;
  for (int i = 0; i < 1000; ++i) {
    out += faults.take(FaultUse::kRequest, "GET", kPath) ? 'x' : '.';
  }
  return out;
}

TEST(FaultList, ASeedMeetsTheSameRequestsAgain) {
  const std::string one = draws(1);
  EXPECT_EQ(one, draws(1));
  EXPECT_NE(one, draws(2));
  const auto met = std::count(one.begin(), one.end(), 'x');
  EXPECT_GT(met, 240);
  EXPECT_LT(met, 360);
}

TEST(FaultResponse, SaysWhatArmWouldSay) {
  const Instant now = from_micros(1'700'000'000'000'000);
  const auto throttled = fault_response({.kind = "throttle", .retry_after = 7}, now);
  ASSERT_TRUE(throttled);
  EXPECT_EQ(throttled->status, 429);
  EXPECT_EQ(throttled->headers.get("Retry-After"), "7");
  EXPECT_EQ(throttled->headers.get("x-ms-ratelimit-remaining-subscription-writes"), "0");
  EXPECT_EQ(fault_response({.kind = "throttle"}, now)->headers.get("Retry-After"), "1");

  const auto own = fault_response(
      {.kind = "status", .status = 409, .code = "AnotherOperationInProgress", .message = "Busy."},
      now);
  ASSERT_TRUE(own);
  EXPECT_EQ(own->body, R"({"error":{"code":"AnotherOperationInProgress","message":"Busy."}})");

  const auto expired = fault_response({.kind = "expired_token"}, now);
  ASSERT_TRUE(expired);
  EXPECT_EQ(expired->status, 401);
  EXPECT_NE(expired->headers.get("WWW-Authenticate")->find("invalid_token"), std::string::npos);
  EXPECT_FALSE(fault_response({.kind = "drop_after"}, now));
}

}  // namespace
}  // namespace armature::sandbox
