#include "gateway/read_back.h"

#include <gtest/gtest.h>

#include <ostream>

#include "base/time.h"

namespace armature::gateway {
namespace {

struct Row {
  const char* name;
  const char* sent;
  bool deployment;
  int status;
  const char* there;
  Evidence evidence;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class JudgePut : public ::testing::TestWithParam<Row> {};

TEST_P(JudgePut, FollowsTheTable) {
  const Row& row = GetParam();
  const Json body = parse_json(row.sent).has_value() ? *parse_json(row.sent) : Json();
  const Sent sent{body, *from_rfc3339("2026-03-01T12:00:00Z"), row.deployment};
  EXPECT_EQ(judge_put(sent, row.status, row.there), row.evidence);
}

constexpr auto kHappened = Evidence::kHappened;
constexpr auto kAbsent = Evidence::kAbsent;
constexpr auto kUnclear = Evidence::kUnclear;
const Row kRows[] = {
    {"absent",                                        R"({})",                                         false, 404, R"({"error":{}})", kAbsent  },
    {"no right to read",                              R"({})",                                         false, 403, R"({"error":{}})", kUnclear },
    {"not json",                                      R"({})",                                         false, 200, "<html>",          kUnclear },
    {"same",                                          R"({"location":"West US","tags":{"a":"1"}})",    false, 200,
     R"({"id":"/x","location":"westus","tags":{"a":"1"},"properties":{"provisioningState":"Succeeded"}})",
     kHappened                                                                                                                                 },
    {"still running",                                 R"({"location":"westus"})",                      false, 200,
     R"({"location":"westus","properties":{"provisioningState":"Creating"}})",                                                        kHappened},
    {"older version",                                 R"({"location":"westus","tags":{"a":"2"}})",     false, 200,
     R"({"location":"westus","tags":{"a":"1"}})",                                                                                     kAbsent  },
    {"new tag not there yet",                         R"({"tags":{"a":"1","b":"2"}})",                 false, 200,
     R"({"tags":{"a":"1"},"systemData":{"createdAt":"2026-03-01T11:00:00Z"}})",                                                       kAbsent  },
    {"password is not given back, but it is new",     R"({"properties":{"user":"u","password":"p"}})",
     false,                                                                                                   200,
     R"({"properties":{"user":"u"},"systemData":{"createdAt":"2026-03-01T12:00:00.5Z"}})",                                            kHappened},
    {"new, but not ours",                             R"({"properties":{"user":"u"}})",                false, 200,
     R"({"properties":{"user":"v"},"systemData":{"createdAt":"2026-03-01T12:00:01Z"}})",                                              kAbsent  },
    {"failed",                                        R"({"location":"westus"})",                      false, 200,
     R"({"location":"westus","properties":{"provisioningState":"Failed"}})",                                                          kAbsent  },
    {"being deleted",                                 R"({"location":"westus"})",                      false, 200,
     R"({"location":"westus","properties":{"provisioningState":"Deleting"}})",                                                        kAbsent  },
    {"numbers by value",                              R"({"properties":{"size":1.0,"on":true}})",      false, 200,
     R"({"properties":{"size":1,"on":true}})",                                                                                        kHappened},
    {"arrays whole",                                  R"({"properties":{"list":[1,2]}})",              false, 200,
     R"({"properties":{"list":[1,2,3]}})",                                                                                            kAbsent  },
    {"role definition with and without subscription",
     R"({"properties":{"roleDefinitionId":"/providers/Microsoft.Authorization/roleDefinitions/AB"}})",
     false,                                                                                                   200,
     R"({"properties":{"roleDefinitionId":"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/ab"}})",
     kHappened                                                                                                                                 },
    {"deployment running",                            R"({})",                                         true,  200,
     R"({"properties":{"provisioningState":"Running","timestamp":"2026-03-01T11:00:00Z"}})",                                          kHappened},
    {"deployment done since",                         R"({})",                                         true,  200,
     R"({"properties":{"provisioningState":"Succeeded","timestamp":"2026-03-01T12:00:00.1234567Z"}})",
     kHappened                                                                                                                                 },
    {"deployment of before",                          R"({})",                                         true,  200,
     R"({"properties":{"provisioningState":"Succeeded","timestamp":"2026-03-01T11:59:59Z"}})",                                        kAbsent  },
    {"deployment failed",                             R"({})",                                         true,  200,
     R"({"properties":{"provisioningState":"Failed","timestamp":"2026-03-01T12:00:01Z"}})",                                           kAbsent  },
};
INSTANTIATE_TEST_SUITE_P(Table, JudgePut, ::testing::ValuesIn(kRows));

TEST(JudgeDelete, IsSettledByWhatIsStillThere) {
  const Instant sent = *from_rfc3339("2026-03-01T12:00:00Z");
  const auto judge = [&](int status, const char* there) {
    return judge_delete(status, there, sent);
  };
  EXPECT_EQ(judge(404, ""), Evidence::kHappened);
  EXPECT_EQ(judge(204, ""), Evidence::kHappened);
  EXPECT_EQ(judge(200, "{}"), Evidence::kAbsent);
  EXPECT_EQ(judge(403, ""), Evidence::kUnclear);
  EXPECT_EQ(judge(200, R"({"systemData":{"createdAt":"2026-03-01T11:59:59Z"}})"),
            Evidence::kAbsent);
  EXPECT_EQ(judge(200, R"({"systemData":{"createdAt":"2026-03-01T12:00:01Z"}})"),
            Evidence::kHappened)
      << "made anew by somebody else";
}

TEST(StatusOfDeleted, IsOneThatTheOperationHas) {
  EXPECT_EQ(status_of_deleted("/subscriptions/s/resourceGroups/rg"), 200);
  EXPECT_EQ(status_of_deleted("/subscriptions/s/RESOURCEGROUPS/rg"), 200);
  EXPECT_EQ(status_of_deleted("/subscriptions/s/resourceGroups/rg/providers/Microsoft.Web/sites/a"),
            204);
  EXPECT_EQ(status_of_deleted("not an id"), 204);
}

TEST(JudgePatch, HoldsWhatAMergePatchLeaves) {
  const struct {
    const char* name;
    const char* sent;
    int status;
    const char* there;
    Evidence evidence;
  } kTable[] = {
      {"a value",         R"({"tags":{"a":"1"}})",        200, R"({"tags":{"a":"1","b":"2"}})", kHappened},
      {"another value",   R"({"tags":{"a":"1"}})",        200, R"({"tags":{"a":"2"}})",         kAbsent  },
      {"no value",        R"({"tags":{"a":"1"}})",        200, R"({"properties":{}})",          kAbsent  },
      {"removed",         R"({"tags":{"a":null}})",       200, R"({"tags":{"b":"2"}})",         kHappened},
      {"not removed",     R"({"tags":{"a":null}})",       200, R"({"tags":{"a":"2"}})",         kAbsent  },
      {"null stays null", R"({"identity":null})",         200, R"({"identity":null})",          kHappened},
      {"a list",          R"({"zones":["1","2"]})",       200, R"({"zones":["1","2"]})",        kHappened},
      {"a longer list",   R"({"zones":["1"]})",           200, R"({"zones":["1","1"]})",        kAbsent  },
      {"write-only",      R"({"properties":{"pw":"x"}})", 200, R"({"properties":{}})",          kAbsent  },
      {"nothing there",   R"({"tags":{}})",               404, R"({})",                         kUnclear },
      {"no right",        R"({"tags":{}})",               403, R"({})",                         kUnclear },
      {"no object",       R"([1])",                       200, R"({})",                         kUnclear },
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(judge_patch(*parse_json(row.sent), row.status, row.there), row.evidence) << row.name;
  }
}

}  // namespace
}  // namespace armature::gateway
