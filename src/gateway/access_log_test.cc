#include "gateway/access_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/files.h"
#include "base/testing.h"
#include "gateway/recorded.h"
#include "http/testing.h"

namespace armature::gateway {
namespace {

using http::testing::must;

TEST(RecordedTarget, KeepsHarmlessValuesAlone) {
  const std::pair<std::string, std::string> kTable[] = {
      {"/subscriptions/s?api-version=2021-04-01&$top=5",
       "/subscriptions/s?api-version=2021-04-01&$top=5"                                          },
      {"/s?API-Version=1&sig=abc&se=2030&sv=1",          "/s?API-Version=1&sig=***&se=***&sv=***"},
      {"/s?code=0.AAA%2F&t=eyJh.b.c",                    "/s?code=***&t=***"                     },
      {"/s?$filter=name%20eq%20'x'",                     "/s?$filter=***"                        },
      {"/s?secretalone&&api-version",                    "/s?***&***"                            },
      {"/s?api-version=1=2&x==",                         "/s?api-version=1=2&x=***"              },
      {"/s",                                             "/s"                                    },
      {"/a b\n\x80?api-version=\"\x01",                  "/a%20b%0A%80?api-version=\"%01"        },
      {"https://host/s?access_token=x",                  "https://host/s?access_token=***"       },
  };
  for (const auto& [target, recorded] : kTable) EXPECT_EQ(recorded_target(target), recorded);
  EXPECT_LT(recorded_target("/s?" + std::string(100'000, 'x')).size(), 2'000u);
  EXPECT_LT(recorded_target("/" + std::string(100'000, 'x')).size(), 10'000u);
}

CallReport report_of(const std::string& target) {
  CallReport report;
  report.method = "GET";
  report.target = target;
  report.status = 200;
  report.duration = Micros{1'500};
  report.end = CallEnd::kSucceeded;
  return report;
}

TEST(AccessLine, SaysWhoWhatAndHow) {
  CallReport report = report_of("/s?sig=planted");
  report.principal = "workload:ci";
  report.identity = "prod";
  report.sends = 2;
  report.bytes = 12;
  const Json allowed = must(parse_json(access_line(report)));
  EXPECT_EQ(text_at(allowed, "target"), "/s?sig=***");
  EXPECT_EQ(text_at(allowed, "principal"), "workload:ci");
  EXPECT_EQ(text_at(allowed, "decision"), "allow");
  EXPECT_EQ(text_at(allowed, "outcome"), "succeeded");
  EXPECT_EQ(allowed.at("duration_ms").as_double(), 1.5);
  EXPECT_EQ(allowed.as_object().if_contains("reason"), nullptr);
  report.deny(access::Layer::kGrant, "no_grant");
  const Json denied = must(parse_json(access_line(report)));
  EXPECT_EQ(text_at(denied, "decision"), "deny");
  EXPECT_EQ(text_at(denied, "layer"), "grant");
  EXPECT_EQ(text_at(denied, "reason"), "no_grant");
}

class AccessLogTest : public ::testing::Test {
 protected:
  std::filesystem::path path_of(const char* name) const { return folder_.path() / name; }
  static int lines_in(const std::filesystem::path& path) {
    const std::string text = must(read_file(path));
    return static_cast<int>(std::ranges::count(text, '\n'));
  }

  armature::testing::TempDir folder_;
  armature::testing::FakeClock clock_;
  Redactor redactor_;
  std::string said_;
  Log log_{[this](std::string_view line) { said_ += line; }, clock_, redactor_};
};

TEST_F(AccessLogTest, WritesEachOnceAndClean) {
  redactor_.add("planted-secret");
  {
    const auto log = must(AccessLog::open(path_of("a.log"), redactor_, log_));
    for (int i = 0; i < 100; ++i) log->add(report_of("/planted-secret/" + std::to_string(i)));
    EXPECT_EQ(log->dropped(), 0u);
  }
  EXPECT_EQ(lines_in(path_of("a.log")), 100);
  EXPECT_EQ(must(read_file(path_of("a.log"))).find("planted-secret"), std::string::npos);
}

TEST_F(AccessLogTest, GoesOnInANewFileWhenItIsToldTo) {
  {
    const auto log = must(AccessLog::open(path_of("a.log"), redactor_, log_));
    std::filesystem::rename(path_of("a.log"), path_of("a.log.1"));
    log->reopen();
    log->add(report_of("/one"));
  }
  EXPECT_EQ(lines_in(path_of("a.log")), 1);
  EXPECT_EQ(lines_in(path_of("a.log.1")), 0);
}

TEST_F(AccessLogTest, WhatCannotBeWrittenIsCountedAndToldOnce) {
  {
    const auto log = must(AccessLog::open("/dev/full", redactor_, log_));
    log->add(report_of("/one"));
    while (log->dropped() < 1) std::this_thread::yield();
    log->add(report_of("/two"));
    while (log->dropped() < 2) std::this_thread::yield();
  }
  EXPECT_NE(said_.find("access log cannot be written"), std::string::npos);
  EXPECT_EQ(said_.find("access log"), said_.rfind("access log"));
}

TEST_F(AccessLogTest, MoreThanItHoldsIsDropped) {
  const auto log = must(AccessLog::open(path_of("a.log"), redactor_, log_, 0));
  log->add(report_of("/one"));
  EXPECT_EQ(log->dropped(), 1u);
}

TEST_F(AccessLogTest, AFileThatCannotBeOpenedIsNamed) {
  const auto log = AccessLog::open(path_of("no/such/folder"), redactor_, log_);
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("no/such/folder"), std::string::npos);
}

}  // namespace
}  // namespace armature::gateway
