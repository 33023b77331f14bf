#include <gtest/gtest.h>

#include "sandbox/deployments/engine.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

std::string number(std::size_t i) {
  std::string out = std::to_string(i);
  return std::string(4 - out.size(), '0') + out;
}

// Deployments d0000, d0001 … of the group, each newer than the one before.
void fill(World& world, std::size_t count, const char* state = "Succeeded") {
  must(world.cloud->store().change([&](Change& change) {
    for (std::size_t i = 0; i < count; ++i) {
      Deployment d;
      d.name = "d" + number(i);
      d.id = world.deployment(d.name);
      d.scope = world.group();
      d.state = state;
      d.operation_id = "0859000000000000" + number(9999 - i);
      change.put(World::to_key(d.id), d);
    }
    return 0;
  }));
}

std::string list_path(const World& world) {
  return world.group() + "/providers/Microsoft.Resources/deployments/";
}

Json empty_template() {
  return must(parse_json(
      R"({"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[]})"));
}

TEST(History, TheOldestGoAbove775) {
  World world;
  world.make_group();
  fill(world, 774);
  ASSERT_EQ(world.deploy("one", empty_template()).status, 201);
  world.ended("one");
  EXPECT_EQ(world.get(list_path(world)).at("value").as_array().size(), 775U);
  ASSERT_EQ(world.deploy("one", empty_template()).status, 200) << "the same name needs no room";
  world.ended("one");
  ASSERT_EQ(world.deploy("two", empty_template()).status, 201);
  world.ended("two");
  const Json left = world.get(list_path(world)).at("value");
  EXPECT_EQ(left.as_array().size(), 750U);
  EXPECT_EQ(world.call("HEAD", world.deployment("d0025")).status, 404);
  EXPECT_EQ(world.call("HEAD", world.deployment("d0026")).status, 204);
}

TEST(History, WhatRunsStaysAndTheQuotaHolds) {
  World world;
  world.make_group();
  fill(world, 800, "Running");
  EXPECT_EQ(code_of(world.deploy("one", empty_template())), "DeploymentQuotaExceeded");
}

TEST(History, ALockKeepsIt) {
  World world;
  world.make_group();
  fill(world, 800);
  const std::string lock = world.group() + "/providers/Microsoft.Authorization/locks/l";
  ASSERT_EQ(world.call("PUT", lock, R"({"properties":{"level":"CanNotDelete"}})").status, 201);
  EXPECT_EQ(code_of(world.deploy("one", empty_template())), "DeploymentQuotaExceeded");
  ASSERT_LT(world.call("DELETE", lock).status, 300);
  EXPECT_EQ(world.deploy("one", empty_template()).status, 201);
  world.ended("one");
}

TEST(History, ListsComeInPagesNewestFirst) {
  World world;
  world.make_group();
  fill(world, 5);
  fill(world, 2, "Failed");
  const struct {
    const char* query;
    const char* names;
    bool more;
  } kTable[] = {
      {"",                                                     "d0004 d0003 d0002 d0001 d0000", false},
      {"?$top=2",                                              "d0004 d0003",                   true },
      {"?$filter=provisioningState%20eq%20'Failed'",           "d0001 d0000",                   false},
      {"?$filter=provisioningState%20eq%20'succeeded'&$top=1", "d0004",                         true },
  };
  for (const auto& row : kTable) {
    const Json page = world.get(list_path(world) + row.query);
    std::string names;
    for (const Json& one : page.at("value").as_array()) {
      names += (names.empty() ? "" : " ") + text_at(one, "name");
    }
    EXPECT_EQ(names, row.names) << row.query;
    EXPECT_EQ(page.as_object().contains("nextLink"), row.more) << row.query;
  }
  std::string next = list_path(world) + "?$top=2";
  std::string all;
  while (!next.empty()) {
    const Json page = world.get(next);
    for (const Json& one : page.at("value").as_array()) all += text_at(one, "name") + " ";
    next = text_at(page, "nextLink");
    if (!next.empty()) next = next.substr(world.cloud->url().size());
    const auto version = next.find("api-version=2021-04-01&");
    if (version != std::string::npos) next.erase(version, 23);  // call() adds it again
  }
  EXPECT_EQ(all, "d0004 d0003 d0002 d0001 d0000 ");
  EXPECT_EQ(code_of(world.call("GET", list_path(world) + "?$filter=name%20eq%20'x'")),
            "InvalidFilterInQueryString");
  EXPECT_EQ(code_of(world.call("GET", list_path(world) + "?$top=0")), "InvalidTopInQueryString");
}

}  // namespace
}  // namespace armature::sandbox
