#include "base/exposition.h"

#include <gtest/gtest.h>

namespace armature {
namespace {

TEST(Exposition, WritesFamiliesAndSamples) {
  Exposition out;
  out.family("requests_total", "counter", "Requests.");
  out.sample(
      {
          {"method", "GET"        },
          {"why",    "a \"b\"\\\n"}
  },
      3);
  out.gauge("in_flight", "Now.", 0.5);
  EXPECT_EQ(out.text(),
            "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
            "requests_total{method=\"GET\",why=\"a \\\"b\\\"\\\\\\n\"} 3\n"
            "# HELP in_flight Now.\n# TYPE in_flight gauge\nin_flight 0.5\n");
}

TEST(Exposition, AHistogramIsCumulative) {
  Histogram times;
  times.observe(std::chrono::milliseconds(1));  // a bound is inside its bucket
  times.observe(std::chrono::milliseconds(3));
  times.observe(std::chrono::hours(1));
  Exposition out;
  out.family("seconds", "histogram", "Times.");
  out.sample(
      {
          {"kind", "read"}
  },
      times);
  const std::string& text = out.text();
  const auto has = [&](const char* line) { return text.find(line) != std::string::npos; };
  EXPECT_TRUE(has("seconds_bucket{kind=\"read\",le=\"0.001\"} 1\n")) << text;
  EXPECT_TRUE(has("seconds_bucket{kind=\"read\",le=\"0.005\"} 2\n")) << text;
  EXPECT_TRUE(has("seconds_bucket{kind=\"read\",le=\"300\"} 2\n")) << text;
  EXPECT_TRUE(has("seconds_bucket{kind=\"read\",le=\"+Inf\"} 3\n")) << text;
  EXPECT_TRUE(has("seconds_sum{kind=\"read\"} 3600.004\n")) << text;
  EXPECT_TRUE(has("seconds_count{kind=\"read\"} 3\n")) << text;
  EXPECT_EQ(times.count(), 3u);
}

}  // namespace
}  // namespace armature
