#include "cli/client_settings.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"

namespace armature::cli {
namespace {

Json server_json(const std::string& secret_file) {
  JsonObject sandbox;
  sandbox["url"] = "https://localhost:8082";
  sandbox["tenant_id"] = "t";
  sandbox["client_id"] = "c";
  sandbox["client_secret_file"] = secret_file;
  sandbox["ca_file"] = "/d/ca/ca.pem";
  sandbox["bundle_file"] = "/d/ca/bundle.pem";
  JsonObject server;
  server["sandbox"] = std::move(sandbox);
  return server;
}

std::string value_of(const Variables& variables, std::string_view wanted) {
  for (const auto& [name, value] : variables) {
    if (name == wanted) return value;
  }
  return "(absent)";
}

TEST(ClientSettings, PointEachClientAtTheSandbox) {
  armature::testing::TempDir folder;
  const auto file = folder.path() / "secret";
  ASSERT_TRUE(write_file(file, "s3cret\n", 0600));
  const auto settings = read_client_settings(server_json(file.string()));
  ASSERT_TRUE(settings) << settings.error().message;
  const Variables found = client_variables(*settings);
  EXPECT_EQ(value_of(found, "AZURE_CLIENT_SECRET"), "s3cret");
  EXPECT_EQ(value_of(found, "ARM_CLIENT_SECRET"), "s3cret");
  EXPECT_EQ(value_of(found, "AZURE_AUTHORITY_HOST"), "https://localhost:8082");
  EXPECT_EQ(value_of(found, "ARM_METADATA_HOSTNAME"), "localhost:8082");
  EXPECT_EQ(value_of(found, "REQUESTS_CA_BUNDLE"), "/d/ca/bundle.pem");
  EXPECT_EQ(value_of(found, "NODE_EXTRA_CA_CERTS"), "/d/ca/ca.pem");
  EXPECT_EQ(value_of(found, "AZURE_POD_IDENTITY_AUTHORITY_HOST"), "(absent)");
  const Json cloud = az_cloud(*settings);
  EXPECT_EQ(text_at(cloud, "endpoints.resourceManager"), "https://localhost:8082");
  EXPECT_EQ(text_at(cloud, "suffixes.keyvaultDns"), ".vault.localhost:8082");
  EXPECT_EQ(dump(cloud).find("s3cret"), std::string::npos);
}

TEST(ClientSettings, OfAServerWithoutASandboxAreNotThere) {
  const auto none = read_client_settings(JsonObject{});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::kNotFound);
  EXPECT_FALSE(read_client_settings(server_json("/nowhere/secret")));
}

TEST(ClientSettings, AreQuotedForEachShell) {
  const Variables odd = {
      {"A", R"(it's $HOME \ `x`)"}
  };
  EXPECT_EQ(exports(odd, Shell::kBash), "export A='it'\\''s $HOME \\ `x`'\n");
  EXPECT_EQ(exports(odd, Shell::kFish), "set -gx A 'it\\'s $HOME \\\\ `x`'\n");
  EXPECT_EQ(exports(odd, Shell::kPowershell), "$env:A = 'it''s $HOME \\ `x`'\n");
}

}  // namespace
}  // namespace armature::cli
