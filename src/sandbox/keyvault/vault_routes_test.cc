#include "sandbox/keyvault/vault_routes.h"

#include <gtest/gtest.h>

#include "sandbox/keyvault/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::VaultWorld;

constexpr const char* kRbac = R"("enableRbacAuthorization":true)";

TEST(Vaults, AreCompletedAsAzureDoes) {
  VaultWorld world;
  const Json vault = world.get(world.vault());
  EXPECT_EQ(text_at(vault, "properties.vaultUri"), "https://kv1.vault.localhost:1/");
  EXPECT_TRUE(bool_at(vault, "properties.enableSoftDelete"));
  EXPECT_EQ(int_at(vault, "properties.softDeleteRetentionInDays"), 90);
  EXPECT_EQ(text_at(vault, "properties.provisioningState"), "Succeeded");
  // az sends back all it read.
  EXPECT_EQ(world.call("PUT", world.vault(), dump(vault)).status, 200);
  EXPECT_EQ(dump(find(world.get(world.vault()), "properties")->get_object().at("vaultUri")),
            dump(vault.at("properties").at("vaultUri")));
  world.make_vault("kv2", kRbac);
  world.make_vault("kv2", kRbac);
  EXPECT_EQ(world.effect(world.vault("kv2")).updated, 0);
  const Json metadata = must(parse_json(world.call("GET", "/metadata/endpoints").body));
  EXPECT_NE(dump(metadata).find(R"("keyVaultDns":"vault.localhost:1")"), std::string::npos);
}

TEST(Vaults, RefuseWhatAzureRefuses) {
  VaultWorld world;
  const auto code = [&](const std::string& name, const std::string& properties) {
    return code_of(world.make_vault(name, properties));
  };
  for (const char* name : {"k", "1kv", "kv-", "k--v", "abcdefghijklmnopqrstuvwxy", "k.v"}) {
    EXPECT_EQ(code(name, kRbac), "VaultNameNotValid") << name;
  }
  EXPECT_EQ(code("kv2", ""), "BadRequest") << "neither RBAC nor policies";
  EXPECT_EQ(code("kv2", R"("accessPolicies":[],"enablePurgeProtection":false)"), "BadRequest");
  EXPECT_EQ(code("kv2", R"("accessPolicies":[],"softDeleteRetentionInDays":6)"), "BadRequest");
  EXPECT_EQ(code("kv2", R"("accessPolicies":{})"), "BadRequest");
  EXPECT_EQ(code_of(world.call("PUT", world.vault("kv2"), R"({"location":"westeurope"})")),
            "InvalidRequestContent");
  EXPECT_EQ(code_of(world.call("PUT", world.vault("kv2"),
                               R"({"location":"westeurope","properties":{"tenantId":"t"}})")),
            "BadRequest");
  world.make_group("other");
  EXPECT_EQ(
      code_of(world.call("PUT", world.group("other") + "/providers/Microsoft.KeyVault/vaults/KV1",
                         VaultWorld::body(kRbac))),
      "VaultAlreadyExists");
  EXPECT_EQ(code("kv1", std::string(kRbac) + R"(,"softDeleteRetentionInDays":30)"), "BadRequest");
  EXPECT_EQ(code("kv1", std::string(kRbac) + R"(,"enableSoftDelete":false)"), "BadRequest");
  EXPECT_EQ(code_of(world.call("PATCH", world.vault(),
                               R"({"properties":{"enablePurgeProtection":false}})")),
            "BadRequest");
  EXPECT_EQ(
      world.call("PATCH", world.vault(), R"({"properties":{"enablePurgeProtection":true}})").status,
      200);
  EXPECT_EQ(world.call("PATCH", world.vault(), R"({"tags":{"a":"b"}})").status, 200);
  EXPECT_EQ(
      world.call("PATCH", world.vault(), R"({"properties":{"enableRbacAuthorization":false}})")
          .status,
      200);
  EXPECT_EQ(world.call("PATCH", world.vault(), R"({"properties":{"accessPolicies":5}})").status,
            400);
  EXPECT_TRUE(bool_at(world.get(world.vault()), "properties.enablePurgeProtection"));
}

TEST(Vaults, StayRecoverableWhenDeleted) {
  VaultWorld world;
  world.set("a", "one");
  ASSERT_EQ(world.call("DELETE", world.vault()).status, 200);
  EXPECT_EQ(code_of(world.ask("GET", "/secrets/a")), "VaultNotFound");
  EXPECT_EQ(code_of(world.make_vault("kv1", kRbac)), "ConflictError");
  const std::string provider = world.sub() + "/providers/Microsoft.KeyVault";
  const Json list = world.get(provider + "/deletedVaults");
  ASSERT_EQ(list.at("value").as_array().size(), 1U);
  const std::string id = text_at(list.at("value").as_array()[0], "id");
  EXPECT_EQ(id, provider + "/locations/westeurope/deletedVaults/kv1");
  const Json deleted = world.get(id);
  EXPECT_EQ(text_at(deleted, "properties.vaultId"), world.vault());
  EXPECT_EQ(text_at(deleted, "properties.deletionDate"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(text_at(deleted, "properties.scheduledPurgeDate"), "2024-02-12T22:13:20Z");
  EXPECT_EQ(world.call("GET", provider + "/locations/eastus/deletedVaults/kv1").status, 404);
  world.restart();
  const auto recovered = world.make_vault("kv1", R"("createMode":"recover")");
  EXPECT_EQ(recovered.status, 200) << recovered.body;
  world.vault_token = world.token_for_vault(world.app);
  world.grant("kv1", world.app, "Key Vault Administrator");  // assignments went with the vault
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/a"), "value"), "one");
  EXPECT_TRUE(world.get(provider + "/deletedVaults").at("value").as_array().empty());
  // az keyvault list-deleted asks for both.
  EXPECT_TRUE(world.get(provider + "/deletedManagedHSMs").at("value").as_array().empty());
  EXPECT_EQ(code_of(world.make_vault("kv7", R"("createMode":"recover")")),
            "SoftDeletedVaultDoesNotExist");
}

TEST(Vaults, GoWithTheirGroupAndArePurged) {
  VaultWorld world;
  world.set("a", "one");
  const std::string provider = world.sub() + "/providers/Microsoft.KeyVault";
  const auto available = [&] {
    return must(parse_json(world
                               .call("POST", provider + "/checkNameAvailability",
                                     R"({"name":"kv1","type":"Microsoft.KeyVault/vaults"})")
                               .body));
  };
  EXPECT_EQ(text_at(available(), "reason"), "AlreadyExists");
  const auto hsm = world.call("POST", provider + "/checkMhsmNameAvailability",
                              R"({"name":"kv1","type":"Microsoft.KeyVault/managedHSMs"})");
  EXPECT_TRUE(bool_at(must(parse_json(hsm.body)), "nameAvailable"));
  world.call("DELETE", world.group());
  world.clock.advance(std::chrono::seconds(1));
  EXPECT_FALSE(bool_at(available(), "nameAvailable", true));
  const std::string id = provider + "/locations/westeurope/deletedVaults/kv1";
  const auto purged = world.call("POST", id + "/purge");
  ASSERT_EQ(purged.status, 202);
  const std::string poll = purged.headers.get("Location").value_or("");
  const auto polled = world.call("GET", poll.substr(poll.find("/subscriptions"),
                                                    poll.find('?') - poll.find("/subscriptions")));
  EXPECT_TRUE(polled.status == 200 || polled.status == 204) << polled.status;
  EXPECT_EQ(world.call("POST", id + "/purge").status, 404);
  const Json events = world.get(
      world.sub() + "/providers/Microsoft.Insights/eventtypes/management/values?$filter=" +
      http::percent_encode("eventTimestamp ge '2023-11-01' and status eq 'Succeeded' and "
                           "operations eq "
                           "'Microsoft.KeyVault/locations/deletedVaults/purge/action'"));
  EXPECT_EQ(events.at("value").as_array().size(), 1U);
  EXPECT_TRUE(bool_at(available(), "nameAvailable"));
  world.make_group();
  EXPECT_EQ(world.make_vault("kv1", kRbac).status, 201);
  world.grant("kv1", world.app, "Key Vault Administrator");
  EXPECT_TRUE(world.tell("GET", "/secrets").at("value").as_array().empty());
  EXPECT_EQ(
      text_at(must(parse_json(
                  world.call("POST", provider + "/checkNameAvailability", R"({"name":"1"})").body)),
              "reason"),
      "AccountNameInvalid");
}

TEST(Vaults, AreGoneWhenTheirTimeIsOver) {
  VaultWorld world(R"("enableRbacAuthorization":true,"softDeleteRetentionInDays":7,)"
                   R"("enablePurgeProtection":true)");
  world.set("a", "one");
  world.call("DELETE", world.vault());
  const std::string id =
      world.sub() + "/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/kv1";
  EXPECT_EQ(code_of(world.call("POST", id + "/purge")), "MethodNotAllowed");
  world.clock.advance(std::chrono::hours(24 * 7 + 1));
  world.token = world.token_of(world.app);
  EXPECT_EQ(world.call("GET", id).status, 404);
  EXPECT_EQ(world.make_vault("kv1", kRbac).status, 201);
  world.grant("kv1", world.app, "Key Vault Administrator");
  world.vault_token = world.token_for_vault(world.app);
  EXPECT_EQ(world.ask("GET", "/secrets/a").status, 404);
}

TEST(VaultSecrets, OfTemplatesAreVersionsInTheVault) {
  VaultWorld world;
  const std::string id = world.vault() + "/secrets/Api";
  const auto made = world.call(
      "PUT", id,
      R"({"tags":{"a":"b"},"properties":{"value":"planted-1","contentType":"t","attributes":{"enabled":true}}})");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.body.find("planted-1"), std::string::npos);
  const Json shown = world.get(id);
  EXPECT_EQ(text_at(shown, "properties.secretUri"), "https://kv1.vault.localhost:1/secrets/Api");
  EXPECT_EQ(text_at(shown, "tags.a"), "b");
  EXPECT_EQ(text_at(shown, "type"), "Microsoft.KeyVault/vaults/secrets");
  const Json got = world.tell("GET", "/secrets/api");
  EXPECT_EQ(text_at(got, "value"), "planted-1");
  EXPECT_EQ(text_at(got, "id"), text_at(shown, "properties.secretUriWithVersion"));
  EXPECT_EQ(world.call("PUT", id, R"({"properties":{"value":"planted-2"}})").status, 200);
  EXPECT_EQ(world.call("PATCH", id, R"({"properties":{"contentType":"u"}})").status, 200);
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/api"), "contentType"), "u");
  world.set("made-by-data", "x");
  EXPECT_EQ(world.get(world.vault() + "/secrets").at("value").as_array().size(), 2U);
  EXPECT_EQ(world.call("DELETE", id).status, 405);
  EXPECT_EQ(world.call("PUT", id, R"({"properties":{}})").status, 400);
  EXPECT_EQ(
      world.call("PUT", world.vault() + "/secrets/a_b", R"({"properties":{"value":"x"}})").status,
      400);
  EXPECT_EQ(code_of(world.call("PUT", world.vault("none") + "/secrets/a",
                               R"({"properties":{"value":"x"}})")),
            "ParentResourceNotFound");
  EXPECT_EQ(world.call("GET", world.vault() + "/secrets/none").status, 404);
  world.ask("DELETE", "/secrets/api");
  EXPECT_EQ(world.call("PUT", id, R"({"properties":{"value":"x"}})").status, 409);
}

TEST(VaultSecrets, AreReadForDeployments) {
  VaultWorld world;
  const std::string version = text_at(world.set("a", "one"), "id");
  world.set("a", "two");
  const auto read = [&](const std::string& vault, const std::string& name,
                        const std::string& which = "") {
    return read_secret(*world.cloud, vault, name, which);
  };
  EXPECT_EQ(must(read(to_upper(world.vault()), "A")), Json("two"));
  EXPECT_EQ(must(read(world.vault(), "a", version.substr(version.rfind('/') + 1))), Json("one"));
  EXPECT_EQ(read(world.vault(), "b").error().code, Code::kNotFound);
  EXPECT_EQ(read(world.vault("none"), "a").error().code, Code::kNotFound);
  world.ask("PATCH", "/secrets/a", R"({"attributes":{"enabled":false}})");
  EXPECT_EQ(read(world.vault(), "a").error().code, Code::kDenied);
  world.ask("DELETE", "/secrets/a");
  EXPECT_EQ(read(world.vault(), "a").error().code, Code::kNotFound);
}

TEST(VaultSecrets, GoFromParametersIntoTemplates) {
  VaultWorld world(R"("enableRbacAuthorization":true,"enabledForTemplateDeployment":true)");
  world.set("a", "planted-for-a-template");
  const Json document = must(parse_json(
      R"({"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      "contentVersion":"1.0.0.0","parameters":{"word":{"type":"securestring"}},"resources":[
      {"type":"Microsoft.KeyVault/vaults/secrets","apiVersion":"2023-07-01","name":"kv1/copy",
       "properties":{"value":"[parameters('word')]"}}],
      "outputs":{"uri":{"type":"string","value":"[reference(resourceId('Microsoft.KeyVault/vaults/secrets','kv1','copy')).secretUri]"}}})"));
  const Json parameters = must(parse_json(R"({"word":{"reference":{"keyVault":{"id":")" +
                                          world.vault() + R"("},"secretName":"a"}}})"));
  world.deploy("d", document, parameters);
  const Json ended = world.ended("d");
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << dump(ended);
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/copy"), "value"), "planted-for-a-template");
  EXPECT_EQ(text_at(ended, "properties.outputs.uri.value"),
            "https://kv1.vault.localhost:1/secrets/copy");
  EXPECT_EQ(dump(ended).find("planted-for"), std::string::npos);
}

}  // namespace
}  // namespace armature::sandbox
