#include "base/strict_json.h"

#include <gtest/gtest.h>

namespace armature {
namespace {

TEST(StrictJson, KeysAlikeAreRefused) {
  const struct {
    const char* text;
    bool taken;
  } kTable[] = {
      {R"({"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]})",    true },
      {R"({"a":1,"a":1})",                                false},
      {R"({"a":1,"A":1})",                                false},
      {R"({"a":1,"\u0061":1})",                           false},
      {R"({"a":1,"\u0041":1})",                           false},
      {R"([[{"x":{"deep":1,"Deep":2}}]])",                false},
      {R"({"value":"\"a\":1,\"a\":2"})",                  true },
      {R"({"":1,"":2})",                                  false},
      {"{\"scope\":1,\"\xC5\xBF"
       "cope\":2}",                                false},
      {"{\"kind\":1,\"\xE2\x84\xAA"
       "ind\":2}",                                 false},
      {"{\"tags\":{\"Ad\xC4\xB1\":\"x\",\"Ada\":\"y\"}}", true },
      {"\xEF\xBB\xBF{}",                                  false},
      {"{} {}",                                           false},
      {"{}\n",                                            true },
      {R"({"a":1,})",                                     false},
      {R"({"a":"\ud800"})",                               false},
      {"{\"a\":\"\xC0\xAE\"}",                            false},
      {"1",                                               true },
  };
  for (const auto& row : kTable)
    EXPECT_EQ(bool(parse_strict_json(row.text)), row.taken) << row.text;
}

TEST(StrictJson, ALongKeyInPartsIsStillOneKey) {
  const std::string key(100'000, 'k');
  EXPECT_TRUE(parse_strict_json("{\"" + key + "\":1,\"" + key + "x\":2}"));
  const auto refused = parse_strict_json("{\"" + key + "\":1,\"" + key + "\":2}");
  ASSERT_FALSE(refused);
  EXPECT_LT(refused.error().message.size(), 200u);
}

TEST(StrictJson, DepthIsBounded) {
  EXPECT_FALSE(parse_strict_json(std::string(100'000, '[')));
  EXPECT_FALSE(parse_strict_json(std::string(65, '[') + std::string(65, ']')));
}

}  // namespace
}  // namespace armature
