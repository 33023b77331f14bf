#include "sandbox/front/provider_facts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "sandbox/front/name_rules.h"

namespace armature::sandbox {
namespace {

TEST(ProviderFacts, AreFoundInAnySpelling) {
  const auto storage = find_type("microsoft.STORAGE/storageaccounts");
  ASSERT_TRUE(storage);
  EXPECT_EQ(storage->name, "Microsoft.Storage/storageAccounts");
  EXPECT_EQ(storage->provider(), "Microsoft.Storage");
  EXPECT_EQ(storage->type(), "storageAccounts");
  EXPECT_EQ(storage->writable, unsigned{kGroupScope});
  EXPECT_TRUE(storage->has_location && storage->needs_location && storage->has_tags);
  EXPECT_TRUE(storage->takes("2023-01-01") && storage->takes("2015-05-01-PREVIEW"));
  EXPECT_FALSE(storage->takes("2023-01-02") || storage->takes("") || storage->takes("2023"));
  EXPECT_EQ(storage->rule, "3 24 ^[a-z0-9]+$");
  EXPECT_EQ(storage->default_version().size(), 10u);
}

TEST(ProviderFacts, WhatIsNotThereIsNotFound) {
  for (const char* name :
       {"", "/", "Microsoft.Storage", "Microsoft.Storage/", "Microsoft.Storage/storageAccount",
        "Microsoft.Storage/storageAccountsX", "=v0001", "zzz/zzz", "a/a", "~/~"}) {
    EXPECT_FALSE(find_type(name)) << name;
  }
  EXPECT_EQ(find_namespace("Microsoft.Stor"), "");
  EXPECT_EQ(find_namespace("Microsoft.Storage/storageAccounts"), "");
  EXPECT_EQ(find_namespace(""), "");
  EXPECT_EQ(find_namespace("microsoft.storage"), "Microsoft.Storage");
}

TEST(ProviderFacts, EveryTypeIsFoundByItsNameAndHasVersions) {
  std::size_t types = 0;
  const auto namespaces = all_namespaces();
  EXPECT_GT(namespaces.size(), 280u);
  EXPECT_EQ(std::set(namespaces.begin(), namespaces.end()).size(), namespaces.size());
  for (const auto name : namespaces) {
    EXPECT_EQ(find_namespace(to_upper(name)), name);
    for (const TypeFacts& type : types_of(name)) {
      ++types;
      const auto found = find_type(to_lower(type.name));
      ASSERT_TRUE(found) << type.name;
      EXPECT_EQ(found->name, type.name);
      EXPECT_FALSE(found->versions.empty()) << type.name;
      EXPECT_FALSE(found->default_version().empty()) << type.name;
    }
  }
  EXPECT_GT(types, 3400u);
}

TEST(ProviderFacts, ChildrenThatACustomerNamesAreOfTheirParent) {
  EXPECT_TRUE(find_type("Microsoft.CustomProviders/resourceProviders/anyThing"));
}

TEST(ProviderFacts, RegionsAreSortedAndKnown) {
  const auto& all = all_locations();
  EXPECT_EQ(all.size(), 102u);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &LocationFacts::name));
  const LocationFacts* west = find_location("westeurope");
  ASSERT_TRUE(west);
  EXPECT_EQ(west->display, "West Europe");
  EXPECT_EQ(west->pairs, "northeurope");
  EXPECT_TRUE(west->zones.starts_with("1=westeurope-az"));
  EXPECT_FALSE(find_location("West Europe"));
}

TEST(ProviderFacts, EveryNameRuleCanBeRead) {
  for (const auto name : all_namespaces()) {
    for (const TypeFacts& type : types_of(name)) {
      if (type.rule.empty()) continue;
      EXPECT_TRUE(read_name_rule(type.rule)) << type.name << " " << type.rule;
    }
  }
}

}  // namespace
}  // namespace armature::sandbox
