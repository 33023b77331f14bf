#pragma once
// For tests of what ARM does before any resource: a strict world with a group, and its locks, lists
// and storage accounts.
#include <gtest/gtest.h>

#include <set>

#include "sandbox/testing.h"

namespace armature::sandbox::testing {

inline constexpr const char* kAccount =
    R"({"location":"West Europe","kind":"StorageV2","sku":{"name":"Standard_LRS"},"properties":{}})";

struct ArmFront : ::testing::Test {
  World world;
  ArmFront() {
    world.strict = true;
    world.restart();
    world.make_group();
  }
  std::string account(const std::string& name, const std::string& group = "rg") const {
    return world.group(group) + "/providers/Microsoft.Storage/storageAccounts/" + name;
  }
  void put_account(const std::string& name) {
    const auto made = world.call("PUT", account(name), kAccount);
    ASSERT_EQ(made.status, 200) << made.body;  // storage accounts: never 201
  }
  std::string locks(const std::string& scope, const std::string& name = "") const {
    return scope + "/providers/Microsoft.Authorization/locks" + (name.empty() ? "" : "/" + name) +
           "?api-version=2020-05-01";
  }
  void lock(const std::string& scope, const std::string& name, const std::string& level) {
    const auto made = world.call("PUT", locks(scope, name),
                                 R"({"properties":{"level":")" + level + R"(","notes":"why"}})");
    ASSERT_EQ(made.status, 201) << made.body;
  }
  std::set<std::string> names(const Json& list) {
    std::set<std::string> out;
    for (const Json& item : list.at("value").as_array()) out.insert(text_at(item, "name"));
    return out;
  }
  Json all_pages(std::string path, std::size_t& pages) {
    JsonArray out;
    for (pages = 0; !path.empty() && pages < 1000; ++pages) {
      const Json page = world.get(path);
      if (!find(page, "value")) {
        ADD_FAILURE() << path << ": " << dump(page);
        break;
      }
      for (const Json& item : page.at("value").as_array()) out.push_back(item);
      const std::string next = text_at(page, "nextLink");
      path = next.empty() ? "" : next.substr(world.cloud->url().size());
    }
    return JsonObject{
        {"value", std::move(out)}
    };
  }
};

using Names = std::set<std::string>;

}  // namespace armature::sandbox::testing
