#include "gateway/breaker.h"

#include <gtest/gtest.h>

namespace armature::gateway {
namespace {

using std::chrono::seconds;

Ticks at(double second) { return Ticks{Micros{static_cast<std::int64_t>(second * 1e6)}}; }

// Ten failures within five seconds: open from 5 s on.
void fail_until_open(Breaker& breaker) {
  for (int i = 0; i < 11; ++i) breaker.report("p", true, at(i * 0.5));
}

TEST(Breaker, OpensAfterARunThatLasts) {
  const struct {
    const char* name;
    int failures;
    double apart;
    int success_after;  // so many failures; -1: none
    bool open;
  } kTable[] = {
      {"few failures",            9,   1,    -1, false},
      {"a burst is no outage",    100, 0.01, -1, false},
      {"a run that lasts",        10,  0.6,  -1, true },
      {"one success begins anew", 14,  0.6,  6,  false},
      {"and a new run opens",     17,  0.6,  6,  true },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    Breaker breaker({});
    for (int i = 0; i < row.failures; ++i) {
      breaker.report("p", true, at(i * row.apart));
      if (i + 1 == row.success_after) breaker.report("p", false, at(i * row.apart));
    }
    const Ticks now = at((row.failures - 1) * row.apart);
    EXPECT_EQ(breaker.refuses("p", now).has_value(), row.open);
    EXPECT_EQ(breaker.refuses("another", now), std::nullopt);
  }
}

TEST(Breaker, LetsOneTryAndClosesWhenItSucceeds) {
  Breaker breaker({});
  fail_until_open(breaker);
  EXPECT_EQ(breaker.refuses("p", at(5)), seconds(5));
  EXPECT_EQ(breaker.refuses("p", at(9)), seconds(1));
  EXPECT_EQ(breaker.refuses("p", at(10)), std::nullopt) << "one may try";
  EXPECT_TRUE(breaker.refuses("p", at(10))) << "and only one";
  breaker.report("p", false, at(11));
  EXPECT_EQ(breaker.refuses("p", at(11)), std::nullopt);
}

TEST(Breaker, StaysOpenTwiceAsLongAfterEachFailedTry) {
  Breaker breaker({});
  fail_until_open(breaker);
  double now = 5, length = 5;
  for (int i = 0; i < 6; ++i) {
    now += length;
    ASSERT_EQ(breaker.refuses("p", at(now)), std::nullopt);
    breaker.report("p", true, at(now));
    length = std::min(length * 2, 60.0);
    EXPECT_EQ(breaker.refuses("p", at(now)), Micros(at(length).time_since_epoch()));
  }
}

TEST(Breaker, WhatWasSentBeforeItOpenedDoesNotLengthenIt) {
  Breaker breaker({});
  fail_until_open(breaker);
  breaker.report("p", true, at(6));
  EXPECT_EQ(breaker.refuses("p", at(6)), seconds(4));
}

TEST(Breaker, ATryThatIsNeverHeardOfDoesNotKeepItOpen) {
  Breaker breaker({});
  fail_until_open(breaker);
  EXPECT_EQ(breaker.refuses("p", at(10)), std::nullopt);
  EXPECT_EQ(breaker.refuses("p", at(12)), seconds(3));
  EXPECT_EQ(breaker.refuses("p", at(15)), std::nullopt);
}

TEST(Breaker, KnowsAFailure) {
  for (const int status : {500, 502, 503, 504}) EXPECT_TRUE(is_failure(status)) << status;
  for (const int status : {200, 202, 400, 403, 404, 409, 429, 501}) {
    EXPECT_FALSE(is_failure(status)) << status;
  }
  EXPECT_TRUE(is_failure(std::nullopt));
}

}  // namespace
}  // namespace armature::gateway
