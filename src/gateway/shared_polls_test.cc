#include "gateway/shared_polls.h"

#include <gtest/gtest.h>

#include "gateway/in_flight.h"

namespace armature::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Ticks kStart{seconds(1000)};

http::Response running() {
  http::Response answer = http::json_response(200, R"({"status":"InProgress"})");
  answer.headers.set("Retry-After", "10");
  return answer;
}

TEST(SharedPolls, HoldForTheRetryAfterAndSayWhatIsLeftOfIt) {
  SharedPolls polls;
  polls.keep("k", running(), seconds(10), kStart);
  const auto found = polls.find("k", kStart + seconds(3), kStart + milliseconds(3500));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->headers.get("Retry-After"), "7");
  EXPECT_FALSE(polls.find("k", kStart + seconds(10), kStart + seconds(10)));
  EXPECT_FALSE(polls.find("other", kStart, kStart));
}

TEST(SharedPolls, AnEndIsForThoseWhoAskedBeforeIt) {
  SharedPolls polls;
  polls.keep("k", http::json_response(200, R"({"status":"Succeeded"})"), std::nullopt, kStart);
  EXPECT_TRUE(polls.find("k", kStart - seconds(1), kStart + milliseconds(1)));
  EXPECT_FALSE(polls.find("k", kStart + milliseconds(1), kStart + milliseconds(1)));
}

TEST(InFlight, OneAtATimeInTheOrderOfComing) {
  InFlight line;
  std::string order;
  const auto come = [&](const char* name) {
    EXPECT_TRUE(line.enter("k", [&order, name] { order += name; }));
  };
  come("a");
  come("b");
  come("c");
  EXPECT_TRUE(line.enter("another", [&order] { order += "x"; }));
  EXPECT_EQ(order, "ax");
  line.leave("k");
  line.leave("k");
  EXPECT_EQ(order, "axbc");
  line.leave("k");
  come("d");
  EXPECT_EQ(order, "axbcd");
}

TEST(InFlight, ALineHasAnEnd) {
  InFlight line;
  int left = 0;
  while (line.enter("k", [] {})) ASSERT_LT(++left, 10'000);
  line.leave("k");
  EXPECT_TRUE(line.enter("k", [] {}));
}

}  // namespace
}  // namespace armature::gateway
