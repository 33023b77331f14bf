#include "base/relaxed_json.h"

#include <gtest/gtest.h>

namespace armature {
namespace {

TEST(RelaxedJson, ReadsWhatArmReads) {
  const struct {
    const char* name;
    const char* text;
    const char* strict;
  } kTable[] = {
      {"strict",            R"({"a": [1, -2.5e3, true, null]})", R"({"a":[1,-2.5E3,true,null]})"},
      {"a name",            R"({template:{"a":1}})",             R"({"template":{"a":1}})"      },
      {"name with blanks",  "{ $x-1 \n : 1}",                    R"({"$x-1":1})"                },
      {"line comment",      "{// \"x\": ,}\n\"a\":1}",           R"({"a":1})"                   },
      {"block comment",     "[1/* ] \n */,2]",                   "[1,2]"                        },
      {"in a string",       R"({"a":"// no /* comment"})",       R"({"a":"// no /* comment"})"  },
      {"single quotes",     R"({'a':'say "hi", it\'s'})",        R"({"a":"say \"hi\", it's"})"  },
      {"comma at the end",  "{\"a\":[1,2,],}",                   R"({"a":[1,2]})"               },
      {"comma, comment",    "[1, // last\n]",                    "[1]"                          },
      {"lines in a string", "{\"a\":\"one\r\n\ttwo\"}",          R"({"a":"one\r\n\ttwo"})"      },
      {"escapes",           R"({b:"\\\"\u0041"})",               R"({"b":"\\\"A"})"             },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto read = parse_relaxed_json(row.text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(dump(*read), row.strict);
  }
}

TEST(RelaxedJson, RefusesTheRestAndNamesTheLine) {
  for (const char* text : {"", "{", "{\"a\":'x", "{a}", "[1 2]", "/* no end", "{\"a\":\"\\", "nope",
                           "{,}", "[,1]", "{a:b}"}) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(parse_relaxed_json(text));
  }
  const auto wrong = parse_relaxed_json("{// one\n/* two\n three */ a: 1,\n b: }");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("line 4"), std::string::npos) << wrong.error().message;
  EXPECT_FALSE(parse_relaxed_json(std::string(500, '[') + "/**/" + std::string(500, ']')));
}

}  // namespace
}  // namespace armature
