// What is counted and told of requests, and the trace that goes with them.
#include "gateway/metrics.h"

#include <gtest/gtest.h>

#include "gateway/gateway_testing.h"
#include "gateway/kill_switch.h"

namespace armature::gateway {
namespace {

std::string text_of(const Metrics& metrics) {
  Exposition out;
  metrics.write(out);
  return out.text();
}

TEST(Metrics, LabelsStayBoundedWhateverComes) {
  Metrics metrics;
  for (const auto& [method, status] : {
           std::pair<const char*, int>{"GET",   200 },
             {"BREW",  99  },
             {"\"} x", 9999},
             {"get",   200 }
  }) {
    CallReport report;
    report.method = method;
    report.status = status;
    report.end = CallEnd::kSucceeded;
    metrics.began();
    metrics.ended(report);
  }
  const std::string text = text_of(metrics);
  const auto has = [&](const std::string& line) { return text.find(line) != std::string::npos; };
  const std::string name = "armature_gateway_requests_total";
  EXPECT_TRUE(has(name + R"({method="GET",status="200",outcome="succeeded"} 1)")) << text;
  EXPECT_TRUE(has(name + R"({method="other",status="100",outcome="succeeded"} 1)")) << text;
  EXPECT_TRUE(has(name + R"({method="other",status="599",outcome="succeeded"} 1)")) << text;
  EXPECT_TRUE(has(name + R"({method="other",status="200",outcome="succeeded"} 1)")) << text;
  EXPECT_TRUE(has("armature_gateway_requests_in_flight 0\n")) << text;
  EXPECT_EQ(text.find("BREW"), std::string::npos);
}

class Reports : public GatewayTest {
 protected:
  void SetUp() override {
    open([this](Options& options) {
      options.on_call = [this](CallReport report) {
        const std::lock_guard lock(mutex_);
        told_.push_back(std::move(report));
      };
    });
  }
  CallReport last() {
    const std::lock_guard lock(mutex_);
    return told_.back();
  }
  std::string metrics() {
    Exposition out;
    gateway->write_metrics(out);
    return out.text();
  }

 private:
  std::mutex mutex_;
  std::vector<CallReport> told_;
};

TEST_F(Reports, EachWayAMutationEnds) {
  const std::string token = begin(attempt_of("t"));
  azure.trouble({Fault::kStatus, 503, "0"});
  ASSERT_EQ(put(token).status, 201);
  EXPECT_EQ(last().end, CallEnd::kSucceeded);
  EXPECT_EQ(last().principal, "d/r/t");
  EXPECT_EQ(last().identity, "deployer");
  EXPECT_GE(last().sends, 2);
  EXPECT_EQ(last().status, 201);
  EXPECT_EQ(last().request_id.size(), 36u);

  EXPECT_EQ(put("").status, 401);
  EXPECT_EQ(last().end, CallEnd::kRefused);
  EXPECT_EQ(last().layer, access::Layer::kToken);
  EXPECT_EQ(last().principal, "");

  EXPECT_EQ(
      send(token, "DELETE", kSubscription + "/resourceGroups/no?api-version=2021-04-01").status,
      403);
  EXPECT_EQ(last().end, CallEnd::kDenied);
  EXPECT_EQ(last().layer, access::Layer::kGrant);

  http::testing::must(gateway->stops().stop("all", ""));
  EXPECT_EQ(put(token).status, 403);
  EXPECT_EQ(last().layer, access::Layer::kKillSwitch);

  const std::string text = metrics();
  const auto has = [&](const char* line) { return text.find(line) != std::string::npos; };
  EXPECT_TRUE(has(R"(armature_gateway_decisions_total{verdict="allow",layer="none"} 1)")) << text;
  for (const char* layer : {"token", "grant", "kill_switch"}) {
    EXPECT_TRUE(has(("armature_gateway_decisions_total{verdict=\"deny\",layer=\"" +
                     std::string(layer) + "\"} 1\n")
                        .c_str()))
        << text;
  }
  EXPECT_TRUE(has("armature_gateway_upstream_repeats_total")) << text;
  EXPECT_TRUE(has("armature_gateway_stops 1\n")) << text;
  // Nothing that a caller chose.
  for (const char* word : {"acc", "deployer", "11111111", "d/r/t"}) {
    EXPECT_EQ(text.find(word), std::string::npos) << word;
  }
}

TEST_F(Reports, OfABatchAndOfEachOfItsCalls) {
  const std::string token = begin(attempt_of("t"), "Reader");
  const std::string body =
      R"({"requests":[{"httpMethod":"GET","url":")" + kGroup + R"(?api-version=2021-04-01"}]})";
  ASSERT_EQ(send(token, "POST", "/batch?api-version=2020-06-01", body).status, 200);
  const std::string text = metrics();
  for (const char* method : {"GET", "POST"}) {
    EXPECT_NE(text.find("armature_gateway_requests_total{method=\"" + std::string(method) + "\""),
              std::string::npos)
        << text;
  }
}

TEST_F(Reports, ATraceGoesOnToAzure) {
  const std::string token = begin(attempt_of("t"));
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string given = "00-" + trace + "-00f067aa0ba902b7-01";
  send(token, "GET", kAccount + "?api-version=2023-01-01", "",
       {
           {"traceparent", given}
  });
  EXPECT_EQ(azure.last().headers.get("traceparent"), given);
  EXPECT_EQ(last().trace_id, trace);
  send(token, "GET", kAccount + "?api-version=2023-01-01");
  EXPECT_EQ(azure.last().headers.get("traceparent").value_or("").substr(3, 32), last().trace_id);
  std::string id = last().request_id;
  std::erase(id, '-');
  EXPECT_EQ(last().trace_id, id);
}

}  // namespace
}  // namespace armature::gateway
