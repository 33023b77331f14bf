// Requests that ARM refuses, as data: tests/cases/arm_errors/*.json. Each case: method, path,
// body (JSON) or raw (text), headers, token ("" for none), and the status, the code and a part of
// the message that ARM answers. Marks: {sub} {rg} {tenant}; {ff} a byte that is no UTF-8; {deep}
// 200 objects in one another; {9000} that many letters.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/bytes.h"
#include "base/files.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::must;
using testing::World;

std::string replaced(std::string text, std::string_view mark, const std::string& with) {
  for (std::size_t at = text.find(mark); at != std::string::npos;
       at = text.find(mark, at + with.size())) {
    text.replace(at, mark.size(), with);
  }
  return text;
}

std::string deep_object() {
  std::string out;
  for (int i = 0; i < 200; ++i) out += "\"a\":{";
  return out + std::string(200, '}');
}

std::string filled(const World& world, std::string text) {
  text = replaced(text, "{sub}", world.sub());
  text = replaced(text, "{rg}", world.group());
  text = replaced(text, "{tenant}", world.cloud->tenant());
  text = replaced(text, "{ff}", "\xFF");
  text = replaced(text, "{deep}", deep_object());
  for (const std::size_t count : {9000UL, 5242880UL, 10000000UL}) {
    text = replaced(text, "{" + std::to_string(count) + "}", std::string(count, 'a'));
  }
  return text;
}

http::Response send(World& world, const Json& given) {
  http::Request request;
  request.method = text_at(given, "method");
  request.target = replaced(filled(world, text_at(given, "path")), " ", "%20");
  request.peer = "127.0.0.1";
  const Json* token = find(given, "token");
  const std::string authorization = token ? std::string(as_text(*token)) : "Bearer " + world.token;
  if (!authorization.empty()) request.headers.set("Authorization", authorization);
  if (const Json* headers = find(given, "headers")) {
    for (const auto& [name, value] : headers->as_object()) {
      request.headers.set(name, filled(world, std::string(as_text(value))));
    }
  }
  if (const Json* body = find(given, "body")) request.body = filled(world, dump(*body));
  if (const Json* raw = find(given, "raw"))
    request.body = filled(world, std::string(as_text(*raw)));
  return serve(*world.cloud, request);
}

class ArmErrors : public ::testing::TestWithParam<std::string> {};

TEST_P(ArmErrors, AreAsArmSaysThem) {
  World world;
  world.strict = true;
  world.restart();
  const std::filesystem::path file =
      std::filesystem::path(ARMATURE_SOURCE_DIR) / "tests/cases/arm_errors" / GetParam();
  const Json document = must(parse_json(must(read_file(file))));
  for (const Json& step : document.at("setup").as_array()) {
    const auto made = send(world, step);
    ASSERT_EQ(made.status, int_at(step, "status")) << dump(step) << "\n" << made.body;
  }
  const auto& cases = document.at("cases").as_array();
  EXPECT_GE(cases.size(), 5u);
  for (const Json& one : cases) {
    SCOPED_TRACE(text_at(one, "name") + ": " + text_at(one, "method") + " " +
                 text_at(one, "path").substr(0, 200));
    const auto response = send(world, one);
    EXPECT_EQ(response.status, int_at(one, "status")) << response.body.substr(0, 500);
    const auto body = parse_json(response.body);
    ASSERT_TRUE(body) << response.body.substr(0, 200);
    EXPECT_EQ(text_at(*body, "error.code"), text_at(one, "code")) << response.body.substr(0, 500);
    EXPECT_NE(text_at(*body, "error.message").find(filled(world, text_at(one, "message"))),
              std::string::npos)
        << response.body.substr(0, 800);
    EXPECT_TRUE(response.headers.get("x-ms-request-id"));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ArmErrors,
                         ::testing::Values("addressing.json", "bodies.json", "names.json",
                                           "locks.json", "deployments.json"),
                         [](const auto& param) {
                           return param.param.substr(0, param.param.find('.'));
                         });

}  // namespace
}  // namespace armature::sandbox
