#include "base/log.h"

#include <gtest/gtest.h>

#include "base/testing.h"

namespace armature {
namespace {

using testing::CaptureLog;

constexpr const char* kJwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";

TEST(Log, WritesOneObjectALine) {
  CaptureLog capture;
  JsonObject fields;
  fields["dag_id"] = "etl";
  fields["text"] = "two\nlines \"quoted\"";
  capture.log.info("run finished", fields);
  ASSERT_EQ(capture.lines.size(), 1u);
  EXPECT_EQ(capture.lines[0],
            R"({"ts":"2023-11-14T22:13:20Z","level":"info","event":"run finished",)"
            R"("dag_id":"etl","text":"two\nlines \"quoted\""})");
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  CaptureLog capture;
  Log log([&](std::string_view line) { capture.lines.emplace_back(line); }, capture.clock,
          capture.redactor, Level::kWarning);
  log.debug("no");
  log.info("no");
  log.warning("yes");
  log.error("yes");
  EXPECT_EQ(capture.lines.size(), 2u);
}

TEST(Log, NothingSecretComesOut) {
  CaptureLog capture;
  capture.redactor.add("planted-secret");
  JsonObject inner;
  inner["note"] = "it is planted-secret, really";
  inner["list"] = JsonArray{"x", std::string("Bearer ") + kJwt};
  inner["Authorization"] = "Basic abc";
  inner["password"] = 123456;
  inner["token"] = JsonObject{
      {"value", "short"          },
      {"on",    true             },
      {"all",   JsonArray{"a", 1}}
  };
  inner["token_type"] = "Bearer";
  JsonObject fields;
  fields["request"] = inner;
  capture.log.error("saw planted-secret", fields);
  ASSERT_EQ(capture.lines.size(), 1u);
  EXPECT_EQ(capture.lines[0],
            R"({"ts":"2023-11-14T22:13:20Z","level":"error","event":"saw ***","request":{)"
            R"("note":"it is ***, really","list":["x","Bearer ***"],"Authorization":"***",)"
            R"("password":"***","token":{"value":"***","on":true,"all":["***","***"]},)"
            R"("token_type":"Bearer"}})");
}

TEST(Redactor, CleansText) {
  Redactor redactor;
  redactor.add("abcdefgh");
  redactor.add("abcdefgh-and-more");
  redactor.add("short");
  redactor.add(kJwt);
  const struct {
    std::string text, clean;
  } kTable[] = {
      {"",                              ""                         },
      {"abcdefgh",                      "***"                      },
      {"abcdefghabcdefgh x",            "****** x"                 },
      {"an abcdefgh-and-more b",        "an *** b"                 },
      {"short words stay",              "short words stay"         },
      {std::string("a ") + kJwt + " b", "a *** b"                  },
      {std::string("x") + kJwt,         "x***"                     },
      {"eyJ alone, eyJust.one dot",     "eyJ alone, eyJust.one dot"},
  };
  for (const auto& row : kTable) EXPECT_EQ(redactor.clean(row.text), row.clean);
}

}  // namespace
}  // namespace armature
