#include "app/task_environment.h"

#include <gtest/gtest.h>

#include <map>

namespace armature::app {
namespace {

std::map<std::string, std::string> environment(const DoorAddresses& doors) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : task_environment(doors, Secret("s.e.cret"))) {
    EXPECT_TRUE(out.emplace(name, value.reveal()).second) << name << " twice";
  }
  return out;
}

const DoorAddresses kDoors{"https://localhost:8081", "127.0.0.1:8083", "http://127.0.0.1:8084",
                           "/d/ca/ca.pem", "/d/ca/bundle.pem"};

TEST(TaskEnvironment, LeadsClientsToTheDoors) {
  const auto found = environment(kDoors);
  EXPECT_EQ(found.at("HTTPS_PROXY"), "http://attempt:s.e.cret@127.0.0.1:8083");
  EXPECT_EQ(found.at("IDENTITY_ENDPOINT"), "http://127.0.0.1:8084/msi/token");
  EXPECT_EQ(found.at("IDENTITY_HEADER"), "s.e.cret");
  EXPECT_EQ(found.at("AZURE_POD_IDENTITY_AUTHORITY_HOST"),
            "http://127.0.0.1:8084/attempts/s.e.cret");
  EXPECT_EQ(found.at("ARM_MSI_ENDPOINT"),
            "http://127.0.0.1:8084/attempts/s.e.cret/metadata/identity/oauth2/token");
  EXPECT_EQ(found.at("REQUESTS_CA_BUNDLE"), "/d/ca/bundle.pem");
  EXPECT_EQ(found.at("NODE_EXTRA_CA_CERTS"), "/d/ca/ca.pem") << "adds to Node's own";
  EXPECT_EQ(found.at("ARMATURE_GATEWAY_URL"), "https://localhost:8081");
  EXPECT_FALSE(found.contains("HTTP_PROXY")) << "the proxy takes no plain http";
}

TEST(TaskEnvironment, SaysNothingOfADoorThatIsShut) {
  DoorAddresses doors = kDoors;
  doors.proxy.clear();
  EXPECT_FALSE(environment(doors).contains("HTTPS_PROXY"));
  EXPECT_TRUE(environment(doors).contains("IDENTITY_ENDPOINT"));
  doors = kDoors;
  doors.identity_url.clear();
  for (const auto& [name, value] : environment(doors)) {
    EXPECT_EQ(name.find("MSI"), std::string::npos) << name;
    EXPECT_EQ(value.find("8084"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace armature::app
