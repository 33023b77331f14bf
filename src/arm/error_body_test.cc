#include "arm/error_body.h"

#include <gtest/gtest.h>

namespace armature::arm {
namespace {

TEST(ReadError, ToleratesWhatProvidersSend) {
  const struct {
    const char* body;
    const char* code;
    const char* message;
  } kTable[] = {
      {R"({"error":{"code":"A","message":"m","target":"t"}})",                "A",              "m"    },
      {R"({"Code":"A","Message":"m","Details":[]})",                          "A",              "m"    },
      {R"({"code":"A","message":"m"})",                                       "A",              "m"    },
      {R"({"error":"invalid_client","error_description":"AADSTS7000215"})",   "invalid_client",
       "AADSTS7000215"                                                                                 },
      {R"("{\"error\":{\"code\":\"A\",\"message\":\"m\"}}")",                 "A",              "m"    },
      {R"({"odata.error":{"code":"A","message":{"lang":"en","value":"m"}}})", "A",              "m"    },
      {"<html>Bad gateway</html>",                                            "HTTP 502",       nullptr},
      {"",                                                                    "HTTP 502",       nullptr},
      {"[]",                                                                  "HTTP 502",       nullptr},
      {R"({"error":null})",                                                   "HTTP 502",       nullptr},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.body);
    const ErrorBody error = read_error(502, row.body);
    EXPECT_EQ(error.code, row.code);
    if (row.message) {
      EXPECT_EQ(error.message, row.message);
    }
    EXPECT_FALSE(error.message.empty());
  }
}

TEST(RootCause, GoesDownThroughDetailsAndWrappedText) {
  const char* body =
      R"({"error":{"code":"DeploymentFailed","message":"outer","details":[{"code":"BadRequest",)"
      R"("message":"{\"error\":{\"code\":\"SkuNotAvailable\",\"message\":\"no such size\"}}"}]}})";
  const ErrorBody cause = root_cause(read_error(400, body));
  EXPECT_EQ(cause.code, "SkuNotAvailable");
  EXPECT_EQ(cause.message, "no such size");
  EXPECT_EQ(root_cause(read_error(400, R"({"error":{"code":"A","message":"m"}})")).code, "A");
}

TEST(ErrorJson, IsReadBackTheSame) {
  ErrorBody error{"A", "m", "t", {Json{{"code", "B"}}}, {Json{{"type", "PolicyViolation"}}}};
  const ErrorBody again = read_error(400, dump(error_json(error)));
  EXPECT_EQ(again.code, "A");
  EXPECT_EQ(again.target, "t");
  EXPECT_EQ(again.details, error.details);
  EXPECT_EQ(again.additional_info, error.additional_info);
  EXPECT_EQ(dump(error_json("A", "m")), R"({"error":{"code":"A","message":"m"}})");
}

}  // namespace
}  // namespace armature::arm
