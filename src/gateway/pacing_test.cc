#include "gateway/pacing.h"

#include <gtest/gtest.h>

#include <memory>

namespace armature::gateway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Lane lane(const char* dag, Budget budget = Budget::kWrites) {
  Lane out;
  out.dag = dag;
  out.identity = "deployer";
  out.subscription = "s1";
  out.budget = budget;
  out.mutates = budget != Budget::kReads;
  return out;
}

// How many go at once at `now`.
int burst(Pacer& pacer, const Lane& of, Ticks now) {
  int gone = 0;
  while (Pacer::Place(pacer, of).take(now) == Micros{0}) ++gone;
  return gone;
}

TEST(Pacing, MirrorsTheBucketsOfArmButForWhatPollsNeed) {
  const struct {
    Budget budget;
    int first, each_second;
  } kTable[] = {
      {Budget::kReads,   200, 25},
      {Budget::kWrites,  160, 10},
      {Budget::kDeletes, 160, 10},
  };
  for (const auto& row : kTable) {
    Pacer pacer({});
    const Lane one = lane("etl", row.budget);
    EXPECT_EQ(burst(pacer, one, Ticks{}), row.first);
    EXPECT_EQ(burst(pacer, one, Ticks{seconds(1)}), row.each_second);
    EXPECT_EQ(burst(pacer, one, Ticks{seconds(1000)}), row.first) << "never more than it holds";
  }
}

TEST(Pacing, PollsDrawOnWhatOthersMustLeave) {
  Pacer pacer({});
  Lane reads = lane("etl", Budget::kReads);
  EXPECT_EQ(burst(pacer, reads, Ticks{}), 200);
  reads.polls = true;
  EXPECT_EQ(burst(pacer, reads, Ticks{}), 50);
}

TEST(Pacing, EachSubscriptionIdentityAndBudgetHasItsOwn) {
  Pacer pacer({});
  Lane one = lane("etl");
  EXPECT_EQ(burst(pacer, one, Ticks{}), 160);
  one.budget = Budget::kDeletes;
  EXPECT_EQ(burst(pacer, one, Ticks{}), 160);
  one.subscription = "s2";
  EXPECT_EQ(burst(pacer, one, Ticks{}), 160);
  one.identity = "reader";
  EXPECT_EQ(burst(pacer, one, Ticks{}), 160);
}

TEST(Pacing, ADagBeyondItsShareLeavesTheOthersTheirs) {
  Pacer pacer({});
  const Lane greedy = lane("greedy"), modest = lane("modest");
  EXPECT_EQ(burst(pacer, greedy, Ticks{}), 160);
  EXPECT_EQ(burst(pacer, modest, Ticks{}), 0) << "nothing is left, but it is known now";
  int greedy_gone = 0, modest_gone = 0;
  for (int i = 1; i <= 100; ++i) {  // ten seconds, the greedy one always first
    const Ticks now{milliseconds(100 * i)};
    greedy_gone += burst(pacer, greedy, now);
    modest_gone += burst(pacer, modest, now);
  }
  EXPECT_NEAR(greedy_gone + modest_gone, 100, 2);
  EXPECT_NEAR(modest_gone, 50, 3);
}

TEST(Pacing, SaysHowLongTheQueueIs) {
  Pacer pacer({});
  const Lane one = lane("etl");
  burst(pacer, one, Ticks{});
  std::vector<std::unique_ptr<Pacer::Place>> queue;
  for (int i = 1; i <= 30; ++i) {
    queue.push_back(std::make_unique<Pacer::Place>(pacer, one));
    const Micros wait = queue.back()->take(Ticks{});
    EXPECT_NEAR(std::chrono::duration<double>(wait).count(), i / 10.0, 0.01) << i;
  }
  EXPECT_EQ(queue.front()->take(Ticks{milliseconds(101)}), Micros{0});
  queue.clear();
  Pacer::Place next(pacer, one);
  EXPECT_LE(next.take(Ticks{milliseconds(101)}), milliseconds(110)) << "who left waits no more";
}

TEST(Pacing, LearnsFromWhatArmSays) {
  const auto said = [](int status, std::map<std::string, std::string> headers) {
    return read_limits(
        Budget::kWrites, status,
        [&](std::string_view name) -> std::optional<std::string> {
          const auto found = headers.find(std::string(name));
          if (found == headers.end()) return std::nullopt;
          return found->second;
        },
        Instant{});
  };
  const std::string writes = "x-ms-ratelimit-remaining-subscription-writes";
  EXPECT_EQ(said(200,
                 {
                     {writes, "7"}
  })
                .remaining,
            7);
  EXPECT_EQ(said(200,
                 {
                     {writes, "many"}
  })
                .remaining,
            std::nullopt);
  EXPECT_EQ(said(200,
                 {
                     {writes, "-1"}
  })
                .remaining,
            std::nullopt);
  EXPECT_EQ(said(200,
                 {
                     {"x-ms-ratelimit-remaining-subscription-reads", "3"}
  })
                .remaining,
            std::nullopt);
  EXPECT_EQ(said(200,
                 {
                     {writes,                                   "7"},
                     {"x-ms-ratelimit-remaining-tenant-writes", "2"}
  })
                .remaining,
            2);
  EXPECT_EQ(said(429,
                 {
                     {"Retry-After", "17"}
  })
                .closed_for,
            seconds(17));
  EXPECT_EQ(said(429,
                 {
                     {"Retry-After", "999999"}
  })
                .closed_for,
            std::chrono::hours(1));
  EXPECT_EQ(said(503,
                 {
                     {"Retry-After", "17"}
  })
                .closed_for,
            std::nullopt);
  EXPECT_EQ(said(429,
                 {
                     {"Retry-After",                       "17" },
                     {"x-ms-ratelimit-remaining-resource", "a;0"}
  })
                .closed_for,
            std::nullopt)
      << "a provider's own limit";

  Pacer pacer({});
  const Lane one = lane("etl");
  pacer.learn(one, {45, std::nullopt}, Ticks{});
  EXPECT_EQ(burst(pacer, one, Ticks{}), 5) << "of 45 left 40 are kept";
  pacer.learn(one, {190, std::nullopt}, Ticks{});
  EXPECT_EQ(burst(pacer, one, Ticks{}), 0) << "never raised by what ARM says";
  pacer.learn(one, {std::nullopt, seconds(17)}, Ticks{});
  EXPECT_EQ(Pacer::Place(pacer, one).take(Ticks{seconds(7)}), seconds(10));
  EXPECT_GT(burst(pacer, one, Ticks{seconds(17)}), 100);
}

}  // namespace
}  // namespace armature::gateway
