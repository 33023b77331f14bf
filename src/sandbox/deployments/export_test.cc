#include "sandbox/deployments/export.h"

#include <gtest/gtest.h>

#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

void fill(World& world) {
  world.make_group();
  const std::string network = world.group() + "/providers/Microsoft.Network/";
  world.call("PUT", network + "virtualNetworks/v-1",
             R"({"location":"westeurope","properties":{}})");
  world.call("PUT", network + "virtualNetworks/v-1/subnets/s",
             R"({"properties":{"addressPrefix":"10.0.0.0/24"}})");
  world.call(
      "PUT", network + "networkInterfaces/nic",
      R"({"location":"westeurope","tags":{"note":"[not an expression]"},"properties":{"ipConfigurations":[{"name":"a","properties":{"subnet":{"id":")" +
          network + R"(virtualNetworks/v-1/subnets/s"}}}],"other":")" + world.group("far") +
          R"(/providers/A.B/c/d"}})");
}

TEST(Export, GivesATemplateThatChangesNothing) {
  World world;
  fill(world);
  const auto exported =
      world.call("POST", world.group() + "/exportTemplate",
                 R"({"resources":["*"],"options":"IncludeParameterDefaultValue"})");
  ASSERT_EQ(exported.status, 200) << exported.body;
  const Json doc = must(parse_json(exported.body)).at("template");
  ASSERT_EQ(doc.at("resources").as_array().size(), 3U);
  const Json& nic = doc.at("resources").at(0);
  EXPECT_EQ(text_at(nic, "name"), "[parameters('networkInterfaces_nic_name')]");
  EXPECT_EQ(
      dump(nic.at("dependsOn")),
      R"(["[resourceId('Microsoft.Network/virtualNetworks/subnets', parameters('virtualNetworks_v_1_name'), 's')]"])");
  EXPECT_EQ(text_at(nic, "tags.note"), "[[not an expression]");
  EXPECT_EQ(text_at(nic, "properties.other"), "[parameters('c_d_externalid')]");
  EXPECT_EQ(text_at(doc.at("resources").at(2), "name"),
            "[concat(parameters('virtualNetworks_v_1_name'), '/s')]");
  EXPECT_EQ(text_at(doc, "parameters.virtualNetworks_v_1_name.defaultValue"), "v-1");
  ASSERT_EQ(world.deploy("again", doc).status, 201);
  EXPECT_EQ(text_at(world.ended("again"), "properties.provisioningState"), "Succeeded")
      << pretty(world.get(world.deployment("again")));
  const std::string id = world.group() + "/providers/Microsoft.Network/networkInterfaces/nic";
  EXPECT_EQ(world.effect(id).updated, 0);
}

TEST(Export, FollowsItsOptions) {
  World world;
  fill(world);
  const std::string path = world.group() + "/exportTemplate";
  const std::string nic = world.group() + "/providers/Microsoft.Network/networkInterfaces/nic";
  const Json literal = must(parse_json(
      world
          .call("POST", path,
                R"({"resources":[")" + nic + R"("],"options":"SkipAllParameterization"})")
          .body));
  EXPECT_TRUE(literal.at("template").at("parameters").as_object().empty());
  EXPECT_EQ(text_at(literal.at("template").at("resources").at(0), "name"), "nic");
  const Json partial = must(parse_json(
      world.call("POST", path, R"({"resources":[")" + nic + R"(","/subscriptions/x"]})").body));
  EXPECT_EQ(text_at(partial, "error.code"), "ExportTemplateCompletedWithErrors");
  EXPECT_EQ(code_of(world.call("POST", path, "{}")), "InvalidRequestContent");
  EXPECT_EQ(code_of(world.call("POST", world.group("none") + "/exportTemplate",
                               R"({"resources":["*"]})")),
            "ResourceGroupNotFound");
}

TEST(Export, TemplateHashesNeedNoRight) {
  World world;
  const Application nobody = world.add_app("nobody", {});
  const auto hashed =
      world.call("POST", "/providers/Microsoft.Resources/calculateTemplateHash",
                 R"({"resources":[],"contentVersion":"1.0.0.0"})", world.token_of(nobody));
  ASSERT_EQ(hashed.status, 200) << hashed.body;
  const Json body = must(parse_json(hashed.body));
  EXPECT_EQ(text_at(body, "minifiedTemplate"), R"({"CONTENTVERSION":"1.0.0.0","RESOURCES":[]})");
  EXPECT_FALSE(text_at(body, "templateHash").empty());
}

}  // namespace
}  // namespace armature::sandbox
