#include "dag/params.h"

#include <gtest/gtest.h>

namespace armature::dag {
namespace {

DagDef make_dag() {
  DagDef dag(*DagId::parse("d"));
  const auto add = [&](const char* name, const char* schema, std::optional<Json> otherwise) {
    dag.params.push_back({name, parse_json(schema)->get_object(), std::move(otherwise)});
  };
  add("location", R"({"type":"string","enum":["westeurope","northeurope"]})", Json("westeurope"));
  add("count", R"({"type":"integer","minimum":1})", Json(3));
  add("app", R"({"type":"string","pattern":"^[a-z]{2,8}$"})", Json("orders"));
  add("owner", R"({"type":["null","string"]})", Json(nullptr));
  add("secret", R"({"type":"string","minLength":3,"format":"password"})", Json("abc"));
  add("needed", "{}", std::nullopt);
  add("ratio", R"({"type":"number"})", Json(1));
  return dag;
}

TEST(Params, DefaultsStandUnderTheConf) {
  const auto out = resolve_params(
      make_dag(), {
                      {"count",  5           },
                      {"needed", JsonArray{1}},
                      {"owner",  "me"        },
                      {"ratio",  0.5         }
  });
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(dump(Json(*out)),
            R"({"location":"westeurope","count":5,"app":"orders","owner":"me","secret":"abc",)"
            R"("needed":[1],"ratio":5E-1})");
}

TEST(Params, RefusalsSayWhy) {
  struct Row {
    const char* conf;
    const char* why;
  };
  const std::vector<Row> table = {
      Row{R"({})",                  "params.needed: a value is needed, it has no default"},
      Row{R"({"location":"mars"})",
          "params.location: 'mars' is not one of [westeurope, northeurope]"              },
      Row{R"({"count":"3"})",       "params.count: expected integer, found string"       },
      Row{R"({"count":1.5})",       "params.count: expected integer, found number"       },
      Row{R"({"count":0})",         "params.count: 0: "                                  },
      Row{R"({"app":"X"})",         "params.app: 'X' does not match ^[a-z]{2,8}$"        },
      Row{R"({"app":"ab\n"})",      "params.app: 'ab\n' does not match ^[a-z]{2,8}$"     },
      Row{R"({"owner":3})",         "params.owner: expected null, string, found integer" },
      Row{R"({"secret":"xy"})",     "params.secret: the value is not allowed"            },
      Row{R"({"locaton":"x"})",
          "params.locaton: this DAG has no such parameter; did you mean 'location'?"     },
  };
  for (const Row& row : table) {
    SCOPED_TRACE(row.conf);
    JsonObject conf = parse_json(row.conf)->get_object();
    if (row.conf != std::string_view("{}")) conf["needed"] = 1;
    const auto out = resolve_params(make_dag(), conf);
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().code, Code::kInvalid);
    EXPECT_TRUE(out.error().message.starts_with(row.why)) << out.error().message;
  }
}

TEST(Params, LongTextNeverReachesTheRegex) {
  ParamDef param;
  param.schema = parse_json(R"({"type":"string","pattern":"^([a-z]|[0-9])*$"})")->get_object();
  const Json fits(std::string(1024, 'a')), too_long(std::string(1'000'000, 'a'));
  EXPECT_TRUE(check_param(param, &fits));
  EXPECT_FALSE(check_param(param, &too_long));
}

TEST(Params, BrokenSchemasAreFound) {
  for (const char* schema : {R"({"type":"strin"})", R"({"pattern":"(["})", R"({"minimum":"x"})",
                             R"({"items":{"$ref":"#"}})", R"({"enum":3})"}) {
    SCOPED_TRACE(schema);
    ParamDef param;
    param.schema = parse_json(schema)->get_object();
    EXPECT_FALSE(check_param(param, nullptr));
  }
}

}  // namespace
}  // namespace armature::dag
