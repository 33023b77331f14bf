#include "http/message.h"

#include <gtest/gtest.h>

namespace armature::http {
namespace {

TEST(Headers, IgnoreCaseAndKeepOrder) {
  Headers headers{
      {"Accept", "a"},
      {"X-One",  "1"},
      {"x-one",  "2"}
  };
  EXPECT_EQ(headers.get("ACCEPT"), "a");
  EXPECT_EQ(headers.get("x-ONE"), "1");
  EXPECT_EQ(headers.count("X-One"), 2u);
  headers.set("X-ONE", "3");
  EXPECT_EQ(headers.count("x-one"), 1u);
  EXPECT_EQ(headers.get("x-one"), "3");
  headers.remove("accept");
  EXPECT_FALSE(headers.get("Accept"));
  headers.set("New", "n");
  EXPECT_EQ(headers.begin()->first, "X-One");
}

TEST(Url, Parses) {
  const struct {
    const char* text;
    const char* scheme;
    const char* host;
    const char* port;
    const char* target;
  } kTable[] = {
      {"http://a",                    "http",  "a",         "80",   "/"        },
      {"HTTPS://a.b/c?d=e#f",         "https", "a.b",       "443",  "/c?d=e"   },
      {"http://127.0.0.1:8080?x",     "http",  "127.0.0.1", "8080", "/?x"      },
      {"https://[::1]:8443/subs/%20", "https", "::1",       "8443", "/subs/%20"},
      {"http://[::1]",                "http",  "::1",       "80",   "/"        },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.text);
    const auto url = parse_url(row.text);
    ASSERT_TRUE(url);
    EXPECT_EQ(url->scheme, row.scheme);
    EXPECT_EQ(url->host, row.host);
    EXPECT_EQ(url->port, row.port);
    EXPECT_EQ(url->target, row.target);
  }
}

TEST(Url, Refuses) {
  for (const char* text : {"", "/path", "ftp://a/", "http://", "http:///x", "http://a:0/",
                           "http://a:70000/", "http://a:b/", "http://u:p@a/", "http://a b/",
                           "http://a/\r\nX: y", "http://[::1", "http://[evil]/", "http://a:/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Percent, RoundTripsAndRefuses) {
  EXPECT_EQ(percent_encode("a b/ü~"), "a%20b%2F%C3%BC~");
  EXPECT_EQ(percent_decode("a%20b%2F%c3%BC~+"), "a b/ü~+");
  for (const char* text : {"%", "%4", "%zz", "a%g0", "%%41"}) {
    EXPECT_FALSE(percent_decode(text)) << text;
  }
}

TEST(Form, KeepsOrderAndRepeats) {
  const auto form = parse_form("a=1&b=x+y%3D&&a=&c");
  ASSERT_TRUE(form);
  const std::vector<std::pair<std::string, std::string>> want = {
      {"a", "1"   },
      {"b", "x y="},
      {"a", ""    },
      {"c", ""    }
  };
  EXPECT_EQ(*form, want);
  EXPECT_FALSE(parse_form("a=%2"));
  EXPECT_TRUE(parse_form("")->empty());
}

TEST(Target, SplitsAtTheFirstMark) {
  EXPECT_EQ(path_of("/a?b?c"), "/a");
  EXPECT_EQ(query_of("/a?b?c"), "b?c");
  EXPECT_EQ(query_of("/a"), "");
}

}  // namespace
}  // namespace armature::http
