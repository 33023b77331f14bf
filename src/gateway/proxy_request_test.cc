#include "gateway/proxy_request.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace armature::gateway {
namespace {

http::Request connect_to(const std::string& authority, const std::string& host) {
  http::Request request;
  request.method = "CONNECT";
  request.target = authority;
  if (!host.empty()) request.headers.set("Host", host);
  return request;
}

TEST(ProxyRequest, ReadsWhereTo) {
  const struct {
    const char* authority;
    const char* host_header;
    const char* host;
  } kTable[] = {
      {"management.azure.com:443", "management.azure.com:443", "management.azure.com"},
      {"management.azure.com:443", "management.azure.com",     "management.azure.com"},
      {"management.azure.com:443", "",                         "management.azure.com"},
      {"MANAGEMENT.Azure.COM:443", "management.azure.com:443", "management.azure.com"},
      {"a-1.vault.azure.net:443",  "A-1.vault.azure.net:443",  "a-1.vault.azure.net" },
      {"localhost:443",            "localhost:443",            "localhost"           },
      {"xn--e1afmkfd.example:443", "",                         "xn--e1afmkfd.example"},
  };
  for (const auto& row : kTable) {
    const auto target = read_connect(connect_to(row.authority, row.host_header));
    ASSERT_TRUE(target) << row.authority << ": " << target.error().message;
    EXPECT_EQ(target->host, row.host);
    EXPECT_EQ(target->port, "443");
  }
}

TEST(ProxyRequest, RefusesWhatNamesNoHost) {
  const std::string long_label(64, 'a');
  std::string long_name;
  while (long_name.size() < 260) long_name += "aaaaaaaa.";
  const std::string kTable[] = {
      "",
      "management.azure.com",
      "management.azure.com:",
      "management.azure.com:0",
      "management.azure.com:0443",
      "management.azure.com:+443",
      "management.azure.com:65536",
      "management.azure.com:443443443443",
      "management.azure.com:443 ",
      "management.azure.com.:443",
      "management.azure.com..:443",
      "management..azure.com:443",
      ".management.azure.com:443",
      "-management.azure.com:443",
      "user@management.azure.com:443",
      "management.azure.com:443@evil.example:443",
      "https://management.azure.com:443",
      "management.azure.com/x:443",
      "management.azure.com%00.evil.example:443",
      "management.azure.com%2eevil:443",
      "management\xe3\x80\x82"
      "azure.com:443",
      "m\xd0\xb0nagement.azure.com:443",
      "127.0.0.1:443",
      "127.1:443",
      "2130706433:443",
      "0x7f000001:443",
      "0x7f.1:443",
      "1.2.3.4x:443",
      "[::1]:443",
      "[::ffff:127.0.0.1]:443",
      "::1:443",
      "a_b.example:443",
      long_label + ".example:443",
      long_name + "com:443",
  };
  for (const std::string& authority : kTable) {
    const auto target = read_connect(connect_to(authority, ""));
    ASSERT_FALSE(target) << authority;
    EXPECT_EQ(target.error().code, Code::kInvalid);
  }
}

TEST(ProxyRequest, HostMustNameTheSame) {
  for (const char* host : {"evil.example", "management.azure.com:8443", "management.azure.com.",
                           "management.azure.com.evil.example", "management.azure.com:443:443"}) {
    EXPECT_FALSE(read_connect(connect_to("management.azure.com:443", host))) << host;
  }
  auto two = connect_to("management.azure.com:443", "management.azure.com:443");
  two.headers.add("Host", "management.azure.com:443");
  EXPECT_FALSE(read_connect(two));
}

http::Headers credential(const std::string& value) {
  return {
      {"Proxy-Authorization", value}
  };
}

TEST(ProxyRequest, ReadsThePassword) {
  const struct {
    std::string text;
    const char* password;
  } kTable[] = {
      {"attempt:s.e.cret", "s.e.cret"   },
      {":only",            "only"       },
      {"user:with:colons", "with:colons"},
      {"user:",            ""           },
      {"caf\xc3\xa9:p",    "p"          },
  };
  for (const auto& row : kTable) {
    for (const char* scheme : {"Basic ", "basic ", "BASIC   "}) {
      const auto read = read_credential(credential(scheme + to_base64(row.text)));
      ASSERT_TRUE(read && *read) << row.text;
      EXPECT_EQ((*read)->reveal(), row.password);
    }
  }
  const auto none = read_credential({});
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

TEST(ProxyRequest, RefusesOtherCredentials) {
  for (const std::string& value :
       {std::string(), std::string("Basic"), std::string("Basic "), std::string("Bearer abc"),
        std::string("Basic !!!!"), "Basic " + to_base64("no colon"),
        "Basic " + to_base64("a:b\r\nX: y"), "Basic " + to_base64(std::string("a:\0b", 4)),
        "Basic " + std::string(20'000, 'A'), std::string("BasicYTpi")}) {
    EXPECT_FALSE(read_credential(credential(value))) << value.substr(0, 40);
  }
  auto two = credential("Basic " + to_base64("a:b"));
  two.add("proxy-authorization", "Basic " + to_base64("a:c"));
  EXPECT_FALSE(read_credential(two));
}

TEST(ProxyRequest, HostPatterns) {
  EXPECT_TRUE(host_matches("*", "anything.example"));
  EXPECT_TRUE(host_matches("pypi.org", "pypi.org"));
  EXPECT_TRUE(host_matches("*.pypi.org", "files.pypi.org"));
  EXPECT_FALSE(host_matches("*.pypi.org", "pypi.org"));
  EXPECT_FALSE(host_matches("*.pypi.org", "evilpypi.org"));
  EXPECT_FALSE(host_matches("pypi.org", "pypi.org.evil.example"));
  EXPECT_FALSE(host_matches("", "pypi.org"));
  EXPECT_TRUE(same_authority("Management.Azure.com:443", "management.azure.com"));
  EXPECT_FALSE(same_authority("management.azure.com:80", "management.azure.com"));
  EXPECT_FALSE(same_authority("", "management.azure.com"));
}

}  // namespace
}  // namespace armature::gateway
