#include <gtest/gtest.h>

#include "sandbox/template/template.h"
#include "sandbox/template/testing.h"

namespace armature::sandbox::tmpl {
namespace {

using testing::FakeLookup;
using testing::group_surroundings;
using testing::parsed;

constexpr std::string_view kGroup =
    "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg1";

Outcome<Json> nested_body(std::string_view properties, FakeLookup& lookup) {
  auto plan = expand(parsed(R"({"parameters":{"p":{"type":"string","defaultValue":"outer"}},
    "variables":{"v":"[[odd]"},
    "resources":[{"type":"A.B/c","apiVersion":"9","name":"mine"},
     {"type":"Microsoft.Resources/deployments","apiVersion":"2021-04-01","name":"d",
      "dependsOn":["mine"],"properties":)" +
                            std::string(properties) + "}]}"),
                     parsed("{}"), group_surroundings());
  if (!plan) return plan.error();
  return plan->body_of(1, lookup);
}

TEST(Nested, InnerScopeIsPassedOnUntouched) {
  FakeLookup lookup;
  const auto body = nested_body(R"({"mode":"Incremental",
    "expressionEvaluationOptions":{"scope":"inner"},
    "parameters":{"x":{"value":"[parameters('p')]"}},
    "template":{"parameters":{"x":{"type":"string"}},
      "resources":[{"name":"[parameters('x')]","v":"[unknownHere(]"}]}})",
                                lookup);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_EQ(text_at(*body, "properties.parameters.x.value"), "outer");
  const Json& inside = *at(*body, "properties.template.resources");
  EXPECT_EQ(dump(inside), R"([{"name":"[parameters('x')]","v":"[unknownHere(]"}])");
}

TEST(Nested, OuterScopeBecomesLiteralsButRunTimeFunctionsStay) {
  FakeLookup lookup;
  lookup.otherwise = parsed(R"({"q":"parent's"})");
  const auto body = nested_body(R"({"mode":"Incremental","template":{
      "variables":{"v":"inner"},
      "resources":[
       {"type":"A.B/e","apiVersion":"1","name":"[concat('n', copyIndex())]",
        "copy":{"name":"loop","count":2}},
       {"type":"A.B/e","apiVersion":"1","name":"[parameters('p')]","dependsOn":["loop"],
        "properties":{"odd":"[variables('v')]","own":"[reference('mine').q]",
          "later":"[concat(reference(resourceId('A.B/e', parameters('p')), '1').z, parameters('p'))]"}}],
      "outputs":{"o":{"type":"string",
        "value":"[reference(resourceId('A.B/e','n0'),'1').out]"}}}})",
                                lookup);
  ASSERT_TRUE(body) << body.error().message;
  const Json& document = *at(*body, "properties.template");
  EXPECT_EQ(find(document, "variables"), nullptr);
  EXPECT_EQ(
      dump(document.at("resources")),
      R"([{"type":"A.B/e","apiVersion":"1","name":"n0"},)"
      R"({"type":"A.B/e","apiVersion":"1","name":"n1"},)"
      R"({"type":"A.B/e","apiVersion":"1","name":"outer","dependsOn":["A.B/e/n0","A.B/e/n1"],)"
      R"("properties":{"odd":"[[odd]","own":"parent's","later":)"
      R"("[concat(reference(')" +
          std::string(kGroup) + R"(/providers/A.B/e/outer', '1').z, 'outer')]"}}])");
  EXPECT_EQ(text_at(document, "outputs.o.value"),
            "[reference('" + std::string(kGroup) + "/providers/A.B/e/n0', '1').out]");
  // What came out is a template of its own.
  auto inner = expand(document, parsed("{}"), group_surroundings());
  ASSERT_TRUE(inner) << inner.error().message;
  EXPECT_EQ(inner->resources()[2].depends_on, (std::vector<std::size_t>{0, 1}));
}

}  // namespace
}  // namespace armature::sandbox::tmpl
