#include <gtest/gtest.h>

#include <algorithm>

#include "arm/operation.h"
#include "arm/testing.h"

namespace armature::arm {
namespace {

const std::string kSub = "/subscriptions/s";
const std::string kRg = "/subscriptions/s/resourceGroups/rg";

Operation deployment(const std::string& scope) {
  auto op = operation_of(
      "PUT", (scope == "/" ? "" : scope) + "/providers/Microsoft.Resources/deployments/d");
  EXPECT_TRUE(op);
  return *std::move(op);
}

Result<std::vector<Need>> needs(const std::string& scope, const std::string& resources,
                                const std::string& more = "") {
  const auto body = parse_json(R"({"properties":{"mode":"Incremental")" + more +
                               R"(,"template":{"resources":)" + resources + "}}}");
  EXPECT_TRUE(body) << resources;
  return template_needs(deployment(scope), *body);
}

TEST(TemplateNeeds, FollowsTheTable) {
  const std::string nested = R"("type":"Microsoft.Resources/deployments","name":"n")";
  const std::string inner =
      R"("properties":{"mode":"Incremental","template":{"resources":[{"type":"A.B/c","name":"x"}]}})";
  const std::string nested_write = "Microsoft.Resources/deployments/write";
  const struct {
    const char* name;
    std::string scope;
    std::string resources;
    std::vector<Need> wanted;
  } kTable[] = {
      {"none",                               kRg, "[]",                                                                                    {}                    },
      {"two alike",
       kRg,                                       R"([{"type":"A.B/c","name":"[x]"},{"type":"a.b/C","name":"y"}])",
       {{"A.B/c/write", kRg}}                                                                                                                                    },
      {"children",
       kRg,                                       R"([{"type":"A.B/c","resources":[{"type":"d","resources":[{"type":"A.B/c/d/e"}]}]}])",
       {{"A.B/c/write", kRg}, {"A.B/c/d/write", kRg}, {"A.B/c/d/e/write", kRg}}                                                                                  },
      {"symbolic and existing",
       kRg,                                       R"({"a":{"type":"A.B/c","existing":true},"b":{"type":"A.B/d","existing":false}})",
       {{"A.B/c/read", kRg}, {"A.B/d/write", kRg}}                                                                                                               },
      {"group",
       kSub,                                      R"([{"type":"Microsoft.Resources/resourceGroups","name":"g"}])",
       {{"Microsoft.Resources/subscriptions/resourceGroups/write", kSub}}                                                                                        },
      {"role assignment",
       kRg,                                       R"([{"type":"Microsoft.Authorization/roleAssignments","name":"g"}])",
       {{"Microsoft.Authorization/roleAssignments/write", kRg}}                                                                                                  },
      {"nested here",
       kRg,                                       "[{" + nested + "," + inner + "}]",
       {{nested_write, kRg}, {"A.B/c/write", kRg}}                                                                                                               },
      {"nested in another group",
       kRg,                                       "[{" + nested + R"(,"resourceGroup":"Other",)" + inner + "}]",
       {{nested_write, kSub + "/resourceGroups/Other"},
        {"A.B/c/write", kSub + "/resourceGroups/Other"}}                                                                                                         },
      {"nested in another subscription",
       kSub,                                      "[{" + nested + R"(,"subscriptionId":"T","resourceGroup":"g",)" + inner + "}]",
       {{nested_write, "/subscriptions/t/resourceGroups/g"},
        {"A.B/c/write", "/subscriptions/t/resourceGroups/g"}}                                                                                                    },
      {"nested in a management group",
       "/",                                       "[{" + nested + R"(,"scope":"Microsoft.Management/managementGroups/m",)" + inner + "}]",
       {{nested_write, "/providers/Microsoft.Management/managementGroups/m"},
        {"A.B/c/write", "/providers/Microsoft.Management/managementGroups/m"}}                                                                                   },
      {"literal relative scope",
       kRg,                                       R"([{"type":"A.B/lock","scope":"C.D/e/f"}])",
       {{"A.B/lock/write", kRg + "/providers/C.D/e/f"}}                                                                                                          },
      {"tenant scope",                       kRg, R"([{"type":"A.B/c","scope":"/"}])",                                                     {{"A.B/c/write", "/"}}},
      {"scope expression that stays inside",
       kRg,                                       R"([{"type":"A.B/c","scope":"[concat('C.D/e/', variables('x'))]"},
           {"type":"A.B/d","scope":"[format('C.D/e/{0}', variables('x'))]"},
           {"type":"A.B/e","scope":"[resourceId('C.D/e', variables('x'))]"}])",
       {{"A.B/c/write", kRg}, {"A.B/d/write", kRg}, {"A.B/e/write", kRg}}                                                                                        },
      {"old form of an extension",
       kRg,                                       R"([{"type":"A.B/c/providers/roleAssignments",
            "name":"[concat(variables('x'), '/Microsoft.Authorization/', guid('a.b/c'))]"}])",
       {{"Microsoft.Authorization/roleAssignments/write", kRg}}                                                                                                  },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.name);
    const auto got = needs(row.scope, row.resources);
    ASSERT_TRUE(got) << got.error().message;
    ASSERT_EQ(got->size(), row.wanted.size());
    for (std::size_t i = 0; i < row.wanted.size(); ++i) {
      EXPECT_EQ((*got)[i].action, row.wanted[i].action);
      EXPECT_EQ((*got)[i].scope, row.wanted[i].scope);
    }
  }
}

TEST(TemplateNeeds, RefusesWhatItCannotCheckAndNamesThePlace) {
  const std::string nested = R"([{"type":"Microsoft.Resources/deployments",)";
  const std::string inner = R"("properties":{"template":{"resources":[]}}}])";
  const struct {
    std::string resources;
    const char* place;
  } kTable[] = {
      {R"([{"type":"[variables('t')]"}])",                                                      "resources[0].type"          },
      {R"([{"type":"[[A.B/c"}])",                                                               "resources[0].type"          },
      {R"([{"type":"nothing"}])",                                                               "resources[0].type"          },
      {R"([{"name":"x"}])",                                                                     "resources[0].type"          },
      {R"([1])",                                                                                "resources[0]"               },
      {R"("[variables('all')]")",                                                               "template.resources"         },
      {R"({"a":{"type":"A.B/c","existing":"[x]"}})",                                            "resources.a.existing"       },
      {R"({"a":{"type":"Microsoft.Graph/groups","extension":"graph"}})",                        "resources.a"                },
      {nested + R"("resourceGroup":"[parameters('g')]",)" + inner,                              "resources[0].resourceGroup" },
      {nested + R"("resourceGroup":"g/providers/A.B/c/d",)" + inner,                            "resources[0]"               },
      {nested + R"("resourceGroup":"../other",)" + inner,                                       "resources[0]"               },
      {nested + R"("subscriptionId":"[x]",)" + inner,                                           "resources[0].subscriptionId"},
      {nested + R"("scope":"[x]",)" + inner,                                                    "resources[0].scope"         },
      {nested + R"("properties":{"templateLink":{"uri":"https://x"}}}])",
       "properties.templateLink"                                                                                             },
      {nested + R"("properties":{"template":"[variables('t')]"}}])",                            "properties.template"        },
      {nested + R"("name":"n"}])",                                                              "resources[0].properties"    },
      {R"([{"type":"A.B/c","scope":"[parameters('x')]"}])",                                     "resources[0].scope"         },
      {R"([{"type":"A.B/c","scope":"[concat('/subscriptions/', x)]"}])",                        "resources[0].scope"         },
      {R"([{"type":"A.B/c","scope":"[resourceId('C.D/e', 'f').x]"}])",                          "resources[0].scope"         },
      {R"([{"type":"A.B/c","scope":"[concat('Microsoft.Management/managementGroups/', x)]"}])",
       "resources[0].scope"                                                                                                  },
      {R"([{"type":"A.B/c/providers/locks","name":"[variables('n')]"}])",                       "resources[0].name"          },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.resources);
    const auto got = needs(kRg, row.resources);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code, Code::kInvalid);
    EXPECT_NE(got.error().message.find(row.place), std::string::npos) << got.error().message;
  }
  // resourceId() in a nested template that the outer one evaluates names the outer group.
  const std::string outer =
      R"("resourceGroup":"Other","properties":{"template":{"resources":[{"type":"A.B/c","scope":"[resourceId('C.D/e', 'f')]"}]})";
  const auto of_outer = needs(kRg, nested + outer + "}}]");
  ASSERT_TRUE(of_outer) << of_outer.error().message;
  EXPECT_EQ(of_outer->back().scope, kRg + "/providers/C.D/e/f");
  const std::string inner_scope = R"(,"expressionEvaluationOptions":{"scope":"inner"}}}])";
  EXPECT_TRUE(needs(kRg, nested + outer + inner_scope));
}

TEST(TemplateNeeds, CountsWhatTheDeploymentItselfDoes) {
  auto got = needs(kRg, "[]", R"(,"mode":"Complete")");
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 1u);
  EXPECT_EQ(got->front().action, "Microsoft.Resources/subscriptions/resourceGroups/delete");
  const std::string vault = kRg + "/providers/Microsoft.KeyVault/vaults/v";
  got = needs(
      kRg, "[]",
      R"(,"parameters":{"a":{"value":1},"p":{"reference":{"secretName":"x","keyVault":{"id":")" +
          vault + R"("}}}})");
  ASSERT_TRUE(got) << got.error().message;
  ASSERT_EQ(got->size(), 1u);
  EXPECT_EQ(got->front().action, "Microsoft.KeyVault/vaults/deploy/action");
  EXPECT_EQ(got->front().scope, vault);
  EXPECT_FALSE(needs(kRg, "[]", R"(,"templateLink":{"uri":"https://x"})"));
  EXPECT_FALSE(needs(kRg, "[]", R"(,"parametersLink":{"uri":"https://x"})"));
}

// Texts for the parameters that have no default, as a deployment would bring them.
JsonObject given_to(const Json& document) {
  JsonObject out;
  const Json* parameters = find(document, "parameters");
  if (!parameters || !parameters->is_object()) return out;
  for (const auto& [name, one] : parameters->get_object()) {
    if (find(one, "defaultValue") || text_at(one, "type") != "string") continue;
    out[name] = JsonObject{
        {"value", "x1"}
    };
  }
  return out;
}

// Counts, so that a change which refuses more of the real templates is seen.
TEST(TemplateNeeds, ReadsMostTemplatesOfTheCorpus) {
  const auto path = testing::corpus("templates");
  if (!path) GTEST_SKIP() << "no corpus: set ARMATURE_CORPUS to the folder of shared data";
  int read = 0, refused = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*path)) {
    if (entry.path().extension() != ".json") continue;
    const auto text = read_file(entry.path());
    const auto json = text ? parse_json(*text, 256) : Result<Json>(text.error());
    if (!json || !find(*json, "resources")) continue;
    const Json body = JsonObject{
        {"properties", JsonObject{{"template", *json}, {"parameters", given_to(*json)}}}
    };
    const auto got = template_needs(deployment(kRg), body);
    ++(got ? read : refused);
    if (got) continue;
    EXPECT_NE(got.error().message.find("properties"), std::string::npos) << got.error().message;
  }
  EXPECT_GT(read, refused);
  std::cout << read << " read, " << refused << " refused\n";
}

}  // namespace
}  // namespace armature::arm
