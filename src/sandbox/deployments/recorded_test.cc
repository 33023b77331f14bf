// Requests that Azure answered, sent to the sandbox: the answers are the same, but for times and
// ids that chance gave.
#include <gtest/gtest.h>

#include "base/files.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::must;
using testing::World;

constexpr const char* kSubscription = "5ca082f3-38f2-4bb0-b0a4-c401184ae3a8";

class Recorded : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto text =
        read_file(ARMATURE_SOURCE_DIR "/../shared/data/recordings/arm-interactions.json");
    if (!text) GTEST_SKIP() << "the recordings are not beside the checkout";
    all_ = must(parse_json(*text, 128));
    Options options;
    options.subscription_id = kSubscription;
    world = std::make_unique<World>(options);
  }

  struct Exchange {
    std::string path;
    Json request;
    Json response;
  };
  // The first of the method whose path ends so.
  Exchange exchange(const std::string& method, const std::string& end) const {
    for (const Json& one : all_.as_array()) {
      std::string url = text_at(one, "url");
      url = url.substr(0, url.find('?'));
      if (text_at(one, "method") != method || !url.ends_with(end)) continue;
      const auto part = [&](const char* name) {
        const Json* value = find(one, name);
        const bool text = value && value->is_string() && !value->get_string().empty();
        return text ? must(parse_json(as_text(*value), 128)) : value ? *value : Json(nullptr);
      };
      return {url.substr(std::min(url.find("/subscriptions/"), url.size())), part("request"),
              part("response")};
    }
    return {};
  }
  static std::string comparable(Json answer) {
    auto& properties = answer.as_object().at("properties").as_object();
    for (const char* chance : {"timestamp", "duration", "correlationId"}) properties.erase(chance);
    if (Json* parameters = properties.if_contains("parameters")) {
      parameters->as_object().erase("deleteAfterTime");  // of utcNow()
    }
    return canonical(answer);
  }

  Json all_;
  std::unique_ptr<World> world;
};

TEST_F(Recorded, ADeploymentToAGroup) {
  const std::string name = "deployments/azdtest-d65c7c0-1775762128";
  const Exchange started = exchange("PUT", name);
  ASSERT_FALSE(started.path.empty());
  world->call("PUT", world->group("rg-azdtest-d65c7c0"), R"({"location":"eastus2"})");
  const Exchange valid = exchange("POST", name + "/validate");
  const auto validated = world->call("POST", valid.path, dump(valid.request));
  ASSERT_EQ(validated.status, 200) << validated.body;
  EXPECT_EQ(comparable(must(parse_json(validated.body))), comparable(valid.response));
  const auto answer = world->call("PUT", started.path, dump(started.request));
  ASSERT_EQ(answer.status, 201) << answer.body;
  EXPECT_EQ(comparable(must(parse_json(answer.body))), comparable(started.response));
  const std::string id = text_at(started.response, "id");
  world->cloud->engine().wait_for(id);
  EXPECT_EQ(comparable(world->get(id)), comparable(exchange("GET", name).response));
}

TEST_F(Recorded, AValidationForASubscription) {
  const Exchange valid = exchange("POST", "UpperCaseazdtest-db377d0-1775755075/validate");
  ASSERT_FALSE(valid.path.empty());
  const auto answer = world->call("POST", valid.path, dump(valid.request));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(comparable(must(parse_json(answer.body))), comparable(valid.response));
}

TEST_F(Recorded, HashesOfTemplates) {
  const Exchange hashed = exchange("POST", "calculateTemplateHash");
  const auto answer = world->call("POST", "/providers/Microsoft.Resources/calculateTemplateHash",
                                  dump(hashed.request));
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(must(parse_json(answer.body)), hashed.response);
}

}  // namespace
}  // namespace armature::sandbox
