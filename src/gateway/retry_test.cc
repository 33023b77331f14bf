#include "gateway/retry.h"

#include <gtest/gtest.h>

#include <ostream>

namespace armature::gateway {
namespace {

using arm::Repeat;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Row {
  const char* name;
  Repeat repeat;
  std::optional<int> status;
  bool sent;
  Next next;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class NextStep : public ::testing::TestWithParam<Row> {};

TEST_P(NextStep, FollowsTheTable) {
  const Row& row = GetParam();
  const SendResult result{row.status, row.sent, std::nullopt};
  const Progress progress{1, seconds(60), 0.5};
  EXPECT_EQ(next_step(row.repeat, result, progress, RetryPolicy{}).next, row.next);
}

constexpr auto kNone = std::nullopt;
const Row kRows[] = {
    {"read ok",        Repeat::kSafe,        200,   true,  Next::kAnswer  },
    {"read not found", Repeat::kSafe,        404,   true,  Next::kAnswer  },
    {"read conflict",  Repeat::kSafe,        409,   true,  Next::kAnswer  },
    {"read 408",       Repeat::kSafe,        408,   true,  Next::kResend  },
    {"read 429",       Repeat::kSafe,        429,   true,  Next::kResend  },
    {"read 500",       Repeat::kSafe,        500,   true,  Next::kResend  },
    {"read 501",       Repeat::kSafe,        501,   true,  Next::kAnswer  },
    {"read 502",       Repeat::kSafe,        502,   true,  Next::kResend  },
    {"read 503",       Repeat::kSafe,        503,   true,  Next::kResend  },
    {"read 504",       Repeat::kSafe,        504,   true,  Next::kResend  },
    {"read silence",   Repeat::kSafe,        kNone, true,  Next::kResend  },
    {"read refused",   Repeat::kSafe,        kNone, false, Next::kResend  },
    {"put ok",         Repeat::kIdempotent,  201,   true,  Next::kAnswer  },
    {"put bad",        Repeat::kIdempotent,  400,   true,  Next::kAnswer  },
    {"put conflict",   Repeat::kIdempotent,  409,   true,  Next::kAnswer  },
    {"put 429",        Repeat::kIdempotent,  429,   true,  Next::kResend  },
    {"put 503",        Repeat::kIdempotent,  503,   true,  Next::kResend  },
    {"put 408",        Repeat::kIdempotent,  408,   true,  Next::kReadBack},
    {"put 500",        Repeat::kIdempotent,  500,   true,  Next::kReadBack},
    {"put 502",        Repeat::kIdempotent,  502,   true,  Next::kReadBack},
    {"put 504",        Repeat::kIdempotent,  504,   true,  Next::kReadBack},
    {"put silence",    Repeat::kIdempotent,  kNone, true,  Next::kReadBack},
    {"put refused",    Repeat::kIdempotent,  kNone, false, Next::kResend  },
    {"patch bad",      Repeat::kConditional, 400,   true,  Next::kAnswer  },
    {"patch 429",      Repeat::kConditional, 429,   true,  Next::kAnswer  },
    {"patch 500",      Repeat::kConditional, 500,   true,  Next::kReadBack},
    {"patch 503",      Repeat::kConditional, 503,   true,  Next::kReadBack},
    {"patch silence",  Repeat::kConditional, kNone, true,  Next::kReadBack},
    {"patch refused",  Repeat::kConditional, kNone, false, Next::kResend  },
    {"post ok",        Repeat::kNever,       202,   true,  Next::kAnswer  },
    {"post 429",       Repeat::kNever,       429,   true,  Next::kAnswer  },
    {"post 501",       Repeat::kNever,       501,   true,  Next::kAnswer  },
    {"post 408",       Repeat::kNever,       408,   true,  Next::kLost    },
    {"post 500",       Repeat::kNever,       500,   true,  Next::kLost    },
    {"post 503",       Repeat::kNever,       503,   true,  Next::kLost    },
    {"post silence",   Repeat::kNever,       kNone, true,  Next::kLost    },
    {"post refused",   Repeat::kNever,       kNone, false, Next::kResend  },
};
INSTANTIATE_TEST_SUITE_P(Table, NextStep, ::testing::ValuesIn(kRows));

TEST(WaitBeforeResend, GrowsWithFullJitterUpToTheCap) {
  RetryPolicy policy{10, 10, milliseconds(100), milliseconds(500)};
  const auto wait = [&](int sends, double jitter) {
    return wait_before_resend(Repeat::kSafe, {}, Progress{sends, seconds(60), jitter}, policy);
  };
  EXPECT_EQ(wait(1, 0), Micros{0});
  EXPECT_EQ(wait(1, 0.5), milliseconds(50));
  EXPECT_EQ(wait(2, 0.5), milliseconds(100));
  EXPECT_EQ(wait(3, 0.5), milliseconds(200));
  EXPECT_EQ(wait(4, 0.5), milliseconds(250));
  EXPECT_EQ(wait(10, 0.5), milliseconds(250));
  EXPECT_EQ(wait(11, 0.5), std::nullopt);
}

TEST(WaitBeforeResend, ObeysRetryAfterBeyondTheCapButNotBeyondTheDeadline) {
  const RetryPolicy policy{4, 4, milliseconds(100), milliseconds(500)};
  const auto wait = [&](Micros after, Micros remaining) {
    return wait_before_resend(Repeat::kIdempotent, after, Progress{1, remaining, 0.5}, policy);
  };
  EXPECT_EQ(wait(seconds(10), seconds(60)), milliseconds(10'500));
  EXPECT_EQ(wait(seconds(10), seconds(5)), std::nullopt);
  EXPECT_EQ(wait(Micros{0}, seconds(5)), Micros{0});
}

TEST(NextStep, WithoutBudgetAnAnswerIsPassedOnAndSilenceIsUnreachable) {
  const RetryPolicy policy{1, 1, milliseconds(1), milliseconds(1)};
  const Progress used_up{2, seconds(60), 0};
  EXPECT_EQ(next_step(Repeat::kSafe, {429, true, {}}, used_up, policy).next, Next::kAnswer);
  EXPECT_EQ(next_step(Repeat::kSafe, {{}, true, {}}, used_up, policy).next, Next::kUnreachable);
  EXPECT_EQ(next_step(Repeat::kIdempotent, {{}, false, {}}, used_up, policy).next,
            Next::kUnreachable);
  // In doubt stays in doubt, whatever the budget: only reading back settles it.
  EXPECT_EQ(next_step(Repeat::kIdempotent, {{}, true, {}}, used_up, policy).next, Next::kReadBack);
}

}  // namespace
}  // namespace armature::gateway
