#include "gateway/trace_context.h"

#include <gtest/gtest.h>

namespace armature::gateway {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kGiven = "00-" + kTrace + "-00f067aa0ba902b7-01";
const std::string kRequest = "a1b2c3d4-0000-4000-8000-123456789abc";

TEST(TraceContext, ReadsWhatTheStandardAllows) {
  const struct {
    std::string text;
    bool good;
  } kTable[] = {
      {kGiven,                                        true                         },
      {"cc-" + kTrace + "-00f067aa0ba902b7-01",       true                         },
      {"cc-" + kTrace + "-00f067aa0ba902b7-01-later", true                         },
      {"cc-" + kTrace + "-00f067aa0ba902b7-01later",  false                        },
      {kGiven + "-more",                              false                        },
      {"ff-" + kTrace + "-00f067aa0ba902b7-01",       false                        },
      {"00-" + std::string(32,                        '0') + "-00f067aa0ba902b7-01", false},
      {"00-" + kTrace + "-0000000000000000-01",                                             false                                   },
      {"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",                                             false},
      {"00-" + kTrace + "_00f067aa0ba902b7-01",                                             false                                                     },
      {kGiven.substr(1),                                             false     },
      {"",                                             false                                                                   },
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(trace_id_in(row.text), row.good ? kTrace : "") << row.text;
  }
}

TEST(TraceContext, AClientsTraceIsKept) {
  http::Headers headers = {
      {"traceparent", kGiven},
      {"tracestate",  "a=b" }
  };
  EXPECT_EQ(keep_trace(headers, kRequest), kTrace);
  EXPECT_EQ(headers.get("traceparent"), kGiven);
  EXPECT_EQ(headers.get("tracestate"), "a=b");
}

TEST(TraceContext, ATraceThatIsNoneIsReplacedByTheRequest) {
  for (http::Headers headers : {
           http::Headers{},
           http::Headers{                        {"traceparent", "x"}},
           http::Headers{ {"traceparent", kGiven}, {"traceparent", kGiven}}
  }) {
    headers.set("tracestate", "a=b");
    EXPECT_EQ(keep_trace(headers, kRequest), "a1b2c3d4000040008000123456789abc");
    const std::string made = headers.get("traceparent").value_or("");
    EXPECT_EQ(trace_id_in(made), "a1b2c3d4000040008000123456789abc") << made;
    EXPECT_EQ(headers.count("traceparent"), 1u);
    EXPECT_EQ(headers.get("tracestate"), std::nullopt);
  }
}

}  // namespace
}  // namespace armature::gateway
