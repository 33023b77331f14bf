#include "dag/render.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/files.h"

namespace armature::dag {
namespace {

const Json& cases() {
  static const Json kCases = [] {
    const auto text = read_file(ARMATURE_SOURCE_DIR "/tests/cases/jinja/render.json");
    if (!text) return Json(nullptr);
    auto parsed = parse_json(*text);
    return parsed ? *parsed : Json(nullptr);
  }();
  return kCases;
}
const JsonObject& context() { return find(cases(), "context")->get_object(); }

TEST(Render, FollowsTheTable) {
  ASSERT_TRUE(cases().is_object()) << "tests/cases/jinja/render.json";
  const JsonArray& rows = find(cases(), "rows")->get_array();
  EXPECT_GE(rows.size(), 300u);
  for (const Json& row : rows) {
    const std::string text = text_at(row, "template");
    SCOPED_TRACE(text);
    const auto out = render_text(text, context());
    if (const Json* wanted = find(row, "error")) {
      ASSERT_FALSE(out) << *out;
      EXPECT_NE(out.error().message.find(as_text(*wanted)), std::string::npos)
          << out.error().message;
      EXPECT_TRUE(out.error().message.starts_with("line ")) << out.error().message;
    } else if (out) {
      EXPECT_EQ(*out, text_at(row, "text"));
    } else {
      ADD_FAILURE() << out.error().message;
    }
  }
}

TEST(Render, ALoneExpressionKeepsItsType) {
  const struct {
    const char* text;
    Json value;
  } kTable[] = {
      {"{{ 1 + 1 }}",          2                              },
      {                                                      "{{ params.flag }}",                  true                               },
      {                                    "{{ params.list }}",                      JsonArray{3, 1, 2}                                   },
      {                                    "{{ params.nil }}",            nullptr                      },
      {                                                 "{{ '1' }}",                  "1"                           },
      {                                         " {{ 1 }}",                      " 1"                         },
      {                                                                             "{{ 1 }}{{ 2 }}",        "12" },
      { "{{ params.list | length }}", 3},
      {                          "no template\n",                       "no template\n"                                                      },
      {                                                                                                             "{{ params }}",                       *find(Json(context()),                             "params")},
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.text);
    const auto out = render_value(Json(row.text), context());
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(*out, row.value);
  }
}

TEST(Render, WalksValuesAndNamesTheBrokenPlace) {
  const Json value = *parse_json(R"({"a": ["{{ params.env }}", 2], "{{ b }}": {"c": "x"}})");
  EXPECT_EQ(dump(*render_value(value, context())), R"({"a":["prod",2],"{{ b }}":{"c":"x"}})");
  const auto bad = render_value(*parse_json(R"({"a": ["{{ nope }}"]})"), context());
  ASSERT_FALSE(bad);
  EXPECT_TRUE(bad.error().message.starts_with("a: [0]: line 1, column 4")) << bad.error().message;
}

TEST(Render, ARenderedTextIsNotRenderedAgain) {
  const JsonObject hostile = {
      {"x",      "{{ secret }}"},
      {"secret", "s3cret"      }
  };
  EXPECT_EQ(*render_text("{{ x }}", hostile), "{{ secret }}");
}

TEST(Render, ConditionsAreExpressions) {
  const struct {
    const char* text;
    bool yes;
  } kTable[] = {
      {"{{ params.env == 'prod' }}", true },
      {"{{ '' }}",                   false},
      {"  {{ 1 }}  ",                true },
      {"{{ 'false' }}",              true },
      {"false",                      false},
      {"true",                       true },
      {"{{ params.list }}",          true },
      {"{{ none }}",                 false}
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.text);
    const auto out = render_condition(row.text, context());
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(*out, row.yes);
  }
  EXPECT_FALSE(render_condition("{{ params.env }} == 'prod'", context()));
  EXPECT_FALSE(render_condition("{{ nope }}", context()));
}

TEST(Render, GuidIsArmsGuid) {
  EXPECT_EQ(*render_text("{{ guid('a', 'b') }}", {}), arm_guid("a-b"));
}

TEST(Render, TellsWhatATemplateReads) {
  const struct {
    const char* text;
    std::vector<std::string> paths;
  } kTable[] = {
      {"{{ params.env }}-{{ params['app'] }}",                                          {"params.env", "params.app"}  },
      {"{{ tasks.deploy.output.id.lower() }}",                                          {"tasks.deploy.output.id"}    },
      {"{{ tasks[params.x].output }}",                                                  {"params.x", "tasks"}         },
      {"{{ params.list[0].name }}",                                                     {"params.list"}               },
      {"{% for x in params.list %}{{ x.y }}{{ loop.index }}{{ z }}{% endfor %}{{ x }}",
       {"params.list", "z", "x"}                                                                                      },
      {"{% set a = run_id %}{{ a }}",                                                   {"run_id"}                    },
      {"{{ guid(dag.dag_id) }}{{ macros.ds_add(ds, 1) }}",                              {"dag.dag_id", "macros", "ds"}},
      {"{{ x | default(y) }}",                                                          {"x", "y"}                    },
      {"plain",                                                                         {}                            },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.text);
    const auto parsed = Template::parse(row.text);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->paths(), row.paths);
  }
  EXPECT_EQ(Template::parse("{{ params.a }}{{ params.b }}{{ ds }}")->names(),
            (std::vector<std::string>{"params", "ds"}));
}

std::string many(int count, const std::string& piece) {
  std::string out;
  for (int i = 0; i < count; ++i) out += piece;
  return out;
}

TEST(Render, StaysWithinItsBounds) {
  struct Row {
    const char* name;
    std::string text;
    const char* why;
  };
  // clang-format off
  const Row kTable[] = {
      {"input", std::string(300'000, 'x') + "{{ 1 }}", "longer than 256 KiB"},
      {"parentheses", "{{ " + many(3000, "(") + "1" + many(3000, ")") + " }}", "64 deep"},
      {"minus signs", "{{ " + many(3000, "-") + "1 }}", "64 deep"},
      {"not not", "{{ " + many(3000, "not ") + "1 }}", "64 deep"},
      {"a long sum", "{{ 1" + many(3000, "+1") + " }}", "64 deep"},
      {"a long path", "{{ a" + many(3000, ".b") + " }}", "64 deep"},
      {"indexes", "{{ a" + many(3000, "[a") + many(3000, "]") + " }}", "64 deep"},
      {"lists", "{{ " + many(3000, "[") + many(3000, "]") + " }}", "64 deep"},
      {"blocks", many(3000, "{% if 1 %}"), "too deeply"},
      {"loops", "{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}",
       "100,000 loop steps"},
      {"a range", "{{ range(200000) }}", "100,000 numbers"},
      {"output", "{% for a in range(2000) %}{{ 'x' * 1000 }}{% endfor %}", "1 MiB"},
      {"a long text", "{{ 'x' * 2000000 }}", "too large"},
      {"doubling a text", "{% set s = 'xxxxxxxx' %}" + many(40, "{% set s = s ~ s %}"), "too large"},
      {"doubling a list", "{% set s = [1] %}" + many(60, "{% set s = s + s %}"), "too much work"},
      {"nesting a list", "{% set s = [1] %}" + many(90, "{% set s = [s] %}"), "64 deep"},
      {"a tree of lists", "{% set s = [1] %}" + many(60, "{% set s = [s, s] %}"), "too much work"},
      {"deep JSON", "{{ '" + many(100, "[") + many(100, "]") + "' | fromjson }}", "line 1"},
  };
  // clang-format on
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto out = render_text(row.text, {});
    ASSERT_FALSE(out);
    EXPECT_NE(out.error().message.find(row.why), std::string::npos) << out.error().message;
  }
}

}  // namespace
}  // namespace armature::dag
