// What a template does beside writing its resources: linked ids, list… functions, stacks; and which
// expressions are followed to get there.
#include <gtest/gtest.h>

#include "arm/known_values.h"
#include "arm/operation.h"

namespace armature::arm {
namespace {

const std::string kSub = "/subscriptions/11111111-1111-1111-1111-111111111111";
const std::string kRg = kSub + "/resourceGroups/rg";

Result<std::vector<Need>> needs_of(const std::string& properties,
                                   const std::string& type = "deployments") {
  const auto operation =
      operation_of("PUT", kRg + "/providers/Microsoft.Resources/" + type + "/d?api-version=1");
  const auto body = parse_json(R"({"properties":)" + properties + "}", 128);
  EXPECT_TRUE(operation && body) << properties;
  return template_needs(*operation, *body);
}

bool has(const Result<std::vector<Need>>& needs, const std::string& action,
         const std::string& scope) {
  if (!needs) return false;
  return std::any_of(needs->begin(), needs->end(), [&](const Need& need) {
    return need.action == action && need.scope == scope;
  });
}

TEST(KnownValues, FollowsWhatTheTemplateSays) {
  const Json document = *parse_json(
      R"({"parameters":{"p":{"defaultValue":"[concat('a', parameters('q'))]"},"q":{},"s":{}},
          "variables":{"v":"[parameters('p')]","o":{"x":["[variables('v')]","y"]},"loop":"[variables('loop')]"}})");
  const JsonObject given = parse_json(R"({"q":{"value":"[b]"},"s":{"reference":{}}})")->as_object();
  const KnownValues known(document.get_object(), given, kRg);
  const struct {
    const char* text;
    std::optional<std::string> value;
  } kTable[] = {
      {"plain",                                                              "plain"                                     },
      {"[[x]",                                                               "[x]"                                       },
      {"[variables('v')]",                                                   "a[b]"                                      },
      {"[variables('o').x[1]]",                                              "y"                                         },
      {"[VARIABLES('O').X[0]]",                                              "a[b]"                                      },
      {"[format('{0}-{1}', 'a', 2)]",                                        "a-2"                                       },
      {"[format('{0,5}', 'a')]",                                             std::nullopt                                },
      {"[toLower('It''s')]",                                                 "it's"                                      },
      {"[resourceGroup().id]",                                               kRg                                         },
      {"[resourceGroup().tags.x]",                                           std::nullopt                                },
      {"[subscription().displayName]",                                       std::nullopt                                },
      {"[resourceId('A.B/c/d', 'x', 'y')]",                                  kRg + "/providers/A.B/c/x/d/y"              },
      {"[resourceId('g', 'A.B/c', 'x')]",                                    kSub + "/resourceGroups/g/providers/A.B/c/x"},
      {"[resourceId('s', 'g', 'A.B/c', 'x')]",
       "/subscriptions/s/resourceGroups/g/providers/A.B/c/x"                                                             },
      {"[resourceId('22222222-2222-2222-2222-222222222222', 'A.B/c', 'x')]", std::nullopt                                },
      {"[resourceId('A.B/c', 'x', 'y')]",                                    std::nullopt                                },
      {"[resourceId('A.B/c', 'x/../../y')]",                                 std::nullopt                                },
      {"[subscriptionResourceId('A.B/c', 'x')]",                             kSub + "/providers/A.B/c/x"                 },
      {"[extensionResourceId('/a/b', 'A.B/c', 'x')]",                        "/a/b/providers/A.B/c/x"                    },
      {"[concat('a', uniqueString(utcNow()))]",                              "a\x01"                                     },
      {"[resourceId('A.B/c', reference('x').y)]",                            kRg + "/providers/A.B/c/\x02"               },
      {"[take(resourceId('A.B/c', reference('x').y), 3)]",                   std::nullopt                                },
      {"[if(equals('a', 'a'), 'yes', 'no')]",                                "yes"                                       },
      {"[if(equals(utcNow(), 'a'), 'yes', 'no')]",                           std::nullopt                                },
      {"[if(equals(uniqueString('a'), 'a'), 'yes', 'no')]",                  std::nullopt                                },
      {"[if(empty(resourceGroup().tags), 'yes', 'no')]",                     std::nullopt                                },
      {"[if(equals('a', 'A'), 'yes', 'no')]",                                std::nullopt                                },
      {"[contoso.resourceId('A.B/c', 'x')]",                                 std::nullopt                                },
      {"[json('{\"a\":\"b\"}').a]",                                          "b"                                         },
      {"[split('a/b', '/')[1]]",                                             "b"                                         },
      {"[parameters('s')]",                                                  std::nullopt                                },
      {"[variables('loop')]",                                                std::nullopt                                },
      {"[utcNow()]",                                                         std::nullopt                                },
      {"[deployment().name]",                                                std::nullopt                                },
      {"[concat('a', 'b'].x]",                                               std::nullopt                                },
      {"[concat('a'",                                                        "[concat('a'"                               },
  };
  for (const auto& row : kTable) {
    const auto value = known.fold(Json(row.text));
    const bool text = value && value->is_string();
    EXPECT_EQ(text ? std::optional<std::string>(as_text(*value)) : std::nullopt, row.value)
        << row.text;
  }
}

TEST(KnownValues, GivesUpInBoundedTime) {
  std::string variables = R"({"v0":"aaaaaaaaaaaaaaaa")";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "variables('v" + std::to_string(i - 1) + "')";
    variables += ",\"v" + std::to_string(i) + "\":\"[concat(" + before + "," + before + ")]\"";
  }
  const Json document = *parse_json(R"({"variables":)" + variables + "}}");
  const KnownValues known(document.get_object(), {}, kRg);
  EXPECT_EQ(known.fold(Json("[variables('v59')]")), std::nullopt);
}

TEST(TemplateUses, LinkedIdsNeedTheirActions) {
  const std::string nic = R"({"template":{"variables":{"v":"vnet","other":"elsewhere"},"resources":[
      {"type":"Microsoft.Network/networkInterfaces","name":"n","properties":{"ipConfigurations":[
        {"properties":{"subnet":{"id":")";
  const std::string end = R"("}}}]}}]}})";
  const std::string join = "Microsoft.Network/virtualNetworks/subnets/join/action";
  const std::string type = "'Microsoft.Network/virtualNetworks/subnets'";
  EXPECT_TRUE(has(needs_of(nic + "[resourceId(" + type + ", variables('v'), 's')]" + end), join,
                  kRg + "/providers/Microsoft.Network/virtualNetworks/vnet/subnets/s"));
  EXPECT_TRUE(has(
      needs_of(nic + "[resourceId(variables('other'), " + type + ", 'v', 's')]" + end), join,
      kSub + "/resourceGroups/elsewhere/providers/Microsoft.Network/virtualNetworks/v/subnets/s"));
  EXPECT_TRUE(
      has(needs_of(nic + "[resourceId(" + type + ", uniqueString('x'), 's')]" + end), join, kRg));
  EXPECT_FALSE(needs_of(nic + "[reference('x').id]" + end));
  EXPECT_FALSE(needs_of(nic + "[resourceId(utcNow(), " + type + ", 'v', 's')]" + end));
  EXPECT_FALSE(needs_of(R"({"template":{"resources":[{"type":"Microsoft.Network/networkInterfaces",
      "name":"n","properties":"[reference('x')]"}]}})"));
  const auto looped =
      needs_of(R"({"template":{"resources":[{"type":"Microsoft.Network/networkInterfaces",
      "name":"n","properties":{"copy":[{"name":"ipConfigurations","count":2,"input":{"properties":
      {"subnet":{"id":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s"}}}}]}}]}})");
  EXPECT_TRUE(has(
      looped, join,
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s"));
  const auto assigned = needs_of(R"({"template":{"resources":[{"type":"A.B/c","name":"n","identity":
      {"userAssignedIdentities":{"[resourceId('g2', 'Microsoft.ManagedIdentity/userAssignedIdentities', 'i')]":{}}}}]}})");
  EXPECT_TRUE(has(
      assigned, "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
      kSub + "/resourceGroups/g2/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i"));
}

TEST(TemplateUses, ListFunctionsAreTheActionsTheyCall) {
  const std::string keys = "Microsoft.Storage/storageAccounts/listKeys/action";
  const auto output = [](const std::string& expression, const std::string& resources = "[]") {
    return needs_of(R"({"template":{"resources":)" + resources + R"(,"outputs":{"o":{"value":")" +
                    expression + R"("}}}})");
  };
  EXPECT_TRUE(has(
      output("[listKeys(resourceId('Microsoft.Storage/storageAccounts', 'a'), '1').keys[0].value]"),
      keys, kRg + "/providers/Microsoft.Storage/storageAccounts/a"));
  EXPECT_TRUE(has(output("[concat('x', listKeys(resourceId('g', "
                         "'Microsoft.Storage/storageAccounts', uniqueString('x')), '1'))]"),
                  keys, kSub + "/resourceGroups/g"));
  EXPECT_TRUE(has(output("[listKeys('a', '1')]",
                         R"([{"type":"Microsoft.Storage/storageAccounts","name":"a"}])"),
                  keys, kRg));
  EXPECT_TRUE(has(output("[listKeys('s', '1')]",
                         R"({"s":{"type":"Microsoft.Storage/storageAccounts","name":"a"}})"),
                  keys, kRg));
  EXPECT_FALSE(output("[listKeys('b', '1')]",
                      R"([{"type":"Microsoft.Storage/storageAccounts","name":"a"}])"));
  EXPECT_FALSE(output("[listKeys(reference('x').id, '1')]"));
  EXPECT_FALSE(
      output("[listKeys(resourceId('Microsoft.Storage/storageAccounts', reference('x').y), '1')]"));
  EXPECT_TRUE(has(output("[reference(resourceId('g', 'A.B/c', 'x')).secret]"), "A.B/c/read",
                  kSub + "/resourceGroups/g/providers/A.B/c/x"));
}

TEST(TemplateUses, NestedTemplatesAreReadWithTheirOwnParameters) {
  const std::string inner =
      R"("template":{"parameters":{"g":{}},"resources":[{"type":"Microsoft.Resources/deployments",
      "name":"m","resourceGroup":"[parameters('g')]","properties":{"template":{"resources":[{"type":"A.B/c","name":"x"}]}}}]})";
  const auto nested = [&](const std::string& more) {
    return needs_of(
        R"({"parameters":{"g":{"value":"outer"}},"template":{"parameters":{"g":{}},"resources":[
        {"type":"Microsoft.Resources/deployments","name":"n","properties":{)" +
        more + inner + "}}]}}");
  };
  EXPECT_TRUE(has(nested(""), "A.B/c/write", kSub + "/resourceGroups/outer"));
  const std::string own = R"("expressionEvaluationOptions":{"scope":"inner"},)";
  EXPECT_TRUE(has(nested(own + R"("parameters":{"g":{"value":"[concat(parameters('g'), '2')]"}},)"),
                  "A.B/c/write", kSub + "/resourceGroups/outer2"));
  EXPECT_FALSE(nested(own));
  EXPECT_FALSE(nested(own + R"("parameters":{"g":{"value":"[utcNow()]"}},)"));
}

TEST(TemplateUses, AStackMayDenyAndDelete) {
  const std::string content = R"("template":{"resources":[{"type":"A.B/c","name":"x"}]})";
  const auto plain = needs_of("{" + content + "}", "deploymentStacks");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->size(), 1u);
  EXPECT_TRUE(has(plain, "A.B/c/write", kRg));
  const auto stack =
      needs_of(R"({"actionOnUnmanage":{"resources":"delete"},"denySettings":{"mode":"denyDelete"},
      "deploymentScope":"/subscriptions/s/resourceGroups/g",)" +
                   content + "}",
               "deploymentStacks");
  EXPECT_TRUE(has(stack, "A.B/c/write", "/subscriptions/s/resourceGroups/g"));
  EXPECT_TRUE(has(stack, "Microsoft.Resources/subscriptions/resourceGroups/delete",
                  "/subscriptions/s/resourceGroups/g"));
  EXPECT_TRUE(has(stack, "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
                  kRg + "/providers/Microsoft.Resources/deploymentStacks/d"));
  EXPECT_FALSE(needs_of(
      R"({"template":{"resources":[{"type":"Microsoft.Resources/deploymentStacks","name":"x",
      "properties":{"template":{}}}]}})"));
}

}  // namespace
}  // namespace armature::arm
