#include "cli/output.h"

#include <gtest/gtest.h>

namespace armature::cli {
namespace {

Json sample() {
  return *parse_json(
      R"([{"id":"etl","paused":false,"next":null,"tags":["a","b"],"access":{"identity":"p"}},
          {"id":"a-longer-one","paused":true,"next":"2026-01-01","tags":[]}])");
}

TEST(Output, TableColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(to_table(sample().get_array(),
                     {
                         {"DAG_ID", "id"             },
                         {"PAUSED", "paused"         },
                         {"ID",     "access.identity"}
  }),
            "DAG_ID        PAUSED  ID\n"
            "etl           false   p\n"
            "a-longer-one  true    -\n");
}

TEST(Output, FieldsForOneObject) {
  EXPECT_EQ(to_fields(sample().get_array()[0],
                      {
                          {"id",       "id"  },
                          {"next run", "next"}
  }),
            "id:       etl\nnext run: -\n");
}

TEST(Output, YamlReadsBackAsTheSameValues) {
  EXPECT_EQ(to_yaml(sample()),
            "- id: etl\n"
            "  paused: false\n"
            "  next: null\n"
            "  tags:\n"
            "    - a\n"
            "    - b\n"
            "  access:\n"
            "    identity: p\n"
            "- id: a-longer-one\n"
            "  paused: true\n"
            "  next: \"2026-01-01\"\n"
            "  tags: []\n");
  EXPECT_EQ(to_yaml(*parse_json(R"({"a":"no","b":"1","c":"x: y","d":{}})")),
            "a: \"no\"\nb: \"1\"\nc: \"x: y\"\nd: {}\n");
}

}  // namespace
}  // namespace armature::cli
