#include "sandbox/deployments/delta.h"

#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::must;

TEST(Delta, FollowsTheTable) {
  const struct {
    const char* before;
    const char* after;
    const char* changes;
  } kTable[] = {
      {R"({"a":1})",                                           R"({"a":1})",                          "[]"},
      {R"({"A":1})",                                           R"({"a":1})",                          "[]"},
      {R"({})",                                                R"({"properties":{}})",                "[]"},
      {R"({"tags":{"a":"x"}})",                                R"({"tags":{"a":"y","b":"z"}})",
       R"([{"path":"tags.a","propertyChangeType":"Modify","before":"x","after":"y"},
           {"path":"tags.b","propertyChangeType":"Create","after":"z"}])"                      },
      {R"({"tags":{"a":"x","b":"z"}})",                        R"({"tags":{"b":"z"}})",
       R"([{"path":"tags.a","propertyChangeType":"Delete","before":"x"}])"                                },
      {R"({"tags":{"a.b":"x"}})",                              R"({"tags":{}})",
       R"([{"path":"tags['a.b']","propertyChangeType":"Delete","before":"x"}])"                           },
      {R"({"l":["10.0.0.0/16"]})",                             R"({"l":["10.0.0.0/15"]})",
       R"([{"path":"l","propertyChangeType":"Array","children":[
           {"path":"0","propertyChangeType":"Delete","before":"10.0.0.0/16"},
           {"path":"0","propertyChangeType":"Create","after":"10.0.0.0/15"}]}])"                                          },
      {R"({"l":["a","b","a"]})",                               R"({"l":["a","a","b"]})",              "[]"},
      {R"({"l":[{"name":"one","p":1},{"name":"two","p":2}]})", R"({"l":[{"name":"TWO","p":3}]})",
       R"([{"path":"l","propertyChangeType":"Array","children":[
           {"path":"0","propertyChangeType":"Delete","before":{"name":"one","p":1}},
           {"path":"1","propertyChangeType":"Modify","children":[
             {"path":"name","propertyChangeType":"Modify","before":"two","after":"TWO"},
             {"path":"p","propertyChangeType":"Modify","before":2,"after":3}]}]}])"                                          },
      {R"({"p":{"a":{"b":1}}})",                               R"({"p":{"a":[1]}})",
       R"([{"path":"p.a","propertyChangeType":"Modify","before":{"b":1},"after":[1]}])"                   },
      {R"j({"secret":"(secure value, not kept)"})j",           R"j({"secret":"[parameters('x')]"})j", "[]"},
      {R"({"p":null})",                                        R"({"p":{"z":1,"a":2}})",
       R"([{"path":"p","propertyChangeType":"Create","after":{"a":2,"z":1}}])"                            },
  };
  for (const auto& row : kTable) {
    const Json changes =
        property_changes(must(parse_json(row.before)), must(parse_json(row.after)));
    EXPECT_EQ(dump(changes), dump(must(parse_json(row.changes)))) << row.before << row.after;
  }
}

TEST(Delta, NamesAreInOrderWithoutRegardToCase) {
  EXPECT_EQ(dump(in_name_order(must(parse_json(R"({"b":{"Z":1,"y":2},"A":[{"d":1,"C":2}]})")))),
            R"({"A":[{"C":2,"d":1}],"b":{"y":2,"Z":1}})");
}

}  // namespace
}  // namespace armature::sandbox
