#include "base/utf8.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace armature {
namespace {

TEST(Utf8, EveryKindOfBrokenSequenceIsSeenAndMended) {
  struct Row {
    std::string text;
    std::string mended;
  };
  const std::string mark = "\xEF\xBF\xBD";
  const std::vector<Row> broken = {
      {"\xFF",             mark                     },
      {"a\x80z",           "a" + mark + "z"         },
      {"\xC0\xAF",         mark + mark              }, // an overlong slash
      {"\xC3",             mark                     }, // ends too early
      {"\xE2\x82",         mark                     },
      {"\xE2\x82x",        mark + "x"               },
      {"\xE0\x80\xAF",     mark + mark + mark       }, // overlong in three
      {"\xED\xA0\x80",     mark + mark + mark       }, // a surrogate
      {"\xF0\x80\x80\x80", mark + mark + mark + mark},
      {"\xF4\x90\x80\x80", mark + mark + mark + mark}, // above U+10FFFF
      {"12345678\xFE",     "12345678" + mark        },
      {"\xC3\xA9\xC3(",    "\xC3\xA9" + mark + "("  },
  };
  for (const Row& row : broken) {
    EXPECT_FALSE(is_utf8(row.text)) << row.mended;
    EXPECT_EQ(valid_utf8(row.text), row.mended);
    EXPECT_TRUE(is_utf8(row.mended));
  }
}

TEST(Utf8, WhatIsWellFormedStaysAsItIs) {
  for (const std::string text :
       {"", "a", "abcdefghijkl", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\xEF\xBF\xBF",
        "\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF",
        "1234567\xC3\xA9"
        "1234567890"}) {
    EXPECT_TRUE(is_utf8(text)) << text;
    EXPECT_EQ(valid_utf8(text), text);
  }
}

TEST(Utf8, APrefixNeverEndsInHalfACharacter) {
  EXPECT_EQ(utf8_prefix("abc", 5), "abc");
  EXPECT_EQ(utf8_prefix("abc", 2), "ab");
  EXPECT_EQ(utf8_prefix("a\xC3\xA9", 2), "a");
  EXPECT_EQ(utf8_prefix("a\xE2\x82\xAC", 3), "a");
  EXPECT_EQ(utf8_prefix("\x80\x80\x80", 2), "");
}

TEST(Utf8, WrittenJsonIsUtf8WhateverATextHolds) {
  const Json value = JsonObject{
      {"k\xFF", JsonArray{"caf\xC3", "caf\xC3\xA9"}}
  };
  EXPECT_EQ(dump(value), "{\"k\xEF\xBF\xBD\":[\"caf\xEF\xBF\xBD\",\"caf\xC3\xA9\"]}");
  EXPECT_TRUE(parse_json(dump(value)));
  EXPECT_TRUE(parse_json(pretty(value)));
}

}  // namespace
}  // namespace armature
