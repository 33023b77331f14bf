#include "gateway/headers.h"

#include <gtest/gtest.h>

namespace armature::gateway {
namespace {

constexpr auto kUpstream = "https://management.azure.com";
constexpr auto kPublic = "https://127.0.0.1:8443";

TEST(RequestHeaders, CredentialsAndConnectionHeadersStopHere) {
  const http::Headers in{
      {"Authorization",                "Bearer t"        },
      {"Cookie",                       "c"               },
      {"Host",                         "h"               },
      {"Connection",                   "close"           },
      {"X-HTTP-Method-Override",       "DELETE"          },
      {"x-ms-authorization-auxiliary", "Bearer u"        },
      {"X-Forwarded-For",              "1"               },
      {"x-armature-deadline-ms",       "5"               },
      {"Accept-Encoding",              "gzip"            },
      {"Content-Type",                 "application/json"},
      {"If-None-Match",                "*"               },
      {"X-MS-Client-Request-Id",       "r"               },
      {"CommandName",                  "group create"    }
  };
  const auto out = request_headers(in);
  std::vector<std::string> names;
  for (const auto& [name, value] : out) names.push_back(name);
  EXPECT_EQ(names, (std::vector<std::string>{"Content-Type", "If-None-Match",
                                             "X-MS-Client-Request-Id", "CommandName"}));
}

TEST(AnswerHeaders, KeepWhatAzureSaysAboutTheRequest) {
  http::Headers headers{
      {"x-ms-request-id",   "1"      },
      {"Set-Cookie",        "s"      },
      {"Transfer-Encoding", "chunked"},
      {"WWW-Authenticate",  "Bearer" },
      {"Retry-After",       "5"      },
      {"ETag",              "e"      }
  };
  strip_answer_headers(headers);
  EXPECT_EQ(headers.get("x-ms-request-id"), "1");
  EXPECT_EQ(headers.get("retry-after"), "5");
  EXPECT_EQ(headers.get("etag"), "e");
  EXPECT_FALSE(headers.get("set-cookie"));
  EXPECT_FALSE(headers.get("transfer-encoding"));
  EXPECT_FALSE(headers.get("www-authenticate"));
}

TEST(MoveLink, MovesOnlyTheUpstreamsHostAndKeepsTheQuery) {
  EXPECT_EQ(move_link("https://management.azure.com/subscriptions/s?a=1&t=%2B", kUpstream, kPublic),
            "https://127.0.0.1:8443/subscriptions/s?a=1&t=%2B");
  EXPECT_EQ(move_link("HTTPS://Management.Azure.com:443/x", kUpstream, kPublic),
            "https://127.0.0.1:8443/x");
  EXPECT_EQ(move_link("https://management.azure.com.evil.example/x", kUpstream, kPublic),
            std::nullopt);
  EXPECT_EQ(move_link("https://management.azure.com:444/x", kUpstream, kPublic), std::nullopt);
  EXPECT_EQ(move_link("/relative", kUpstream, kPublic), std::nullopt);
}

TEST(MoveLinks, HeadersAndNextLinkAndNothingElse) {
  http::Response response;
  response.headers = {
      {"Content-Type",         "application/json; charset=utf-8"    },
      {"Azure-AsyncOperation", "https://management.azure.com/op?s=1"},
      {"Location",             "https://other.example/x"            }
  };
  response.body =
      R"({"value":[{"link":"https://management.azure.com/keep"}], "nextLink" : "https:\/\/management.azure.com/page?$skiptoken=2", "n":1.50})";
  move_links(response, kUpstream, kPublic);
  EXPECT_EQ(response.headers.get("azure-asyncoperation"), "https://127.0.0.1:8443/op?s=1");
  EXPECT_EQ(response.headers.get("location"), "https://other.example/x");
  EXPECT_EQ(
      response.body,
      R"({"value":[{"link":"https://management.azure.com/keep"}], "nextLink" : "https://127.0.0.1:8443/page?$skiptoken=2", "n":1.50})");
}

TEST(MoveLinks, AQuotedNextLinkInsideTextStays) {
  http::Response response;
  response.headers = {
      {"Content-Type", "application/json"}
  };
  const std::string body = R"({"text":"{\"nextLink\":\"https://management.azure.com/x\"}"})";
  response.body = body;
  move_links(response, kUpstream, kPublic);
  EXPECT_EQ(response.body, body);
}

TEST(LocalTarget, TakesPathsAndOurOwnUrlsOnly) {
  EXPECT_EQ(local_target("/a?b", kPublic, kUpstream), "/a?b");
  EXPECT_EQ(local_target("https://127.0.0.1:8443/a?b", kPublic, kUpstream), "/a?b");
  EXPECT_EQ(local_target("https://management.azure.com/a", kPublic, kUpstream), "/a");
  EXPECT_EQ(local_target("https://example.com/a", kPublic, kUpstream), std::nullopt);
  EXPECT_EQ(local_target("*", kPublic, kUpstream), std::nullopt);
}

TEST(EncodePath, EncodesWhatAPathMayNotHold) {
  EXPECT_EQ(encode_path("/a b/c%d/é?#"), "/a%20b/c%25d/%C3%A9%3F%23");
  EXPECT_EQ(encode_path("/subscriptions/x/resourceGroups/a(b)_c.d-e"),
            "/subscriptions/x/resourceGroups/a(b)_c.d-e");
}

}  // namespace
}  // namespace armature::gateway
