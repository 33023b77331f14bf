#include "base/bytes.h"

#include <gtest/gtest.h>

namespace armature {
namespace {

using namespace std::string_literals;

TEST(Bytes, Base64FollowsRfc4648) {
  const struct {
    std::string bytes, standard, url;
  } kTable[] = {
      {"",              "",         ""        },
      {"f",             "Zg==",     "Zg"      },
      {"fo",            "Zm8=",     "Zm8"     },
      {"foo",           "Zm9v",     "Zm9v"    },
      {"foob",          "Zm9vYg==", "Zm9vYg"  },
      {"fooba",         "Zm9vYmE=", "Zm9vYmE" },
      {"foobar",        "Zm9vYmFy", "Zm9vYmFy"},
      {"\xfb\xff\xfe"s, "+//+",     "-__-"    },
      {"\0\0"s,         "AAA=",     "AAA"     },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.standard);
    EXPECT_EQ(to_base64(row.bytes), row.standard);
    EXPECT_EQ(to_base64url(row.bytes), row.url);
    EXPECT_EQ(*from_base64(row.standard), row.bytes);
    EXPECT_EQ(*from_base64url(row.url), row.bytes);
  }
}

TEST(Bytes, Base64RefusesEveryOtherText) {
  for (const char* text : {"Zg", "Zg=", "Zg===", "====", "=", "Z===", "Zh==", "Zm9=", "Zm 9",
                           "-__-", "Zg==Zg==", "Zm9v\n", "\xc3\xa4=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
  for (const char* text : {"Zg==", "+//+", "Z", "Zh", "Zm9vY", "Zm9v ", "Zm9v="}) {
    EXPECT_FALSE(from_base64url(text)) << text;
  }
}

TEST(Bytes, Hex) {
  EXPECT_EQ(to_hex("\0\x7f\xff"s), "007fff");
  EXPECT_EQ(*from_hex("007FfF"), "\0\x7f\xff"s);
  EXPECT_EQ(*from_hex(""), "");
  for (const char* text : {"0", "0g", "0x", " 0", "+1"}) EXPECT_FALSE(from_hex(text)) << text;
}

TEST(Bytes, Uuid) {
  const std::string text =
      format_uuid("\0\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"s);
  EXPECT_EQ(text, "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_TRUE(is_uuid(text));
  EXPECT_TRUE(is_uuid(to_upper(text)));
  for (const char* wrong :
       {"", "00112233445566778899aabbccddeeff", "{0112233-4455-6677-8899-aabbccddeef}",
        "00112233-4455-6677-8899-aabbccddeefg", "00112233-44556-677-8899-aabbccddeeff"}) {
    EXPECT_FALSE(is_uuid(wrong)) << wrong;
  }
}

TEST(Bytes, CaseIsAsciiAlone) {
  EXPECT_EQ(to_lower("AZ[`\xc3\x84"), "az[`\xc3\x84");
  EXPECT_EQ(to_upper("az{@\xc3\xa4"), "AZ{@\xc3\xa4");
  EXPECT_TRUE(equal_ci("ResourceGroups", "resourcegroups"));
  EXPECT_FALSE(equal_ci("@", "`"));
  EXPECT_FALSE(equal_ci("a", "ab"));
  EXPECT_TRUE(starts_with_ci("Bearer x", "bearer "));
  EXPECT_FALSE(starts_with_ci("Be", "bearer "));
  EXPECT_TRUE(ends_with_ci("login.Microsoft.COM", ".com"));
  EXPECT_FALSE(ends_with_ci("com", ".com"));
}

TEST(Bytes, TrimSplitJoin) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(split("a//b/", '/'), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_EQ(split("", '/'), std::vector<std::string>{""});
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(join({}, ","), "");
}

TEST(Bytes, Nearest) {
  const std::vector<std::string> words = {"schedule", "retries", "tasks"};
  EXPECT_EQ(nearest("shedule", words), "schedule");
  EXPECT_EQ(nearest("RETRYS", words), "retries");
  EXPECT_EQ(nearest("zzzzzz", words), "");
  EXPECT_EQ(nearest("x", {}), "");
}

}  // namespace
}  // namespace armature
