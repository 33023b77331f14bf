#include <gtest/gtest.h>

#include "sandbox/template/testing.h"

namespace armature::sandbox::tmpl {
namespace {

using testing::group_surroundings;
using testing::parsed;

Outcome<Plan> preview(const std::string& rest, const char* given,
                      Preview kind = Preview::kRequest) {
  Surroundings surroundings = group_surroundings();
  surroundings.preview = kind;
  return expand(parsed("{" + rest + "}"), parsed(given), surroundings);
}

constexpr const char* kParameters = R"("parameters":{
    "secret":{"type":"securestring"},
    "other":{"type":"secureObject","defaultValue":{}},
    "later":{"type":"string","defaultValue":"[dateTimeAdd(utcNow('o'), 'PT1H')]"},
    "mixed":{"type":"string","defaultValue":"[concat(parameters('plain'), newGuid())]"},
    "plain":{"type":"string","defaultValue":"p"}},
  "variables":{"tags":{"fixed":"x","when":"[parameters('later')]","twice":"[variables('word')]"},
    "word":"[concat(parameters('plain'), parameters('secret'))]"},)";

// What a property's expression becomes before anything runs.
TEST(Preview, KeepsWhatOnlyTheDeploymentKnows) {
  const struct {
    const char* written;
    const char* shown;  // JSON
  } kTable[] = {
      {"[parameters('plain')]",                                R"("p")"                                                             },
      {"[parameters('secret')]",                               R"("[parameters('secret')]")"                                        },
      {"[string(parameters('other'))]",                        R"("{}")"                                                            },
      {"[parameters('later')]",                                R"("[dateTimeAdd(utcNow('o'), 'PT1H')]")"                            },
      {"[parameters('mixed')]",                                R"("[concat('p', newGuid())]")"                                      },
      {"[toLower(concat(parameters('plain'), 'Q'))]",          R"("pq")"                                                            },
      {"[toLower(concat(parameters('later'), toUpper('q')))]",
       R"("[toLower(concat(dateTimeAdd(utcNow('o'), 'PT1H'), 'Q'))]")"                                                              },
      {"[variables('word')]",                                  R"("[concat('p', parameters('secret'))]")"                           },
      {"[variables('tags')]",
       R"({"fixed":"x","when":"[dateTimeAdd(utcNow('o'), 'PT1H')]","twice":"[concat('p', parameters('secret'))]"})"                 },
      {"[union(variables('tags'), createObject('a', 1))]",
       R"("[union(variables('tags'), json('{\"a\":1}'))]")"                                                                         },
      {"[reference('other').x[parameters('plain')]]",          R"("[reference('other').x['p']]")"                                   },
      {"[listKeys(resourceId('A.B/c', 'd'), '2020-01-01').k]",
       R"("[listKeys('/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg1/providers/A.B/c/d', '2020-01-01').k]")"},
      {"[if(equals(1, 1), 'yes', reference('other').x)]",      R"("yes")"                                                           },
  };
  for (const auto& row : kTable) {
    std::string rest = kParameters;
    rest += R"("resources":[
      {"type":"A.B/c","apiVersion":"2020-01-01","name":"other"},
      {"type":"A.B/c","apiVersion":"2020-01-01","name":"n","properties":{"p":"VALUE"}}])";
    rest.replace(rest.find("VALUE"), 5, row.written);
    const auto plan = preview(rest, R"({"secret":{"value":"hidden"}})");
    ASSERT_TRUE(plan) << row.written << ": " << plan.error().message;
    const auto body = plan->preview_of(1);
    ASSERT_TRUE(body) << row.written << ": " << body.error().message;
    EXPECT_EQ(dump(body->at("properties").at("p")), dump(parsed(row.shown))) << row.written;
    EXPECT_EQ(dump(*body).find("hidden"), std::string::npos) << row.written;
  }
}

TEST(Preview, LeavesOutWhatHasNoIdYet) {
  const auto plan = preview(std::string(kParameters) + R"("resources":[
      {"type":"A.B/c","apiVersion":"2020-01-01","name":"[concat('n', parameters('mixed'))]"},
      {"type":"A.B/c","apiVersion":"2020-01-01","name":"after","dependsOn":["[concat('n', parameters('mixed'))]"]}])",
                            R"({"secret":{"value":"hidden"}})");
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->resources().size(), 1U);
  EXPECT_EQ(plan->resources()[0].name, "after");
  ASSERT_EQ(plan->unidentified().size(), 1U);
  EXPECT_EQ(plan->unidentified()[0].path, "resources[0]");
  EXPECT_EQ(plan->unidentified()[0].type, "A.B/c");
  EXPECT_EQ(plan->unidentified()[0].name, "[concat('n', concat('p', newGuid()))]");
}

// The parent's preview hands on expressions: they are not values, and need not fit the type.
TEST(Preview, TakesExpressionsOfAParent) {
  const auto plan = preview(R"("parameters":{"n":{"type":"int"}},"resources":[
      {"type":"A.B/c","apiVersion":"2020-01-01","name":"a","properties":{"p":"[add(parameters('n'), 1)]","q":"[parameters('ofParent')]"}}])",
                            R"({"n":{"value":"[reference('x').count]"}})", Preview::kNested);
  ASSERT_TRUE(plan) << plan.error().message;
  const auto body = plan->preview_of(0);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(dump(body->at("properties")),
            R"({"p":"[add(reference('x').count, 1)]","q":"[parameters('ofParent')]"})");
}

TEST(Preview, ARunKnowsAll) {
  const auto plan = preview(std::string(kParameters) + R"("resources":[
      {"type":"A.B/c","apiVersion":"2020-01-01","name":"[concat('n', parameters('mixed'))]","properties":{"p":"[parameters('secret')]"}}])",
                            R"({"secret":{"value":"open"}})", Preview::kNo);
  ASSERT_TRUE(plan) << plan.error().message;
  const auto body = plan->preview_of(0);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(text_at(*body, "properties.p"), "open");
}

}  // namespace
}  // namespace armature::sandbox::tmpl
