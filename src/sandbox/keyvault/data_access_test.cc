#include "sandbox/keyvault/data_access.h"

#include <gtest/gtest.h>

#include "sandbox/keyvault/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::inner_code_of;
using testing::must;
using testing::VaultWorld;

TEST(VaultAccess, RbacSaysWhatIsMissing) {
  VaultWorld world;
  world.set("a", "one");
  world.set("b", "one");
  const Application other = world.add_app("other", {
                                                       {"Owner", ""}
  });
  const std::string token = world.token_for_vault(other);
  const auto refused = world.ask("GET", "/secrets/a", "", token);
  EXPECT_EQ(refused.status, 403) << "an owner has no right to the data";
  EXPECT_EQ(code_of(refused), "Forbidden");
  EXPECT_EQ(inner_code_of(refused), "ForbiddenByRbac");
  const std::string message = text_at(must(parse_json(refused.body)), "error.message");
  for (const std::string& part :
       {std::string("Caller is not authorized to perform action on resource."),
        "Caller: appid=" + other.client_id + ";oid=" + other.object_id +
            ";iss=https://sts.windows.net/" + world.cloud->tenant() + "/",
        std::string("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'"),
        "Resource: '" + to_lower(world.vault()) + "/secrets/a'",
        std::string("Vault: kv1;location=westeurope")}) {
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
  }
  // A right to one secret, and to read alone.
  world.grant("kv1", other, "Key Vault Secrets User", "/secrets/a");
  EXPECT_EQ(world.ask("GET", "/secrets/a", "", token).status, 200);
  EXPECT_EQ(world.ask("GET", "/secrets/b", "", token).status, 403);
  EXPECT_EQ(world.ask("GET", "/secrets", "", token).status, 403);
  EXPECT_EQ(world.ask("PUT", "/secrets/a", R"({"value":"x"})", token).status, 403);
  EXPECT_EQ(world.ask("DELETE", "/secrets/a", "", token).status, 403);
}

TEST(VaultAccess, EachOperationAsksForItsRight) {
  VaultWorld world;
  world.set("a", "one");
  const Application other = world.add_app("other", {});
  const std::string token = world.token_for_vault(other);
  const struct {
    const char* method;
    const char* path;
    const char* action;
  } kCases[] = {
      {"GET",    "/secrets",                  "readMetadata/action"},
      {"GET",    "/secrets/a/versions",       "readMetadata/action"},
      {"GET",    "/secrets/a/abc",            "getSecret/action"   },
      {"PUT",    "/secrets/a",                "setSecret/action"   },
      {"PATCH",  "/secrets/a/abc",            "update/action"      },
      {"DELETE", "/secrets/a",                "delete"             },
      {"POST",   "/secrets/a/backup",         "backup/action"      },
      {"POST",   "/secrets/restore",          "restore/action"     },
      {"GET",    "/deletedsecrets",           "readMetadata/action"},
      {"GET",    "/deletedsecrets/a",         "readMetadata/action"},
      {"DELETE", "/deletedsecrets/a",         "purge/action"       },
      {"POST",   "/deletedsecrets/a/recover", "recover/action"     },
  };
  for (const auto& one : kCases) {
    const auto refused = world.ask(one.method, one.path, "", token);
    EXPECT_EQ(refused.status, 403) << one.method << one.path;
    EXPECT_NE(refused.body.find("secrets/" + std::string(one.action) + "'"), std::string::npos)
        << refused.body;
  }
}

TEST(VaultAccess, PoliciesCountWhereRbacIsOff) {
  VaultWorld world(R"("accessPolicies":[])");
  const auto refused = world.ask("GET", "/secrets/a");
  EXPECT_EQ(refused.status, 403) << "roles do not count here";
  EXPECT_EQ(inner_code_of(refused), "AccessDenied");
  EXPECT_NE(refused.body.find("does not have secrets get permission on key vault "
                              "'kv1;location=westeurope'"),
            std::string::npos);
  const auto policy = [&](const std::string& permissions) {
    return R"({"properties":{"accessPolicies":[{"tenantId":"t","objectId":")" +
           to_upper(world.app.object_id) + R"(","permissions":{"secrets":[)" + permissions +
           "]}}]}}";
  };
  const std::string add = world.vault() + "/accessPolicies/add";
  EXPECT_EQ(world.call("PUT", add, policy(R"("Set")")).status, 201);
  EXPECT_EQ(world.ask("PUT", "/secrets/a", R"({"value":"x"})").status, 200);
  EXPECT_EQ(world.ask("GET", "/secrets/a").status, 403);
  EXPECT_EQ(world.call("PUT", add, policy(R"("get")")).status, 201);
  EXPECT_EQ(world.call("PUT", add, policy(R"("get")")).status, 200);
  EXPECT_EQ(world.ask("GET", "/secrets/a").status, 200);
  EXPECT_EQ(world.ask("PUT", "/secrets/a", R"({"value":"y"})").status, 200);
  EXPECT_EQ(world.call("PUT", world.vault() + "/accessPolicies/remove", policy(R"("set")")).status,
            201);
  EXPECT_EQ(world.ask("PUT", "/secrets/a", R"({"value":"z"})").status, 403);
  EXPECT_EQ(world.call("PUT", world.vault() + "/accessPolicies/replace", policy(R"("all")")).status,
            201);
  EXPECT_EQ(world.ask("DELETE", "/secrets/a").status, 200);
  EXPECT_EQ(world.call("PUT", world.vault() + "/accessPolicies/swap", policy("")).status, 400);
  EXPECT_EQ(world.call("PUT", world.vault("none") + "/accessPolicies/add", policy("")).status, 404);
  world.call("PUT", world.vault() + "/accessPolicies/remove", policy(R"("all")"));
  EXPECT_TRUE(world.get(world.vault()).at("properties").at("accessPolicies").as_array().empty());
}

}  // namespace
}  // namespace armature::sandbox
