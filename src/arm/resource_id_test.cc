#include "arm/resource_id.h"

#include <gtest/gtest.h>

namespace armature::arm {
namespace {

TEST(ResourceId, ReadsEveryKindOfScope) {
  const std::string vault =
      "/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V";
  const struct {
    const char* path;
    const char* text;
    ScopeKind kind;
    const char* type;
    const char* name;
    std::string scope;
    std::string parent;
  } kTable[] = {
      {"/",                                                                                   "/",                                       ScopeKind::kTenant,          "",                                   "",      "/",                                                    "/"                                  },
      {"/SUBSCRIPTIONS/S1/",                                                                  "/subscriptions/s1",                       ScopeKind::kSubscription,
       "Microsoft.Resources/subscriptions",                                                                                                                                                                 "s1",    "/",                                                    "/"                                  },
      {"//subscriptions/S1/resourcegroups/Rg",                                                "/subscriptions/s1/resourceGroups/Rg",
       ScopeKind::kResourceGroup,                                                                                                                                     "Microsoft.Resources/resourceGroups", "Rg",    "/subscriptions/s1",
       "/subscriptions/s1"                                                                                                                                                                                                                                                                                        },
      {"/providers/microsoft.management/managementgroups/Top",
       "/providers/Microsoft.Management/managementGroups/Top",                                                                           ScopeKind::kManagementGroup,
       "Microsoft.Management/managementGroups",                                                                                                                                                             "Top",   "/",                                                    "/"                                  },
      {"/subscriptions/s1/resourceGroups/Rg/Providers/Microsoft.KeyVault/vaults/V",
       "/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V",                                                      ScopeKind::kResource,        "Microsoft.KeyVault/vaults",          "V",
       "/subscriptions/s1/resourceGroups/Rg",                                                                                                                                                                                                                                "/subscriptions/s1/resourceGroups/Rg"},
      {"/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V/secrets/x",
       "/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V/secrets/x",                                            ScopeKind::kResource,        "Microsoft.KeyVault/vaults/secrets",  "V/x",
       "/subscriptions/s1/resourceGroups/Rg",                                                                                                                                                                                                                                vault                                },
      {"/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V/providers/"
       "Microsoft.Authorization/locks/l",                                              "/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.KeyVault/vaults/V/providers/"
       "Microsoft.Authorization/locks/l",                                                ScopeKind::kResource,        "Microsoft.Authorization/locks",      "l",     vault,                                                  vault                                },
      {"/providers/Microsoft.Management/managementGroups/Top/providers/A.B/c/d",
       "/providers/Microsoft.Management/managementGroups/Top/providers/A.B/c/d",                                                         ScopeKind::kResource,        "A.B/c",                              "d",     "/providers/Microsoft.Management/managementGroups/Top",
       "/providers/Microsoft.Management/managementGroups/Top"                                                                                                                                                                                                                                                     },
      {"/subscriptions/s1/providers/A.B/c/ünï",                                             "/subscriptions/s1/providers/A.B/c/ünï",
       ScopeKind::kResource,                                                                                                                                          "A.B/c",                              "ünï", "/subscriptions/s1",                                    "/subscriptions/s1"                  },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.path);
    const auto id = ResourceId::parse(row.path);
    ASSERT_TRUE(id) << id.error().message;
    EXPECT_EQ(id->text, row.text);
    EXPECT_EQ(id->kind, row.kind);
    EXPECT_EQ(id->type, row.type);
    EXPECT_EQ(id->name, row.name);
    EXPECT_EQ(id->scope, row.scope);
    EXPECT_EQ(id->parent, row.parent);
    const auto again = ResourceId::parse(id->text);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->text, id->text) << "the canonical text stays as it is";
  }
}

TEST(ResourceId, RefusesWhatTwoReadersCouldReadInTwoWays) {
  for (const char* path : {"",
                           "subscriptions/s",
                           "/subscriptions",
                           "/subscriptions/s/resourceGroups",
                           "/x",
                           "/subscriptions/s/resourceGroups//providers/A.B/c/d",
                           "/subscriptions/s/../t",
                           "/subscriptions/s/resourceGroups/.",
                           "/subscriptions/s/resourceGroups/a%2Fb",
                           "/subscriptions/s/resourceGroups/a\\b",
                           "/subscriptions/s/resourceGroups/a\tb",
                           "/subscriptions/s/resourceGroups/a?b",
                           "/subscriptions/s/resourceGroups/rg ",
                           "/subscriptions/s/providers/A.B/c",
                           "/subscriptions/s/providers/A.B",
                           "/subscriptions/s/providers",
                           "/subscriptions/s/providers/A.B/c/providers/D.E/f/g",
                           "/subscriptions/providers/A.B/c/d",
                           "/subscriptions/s/resourceGroups/rg/resources",
                           "/subscriptions/s/resourceGroups/\xff"}) {
    SCOPED_TRACE(path);
    const auto id = ResourceId::parse(path);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().code, Code::kInvalid);
  }
}

TEST(AtOrAbove, GoesBySegmentsAndIgnoresCase) {
  const struct {
    const char* scope;
    const char* target;
    bool above;
  } kTable[] = {
      {"/",                                  "/subscriptions/s",                    true },
      {"/",                                  "/",                                   true },
      {"/subscriptions/s",                   "/SUBSCRIPTIONS/S/resourceGroups/rg",  true },
      {"/subscriptions/s/",                  "/subscriptions/s",                    true },
      {"/subscriptions/s1",                  "/subscriptions/s10",                  false},
      {"/subscriptions/s/resourceGroups/rg", "/subscriptions/s",                    false},
      {"/subscriptions/s/resourceGroups/rg", "/subscriptions/s/resourceGroups/rg2", false},
      {"",                                   "/subscriptions/s",                    false},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(at_or_above(row.scope, row.target), row.above) << row.scope << " " << row.target;
  }
  EXPECT_TRUE(same_id("/subscriptions/S/resourcegroups/RG", "/subscriptions/s/resourceGroups/rg"));
  EXPECT_FALSE(same_id("/subscriptions/s", "/subscriptions/s1"));
}

}  // namespace
}  // namespace armature::arm
