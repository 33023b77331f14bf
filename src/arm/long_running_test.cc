#include "arm/long_running.h"

#include <gtest/gtest.h>

#include <map>

#include "base/bytes.h"

namespace armature::arm {
namespace {

using Headers = std::map<std::string, std::string>;

HeaderLookup lookup(const Headers& headers) {
  return [headers](std::string_view name) -> std::optional<std::string> {
    for (const auto& [key, value] : headers) {
      if (equal_ci(key, name)) return value;
    }
    return std::nullopt;
  };
}

Json state(const char* text) {
  return JsonObject{
      {"properties", JsonObject{{"provisioningState", text}}}
  };
}

TEST(PollTarget, FollowsTheTable) {
  const struct {
    const char* method;
    int status;
    Headers headers;
    Json body;
    std::optional<PollKind> kind;
  } kTable[] = {
      {"PUT",
       201,           {{"Azure-AsyncOperation", "u"}, {"Location", "v"}},
       nullptr,                                                                               PollKind::kAsyncOperation},
      {"DELETE", 202, {{"location", "u"}},                                nullptr,            PollKind::kLocation      },
      {"PUT",    201, {{"Location", "u"}},                                state("Succeeded"), std::nullopt             },
      {"PUT",    201, {},                                                 state("Creating"),  PollKind::kResource      },
      {"PUT",    200, {},                                                 state("Succeeded"), std::nullopt             },
      {"PUT",    200, {},                                                 nullptr,            std::nullopt             },
      {"DELETE", 204, {},                                                 nullptr,            std::nullopt             },
      {"PUT",    409, {{"Azure-AsyncOperation", "u"}},                    nullptr,            std::nullopt             },
  };
  for (const auto& row : kTable) {
    const auto target = poll_target(row.method, row.status, lookup(row.headers), row.body);
    ASSERT_EQ(target.has_value(), row.kind.has_value()) << row.method << row.status;
    if (target) {
      EXPECT_EQ(target->kind, *row.kind);
    }
    if (target && target->kind != PollKind::kResource) {
      EXPECT_EQ(target->url, "u");
    }
  }
}

TEST(OperationState, FollowsTheTable) {
  using enum OperationState;
  const Json running =
                 JsonObject{
                     {"status", "Running"}
  },
             done = JsonObject{{"status", "succeeded"}};
  const Json failed =
                 JsonObject{
                     {"status", "Failed"}
  },
             stopped = JsonObject{{"status", "Canceled"}};
  const struct {
    PollKind kind;
    int status;
    Json body;
    OperationState state;
  } kTable[] = {
      {PollKind::kAsyncOperation, 200, running,            kRunning  },
      {PollKind::kAsyncOperation, 200, done,               kSucceeded},
      {PollKind::kAsyncOperation, 200, failed,             kFailed   },
      {PollKind::kAsyncOperation, 200, stopped,            kCanceled },
      {PollKind::kAsyncOperation, 404, nullptr,            kFailed   },
      {PollKind::kAsyncOperation, 503, nullptr,            kRunning  },
      {PollKind::kAsyncOperation, 202, nullptr,            kRunning  },
      {PollKind::kLocation,       202, nullptr,            kRunning  },
      {PollKind::kLocation,       200, nullptr,            kSucceeded},
      {PollKind::kLocation,       204, nullptr,            kSucceeded},
      {PollKind::kLocation,       409, nullptr,            kFailed   },
      {PollKind::kLocation,       429, nullptr,            kRunning  },
      {PollKind::kResource,       200, state("Updating"),  kRunning  },
      {PollKind::kResource,       200, state("Succeeded"), kSucceeded},
      {PollKind::kResource,       200, nullptr,            kSucceeded},
      {PollKind::kResource,       404, nullptr,            kFailed   },
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(operation_state(row.kind, row.status, row.body), row.state)
        << static_cast<int>(row.kind) << " " << row.status << " " << dump(row.body);
  }
}

TEST(RetryAfter, ReadsEveryForm) {
  const Instant now = from_micros(784'111'777'000'000);  // Sun, 06 Nov 1994 08:49:37 GMT
  const struct {
    Headers headers;
    std::optional<std::int64_t> micros;
  } kTable[] = {
      {{{"Retry-After", "7"}},                             7'000'000         },
      {{{"Retry-After", "0"}},                             0                 },
      {{{"retry-after-ms", "250"}, {"Retry-After", "7"}},  250'000           },
      {{{"x-ms-retry-after-ms", "250"}},                   250'000           },
      {{{"Retry-After", "Sun, 06 Nov 1994 08:49:47 GMT"}}, 10'000'000        },
      {{{"Retry-After", "Sun, 06 Nov 1994 08:49:07 GMT"}}, 0                 },
      {{{"Retry-After", "-5"}},                            std::nullopt      },
      {{{"Retry-After", "soon"}},                          std::nullopt      },
      {{{"Retry-After", "99999999999999999999"}},          std::nullopt      },
      {{{"retry-after-ms", "9223372036854775807"}},        31'536'000'000'000},
      {{},                                                 std::nullopt      },
  };
  for (const auto& row : kTable) {
    const auto wait = retry_after(lookup(row.headers), now);
    ASSERT_EQ(wait.has_value(), row.micros.has_value());
    if (wait) {
      EXPECT_EQ(wait->count(), *row.micros);
    }
  }
}

}  // namespace
}  // namespace armature::arm
