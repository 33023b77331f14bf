#include "sandbox/entra/graph/filter.h"

#include <gtest/gtest.h>

namespace armature::sandbox::graph {
namespace {

TEST(GraphFilter, HoldsForWhatClientsAsk) {
  const Json object = *parse_json(R"({"id":"1","displayName":"Ann's app","appId":"AB-CD","n":2,
      "on":true,"mail":null,"api":{"version":2},
      "servicePrincipalNames":["AB-CD","https://ann.example"]})");
  const struct {
    const char* text;
    bool holds;
  } kTable[] = {
      {"",                                                         true },
      {"appId eq 'ab-cd'",                                         true },
      {"appId eq 'other'",                                         false},
      {"appId ne 'other'",                                         true },
      {"displayName eq 'Ann''s app'",                              true },
      {"displayName in ('x', 'ann''s app')",                       true },
      {"startswith(displayName,'ann')",                            true },
      {"startsWith( displayName , 'bob')",                         false},
      {"servicePrincipalNames/any(c:c eq 'AB-CD')",                true },
      {"servicePrincipalNames/any(c: c eq 'https://ann.example')", true },
      {"servicePrincipalNames/any(c:c eq 'x')",                    false},
      {"on eq true and n eq 2",                                    true },
      {"on eq false or api/version eq 2",                          true },
      {"not (on eq true)",                                         false},
      {"not startswith(appId,'z')",                                true },
      {"mail eq null and gone eq null",                            true },
      {"mail ne null",                                             false},
      {"appId eq 'x' or appId eq 'ab-cd' and on eq false",         false},
      {"(appId eq 'x' or appId eq 'ab-cd') and on eq true",        true },
      {"gone eq 'x'",                                              false},
  };
  for (const auto& row : kTable) {
    const auto filter = read_filter(row.text);
    ASSERT_TRUE(filter) << row.text;
    EXPECT_EQ(filter->holds(object), row.holds) << row.text;
  }
}

TEST(GraphFilter, RefusesWhatItCannotRead) {
  std::string deep = "a eq 1";
  for (int i = 0; i < 100; ++i) deep = "(" + deep + ")";
  std::string negations;
  for (int i = 0; i < 1000; ++i) negations += "not ";
  for (const std::string& text :
       {std::string("appId"), std::string("appId eq"), std::string("appId eq 'x"),
        std::string("eq 'x'"), std::string("appId like 'x'"), std::string("a eq 'x' b eq 'y'"),
        std::string("names/any(a:b eq 'x')"), std::string("names/any()"),
        std::string("startswith(a)"), std::string("a in ()"), deep, negations + "a eq 1",
        std::string(10'000, 'a')}) {
    EXPECT_FALSE(read_filter(text)) << text.substr(0, 60);
  }
}

}  // namespace
}  // namespace armature::sandbox::graph
