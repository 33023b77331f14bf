#include "gateway/cloud_metadata.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace armature::gateway {
namespace {

Json ask(const std::string& target) {
  http::Request request;
  request.target = target;
  const auto answer =
      cloud_metadata(request, "https://localhost:8081", "https://login.microsoftonline.com");
  return answer ? *parse_json(answer->body) : Json();
}

TEST(CloudMetadata, HasTheShapeOfItsVersion) {
  const Json now = ask("/metadata/endpoints?api-version=2022-09-01");
  EXPECT_EQ(text_at(now, "resourceManager"), "https://localhost:8081");
  EXPECT_EQ(text_at(now, "authentication.loginEndpoint"), "https://login.microsoftonline.com");
  EXPECT_EQ(find(*at(now, "authentication"), "audiences")->get_array().size(), 2u);
  const Json list = ask("/metadata/endpoints?api-version=2019-05-01");
  ASSERT_TRUE(list.is_array());
  EXPECT_EQ(text_at(list.get_array()[0], "resourceManager"), "https://localhost:8081");
  const Json flat = ask("/metadata/endpoints?api-version=2015-01-01");
  EXPECT_EQ(text_at(flat, "authentication.loginEndpoint"), "https://login.microsoftonline.com");
  EXPECT_TRUE(ask("/metadata/endpoints").is_object());
}

TEST(CloudMetadata, AnswersNothingElse) {
  EXPECT_TRUE(ask("/metadata/endpoints/x").is_null());
  EXPECT_TRUE(ask("/subscriptions").is_null());
  http::Request post;
  post.method = "POST";
  post.target = "/metadata/endpoints";
  EXPECT_FALSE(cloud_metadata(post, "https://localhost:8081", "https://a.example"));
}

}  // namespace
}  // namespace armature::gateway
