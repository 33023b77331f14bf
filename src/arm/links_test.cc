#include "arm/links.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace armature::arm {
namespace {

TEST(Links, AreFoundByTheTable) {
  const struct {
    const char* type;
    const char* body;
    std::vector<std::string> found;  // "path action", the action's last two segments
  } kTable[] = {
      {"Microsoft.Network/networkInterfaces",
       R"({"properties":{"ipConfigurations":[{"properties":{"subnet":{"id":"/s"}}},{"properties":{"SUBNET":{"ID":"/t"},"publicIPAddress":{"id":"/p"}}}],"networkSecurityGroup":{"id":"/n"}}})",
       {"properties.ipConfigurations[0].properties.subnet.id join/action",
        "properties.ipConfigurations[1].properties.subnet.id join/action",
        "properties.ipConfigurations[1].properties.publicIPAddress.id join/action",
        "properties.networkSecurityGroup.id join/action"}                                                                                                                                                                                                                         },
      {"microsoft.web/SITES",
       R"({"properties":{"serverFarmId":"/p"},"identity":{"userAssignedIdentities":{"/a":{},"/b":null}}})",
       {"identity.userAssignedIdentities assign/action", "properties.serverFarmId Join/Action"}                                                                                                                                                                                   },
      {"Microsoft.Storage/storageAccounts",
       R"({"properties":{"networkAcls":{"virtualNetworkRules":[{"id":"/s"}]}}})",                                                                                                               {"properties.networkAcls.virtualNetworkRules[0].id joinViaServiceEndpoint/action"}},
      {"Microsoft.Web/sites",                 R"({"properties":{"serverFarmId":""}})",                                                                                                          {}                                                                                },
      {"Microsoft.Web/sites",                 R"({"properties":{"serverFarmId":7}})",                                                                                                           {}                                                                                },
      {"Microsoft.Web/sites",                 R"({"properties":[1]})",                                                                                                                          {}                                                                                },
      {"Microsoft.Web/sites",                 R"("text")",                                                                                                                                      {}                                                                                },
      {"Microsoft.Network/networkInterfaces",
       R"({"properties":{"ipConfigurations":{"0":{}}}})",                                                                                                                                       {}                                                                                },
      {"A.B/c",                               R"({"properties":{"serverFarmId":"/x"}})",                                                                                                        {}                                                                                },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.body);
    std::vector<std::string> found;
    for (const Link& link : links_of(row.type, *parse_json(row.body))) {
      const std::size_t end = link.action.rfind('/', link.action.rfind('/') - 1);
      found.push_back(link.path + " " + link.action.substr(end + 1));
    }
    std::ranges::sort(found);
    auto expected = row.found;
    std::ranges::sort(expected);
    EXPECT_EQ(found, expected);
  }
}

TEST(References, AreEveryOtherIdInASubscription) {
  const std::string sub = "/subscriptions/11111111-1111-1111-1111-111111111111";
  const std::string group = sub + "/resourceGroups/g/providers/";
  const struct {
    std::string body;
    std::vector<std::string> found;  // "path action"
  } kTable[] = {
      {R"({"properties":{"creationData":{"sourceResourceId":")" + group +
           R"(Microsoft.Compute/disks/d"}}})",                                        {"properties.creationData.sourceResourceId read"}                                  },
      {R"({"properties":{"x":[{"subnet":{"id":")" + group +
           R"(Microsoft.Network/virtualNetworks/v/subnets/s"}}]}})",                  {"properties.x[0].subnet.id Microsoft.Network/virtualNetworks/subnets/join/action"}},
      {R"({"a":")" + group + R"(Microsoft.ManagedIdentity/userAssignedIdentities/i"})",
       {"a Microsoft.ManagedIdentity/userAssignedIdentities/assign/action"}                                                                                                     },
      {R"({"tags":{"a":")" + group + R"(A.B/c/d"},"b":{"tags":")" + group + R"(A.B/c/d"}})",
       {"b.tags read"}                                                                                                                                                          },
      {R"({"a":")" + sub + R"("})",                                                          {}                                                                                 },
      {R"({"a":")" + sub + R"(/resourceGroups/g"})",                                         {}                                                                                 },
      {R"({"a":"see )" + group + R"(A.B/c/d"})",                                             {}                                                                                 },
      {R"({"a":"/subscriptions/@{x}/resourceGroups/g/providers/A.B/c/d"})",                  {}                                                                                 },
      {R"({"a":"/providers/Microsoft.Authorization/roleDefinitions/r"})",                    {}                                                                                 },
      {R"([1,null,true,"x",{"y":{}}])",                                                      {}                                                                                 },
  };
  for (const auto& row : kTable) {
    SCOPED_TRACE(row.body);
    const auto links = references_in(*parse_json(row.body));
    ASSERT_TRUE(links) << links.error().message;
    std::vector<std::string> found;
    for (const Link& link : *links) found.push_back(link.path + " " + link.action);
    EXPECT_EQ(found, row.found);
  }
  for (const char* rest :
       {"/resourceGroups/../g/providers/A.B/c/d", "/resourceGroups/g/providers/A.B/c",
        "/resourceGroups/g%2F/providers/A.B/c/d", "/nowhere/x"}) {
    EXPECT_FALSE(references_in(*parse_json(R"({"a":")" + sub + rest + R"("})"))) << rest;
  }
}

}  // namespace
}  // namespace armature::arm
