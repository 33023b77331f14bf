#include "base/json.h"

#include <gtest/gtest.h>

namespace armature {
namespace {

Json parse(std::string_view text) {
  auto value = parse_json(text);
  EXPECT_TRUE(value) << text;
  return value ? *std::move(value) : Json();
}

TEST(Json, KeepsOrderAndWideIntegers) {
  const char* text = R"({"z":1,"a":9007199254740993,"m":[true,null,-1,"\u00e4"]})";
  EXPECT_EQ(dump(parse(text)), R"({"z":1,"a":9007199254740993,"m":[true,null,-1,"ä"]})");
}

TEST(Json, TheLastOfTwoEqualKeysStays) { EXPECT_EQ(int_at(parse(R"({"a":1,"a":2})"), "a"), 2); }

TEST(Json, ErrorsNameThePlace) {
  const struct {
    const char* text;
    const char* place;
  } kTable[] = {
      {"",               "line 1, column 1"},
      {"{\n  \"a\": x}", "line 2, column 8"},
      {"{\"a\":1,}",     "line 1, column 8"},
      {"[1] 2",          "line 1, column"  },
      {"{'a':1}",        "line 1, column 2"},
      {"[1",             "line 1, column"  },
      {"\xff",           "line 1, column 1"},
      {"// no\n1",       "line 1, column 1"},
      {"NaN",            "line 1, column 1"},
      {"\"a\nb\"",       "line 1, column 3"},
  };
  for (const auto& row : kTable) {
    const auto value = parse_json(row.text);
    ASSERT_FALSE(value) << row.text;
    EXPECT_EQ(value.error().code, Code::kInvalid);
    EXPECT_NE(value.error().message.find(row.place), std::string::npos) << value.error().message;
  }
  EXPECT_TRUE(parse_json(" \n 1 \n"));
}

TEST(Json, DepthIsBounded) {
  const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
  EXPECT_TRUE(parse_json(nested(64)));
  EXPECT_FALSE(parse_json(nested(65)));
  EXPECT_FALSE(parse_json(nested(100'000)));
  EXPECT_TRUE(parse_json(nested(3), 3));
  EXPECT_FALSE(parse_json(nested(4), 3));
}

TEST(Json, FindsByPathAndWithoutRegardToCase) {
  const Json value = parse(R"({"properties":{"state":"on","n":3,"b":true},"Id":1,"id":2})");
  EXPECT_EQ(text_at(value, "properties.state"), "on");
  EXPECT_EQ(text_at(value, "properties.n", "?"), "?");
  EXPECT_EQ(int_at(value, "properties.n"), 3);
  EXPECT_EQ(int_at(value, "properties.state", -1), -1);
  EXPECT_TRUE(bool_at(value, "properties.b"));
  EXPECT_EQ(at(value, "properties.missing.deeper"), nullptr);
  EXPECT_EQ(at(value, "Id.x"), nullptr);
  EXPECT_EQ(*find_ci(value.get_object(), "id"), 2);  // the exact one wins
  EXPECT_EQ(*find_ci(value.get_object(), "ID"), 1);  // else the first
  EXPECT_EQ(find_ci(value.get_object(), "i"), nullptr);
  EXPECT_EQ(find(Json(1), "a"), nullptr);
}

TEST(Json, MergePatchFollowsRfc7396) {
  const struct {
    const char *target, *patch, *result;
  } kTable[] = {
      {R"({"a":"b"})",         R"({"a":"c"})",                 R"({"a":"c"})"        },
      {R"({"a":"b"})",         R"({"b":"c"})",                 R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})",         R"({"a":null})",                R"({})"               },
      {R"({"a":"b","b":"c"})", R"({"a":null})",                R"({"b":"c"})"        },
      {R"({"a":["b"]})",       R"({"a":"c"})",                 R"({"a":"c"})"        },
      {R"({"a":"c"})",         R"({"a":["b"]})",               R"({"a":["b"]})"      },
      {R"({"a":{"b":"c"}})",   R"({"a":{"b":"d","c":null}})",  R"({"a":{"b":"d"}})"  },
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})",                 R"({"a":[1]})"        },
      {R"(["a","b"])",         R"(["c","d"])",                 R"(["c","d"])"        },
      {R"({"a":"b"})",         R"(["c"])",                     R"(["c"])"            },
      {R"({"a":"foo"})",       "null",                         "null"                },
      {R"({"a":"foo"})",       R"("bar")",                     R"("bar")"            },
      {R"({"e":null})",        R"({"a":1})",                   R"({"e":null,"a":1})" },
      {R"([1,2])",             R"({"a":"b","c":null})",        R"({"a":"b"})"        },
      {R"({})",                R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"  },
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(dump(merge_patch(parse(row.target), parse(row.patch))), row.result) << row.patch;
  }
}

TEST(Json, CanonicalSortsKeysAtEachDepth) {
  const Json value = parse(R"({"b":[{"y":1,"x":"\n"}],"a":{"d":null,"c":1.5},"B":[]})");
  EXPECT_EQ(canonical(value), R"({"B":[],"a":{"c":1.5E0,"d":null},"b":[{"x":"\n","y":1}]})");
  EXPECT_EQ(canonical(parse(R"({"a":1,"b":2})")), canonical(parse(R"({"b":2,"a":1})")));
}

TEST(Json, PrettyReadsBack) {
  const Json value = parse(R"({"a":[1,{"b":[]}],"c":{}})");
  EXPECT_EQ(pretty(value),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
  EXPECT_EQ(parse(pretty(value)), value);
}

}  // namespace
}  // namespace armature
