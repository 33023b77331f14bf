#include "sandbox/keyvault/data_plane.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "sandbox/keyvault/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::inner_code_of;
using testing::must;
using testing::VaultWorld;

constexpr const char* kHost = "https://kv1.vault.localhost:1";

std::string last_segment(const std::string& id) { return id.substr(id.rfind('/') + 1); }

TEST(VaultDataPlane, ChallengesAsClientsCheckIt) {
  VaultWorld world;
  const auto response = world.ask("GET", "/secrets/a", "", "none");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(response.headers.get("WWW-Authenticate"),
            "Bearer authorization=\"https://localhost:1/" + world.cloud->tenant() +
                "\", resource=\"https://vault.localhost:1\"");
  EXPECT_EQ(code_of(response), "Unauthorized");
  const auto proxied = world.ask("GET", "/secrets/a", "", "none", "kv1.vault.azure.net");
  EXPECT_NE(proxied.headers.get("WWW-Authenticate")->find("resource=\"https://vault.azure.net\""),
            std::string::npos);
  const auto wrong = world.ask("GET", "/secrets/a", "", world.token);
  EXPECT_EQ(wrong.status, 401);
  EXPECT_NE(
      wrong.body.find("AKV10022: Invalid audience. Expected https://vault.localhost:1, found: "
                      "https://management.azure.com"),
      std::string::npos);
  EXPECT_NE(world.ask("GET", "/secrets/a", "", "x.y.z").body.find("AKV10005"), std::string::npos);
  world.clock.advance(std::chrono::hours(2));
  EXPECT_NE(world.ask("GET", "/secrets/a").body.find("AKV10012"), std::string::npos);
}

TEST(VaultDataPlane, SetsGetsAndKeepsVersions) {
  VaultWorld world;
  const Json first = world.tell(
      "PUT", "/secrets/Db-Password",
      R"({"value":"one","contentType":"text/plain","tags":{"a":"b"},"attributes":{"nbf":1,"exp":2}})");
  world.clock.advance(std::chrono::seconds(5));
  const Json second = world.set("db-password", "two");
  const std::string id = text_at(first, "id");
  EXPECT_TRUE(id.starts_with(std::string(kHost) + "/secrets/Db-Password/")) << id;
  EXPECT_EQ(last_segment(id).size(), 32U);
  EXPECT_EQ(text_at(first, "value"), "one");
  EXPECT_EQ(text_at(first, "contentType"), "text/plain");
  EXPECT_EQ(text_at(first, "tags.a"), "b");
  EXPECT_EQ(int_at(first, "attributes.nbf"), 1);
  EXPECT_EQ(int_at(first, "attributes.exp"), 2);
  EXPECT_EQ(int_at(first, "attributes.created"), 1'700'000'000);
  EXPECT_EQ(text_at(first, "attributes.recoveryLevel"), "Recoverable+Purgeable");
  EXPECT_EQ(int_at(first, "attributes.recoverableDays"), 90);
  EXPECT_FALSE(second.as_object().contains("tags"));
  // The current one, by a path with a slash at its end as Python sends it; the old one by version,
  // though its time is over.
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/DB-PASSWORD/"), "value"), "two");
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/db-password/" + last_segment(id)), "value"), "one");
  const auto missing = world.ask("GET", "/secrets/db-password/00000000000000000000000000000000");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(code_of(missing), "SecretNotFound");
  const Json versions = world.tell("GET", "/secrets/db-password/versions");
  ASSERT_EQ(versions.at("value").as_array().size(), 2U);
  EXPECT_EQ(text_at(versions.at("value").as_array()[1], "id"), text_at(second, "id"));
  EXPECT_FALSE(versions.at("value").as_array()[0].as_object().contains("value"));
}

TEST(VaultDataPlane, UpdatesAttributesAndRefusesDisabled) {
  VaultWorld world;
  const std::string version = last_segment(text_at(world.set("a", "one"), "id"));
  world.clock.advance(std::chrono::seconds(7));
  const Json updated = world.tell(
      "PATCH", "/secrets/a/" + version,
      R"({"attributes":{"enabled":false,"exp":4102444800},"contentType":"x","tags":{"k":"v"}})");
  EXPECT_FALSE(updated.as_object().contains("value"));
  EXPECT_FALSE(bool_at(updated, "attributes.enabled", true));
  EXPECT_EQ(int_at(updated, "attributes.updated"), 1'700'000'007);
  EXPECT_EQ(int_at(updated, "attributes.created"), 1'700'000'000);
  const auto refused = world.ask("GET", "/secrets/a");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(code_of(refused), "Forbidden");
  EXPECT_EQ(inner_code_of(refused), "SecretDisabled");
  EXPECT_EQ(world.ask("PATCH", "/secrets/a", R"({"attributes":{"enabled":true}})").status, 200);
  const Json again = world.tell("GET", "/secrets/a");
  EXPECT_EQ(text_at(again, "value"), "one");
  EXPECT_EQ(text_at(again, "contentType"), "x");
  EXPECT_EQ(int_at(again, "attributes.exp"), 4102444800);
  EXPECT_EQ(world.ask("PATCH", "/secrets/none", "{}").status, 404);
}

TEST(VaultDataPlane, DeletesRecoversAndPurges) {
  VaultWorld world;
  world.set("a", "one");
  world.set("a", "two");
  const Json deleted = world.tell("DELETE", "/secrets/a");
  EXPECT_EQ(text_at(deleted, "recoveryId"), std::string(kHost) + "/deletedsecrets/a");
  EXPECT_EQ(int_at(deleted, "scheduledPurgeDate") - int_at(deleted, "deletedDate"), 90 * 86400);
  EXPECT_EQ(code_of(world.ask("GET", "/secrets/a")), "SecretNotFound");
  const auto taken = world.ask("PUT", "/secrets/a", R"({"value":"x"})");
  EXPECT_EQ(taken.status, 409);
  EXPECT_EQ(code_of(taken), "Conflict");
  EXPECT_EQ(inner_code_of(taken), "ObjectIsDeletedButRecoverable");
  EXPECT_EQ(text_at(world.tell("GET", "/deletedsecrets/a"), "id"), text_at(deleted, "id"));
  EXPECT_EQ(world.tell("GET", "/deletedsecrets").at("value").as_array().size(), 1U);
  EXPECT_TRUE(world.tell("GET", "/secrets").at("value").as_array().empty());
  const Json recovered = world.tell("POST", "/deletedsecrets/a/recover");
  EXPECT_EQ(text_at(recovered, "id"), text_at(deleted, "id"));
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/a"), "value"), "two");
  EXPECT_EQ(world.tell("GET", "/secrets/a/versions").at("value").as_array().size(), 2U);
  world.ask("DELETE", "/secrets/a");
  EXPECT_EQ(world.ask("DELETE", "/deletedsecrets/a").status, 204);
  EXPECT_EQ(world.ask("GET", "/deletedsecrets/a").status, 404);
  EXPECT_EQ(world.ask("POST", "/deletedsecrets/a/recover").status, 404);
  EXPECT_EQ(world.ask("DELETE", "/secrets/a").status, 404);
  EXPECT_EQ(text_at(world.set("a", "three"), "value"), "three");
  EXPECT_EQ(world.tell("GET", "/secrets/a/versions").at("value").as_array().size(), 1U);
}

TEST(VaultDataPlane, ForgetsDeletedSecretsByTheClock) {
  VaultWorld world(R"("enableRbacAuthorization":true,"softDeleteRetentionInDays":7)");
  const Json set = world.set("a", "one");
  EXPECT_EQ(text_at(set, "attributes.recoveryLevel"), "CustomizedRecoverable+Purgeable");
  world.ask("DELETE", "/secrets/a");
  world.clock.advance(std::chrono::hours(24 * 7 - 2));
  world.vault_token = world.token_for_vault(world.app);
  EXPECT_EQ(world.ask("GET", "/deletedsecrets/a").status, 200);
  world.clock.advance(std::chrono::hours(3));
  world.vault_token = world.token_for_vault(world.app);
  EXPECT_EQ(world.ask("GET", "/deletedsecrets/a").status, 404);
  EXPECT_EQ(world.ask("POST", "/deletedsecrets/a/recover").status, 404);
  world.set("a", "new");
  EXPECT_EQ(world.tell("GET", "/secrets/a/versions").at("value").as_array().size(), 1U);
}

TEST(VaultDataPlane, PurgeProtectionHolds) {
  VaultWorld world(R"("enableRbacAuthorization":true,"enablePurgeProtection":true)");
  EXPECT_EQ(text_at(world.set("a", "one"), "attributes.recoveryLevel"), "Recoverable");
  world.ask("DELETE", "/secrets/a");
  const auto refused = world.ask("DELETE", "/deletedsecrets/a");
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("is not allowed because purge protection is enabled"),
            std::string::npos);
}

TEST(VaultDataPlane, ListsAPageAtATime) {
  VaultWorld world;
  for (int i = 10; i < 40; ++i) world.set("s" + std::to_string(i), "v");
  world.set("a", "v");
  world.set("a-b", "v");
  world.set("a", "w");
  std::vector<std::string> names;
  std::string path = "/secrets";
  int pages = 0;
  while (!path.empty()) {
    http::Request request;
    request.target = path + (pages == 0 ? "?api-version=7.4" : "");
    request.headers.set("Host", "kv1.vault.localhost:1");
    request.headers.set("Authorization", "Bearer " + world.vault_token);
    const Json page = must(parse_json(serve(*world.cloud, request).body));
    for (const Json& item : page.at("value").as_array()) {
      names.push_back(last_segment(text_at(item, "id")));
    }
    const std::string next = text_at(page, "nextLink");
    EXPECT_TRUE(next.empty() || next.starts_with(kHost));
    path = next.empty() ? "" : next.substr(std::string(kHost).size());
    ++pages;
  }
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(names.size(), 32U);
  EXPECT_TRUE(std::ranges::is_sorted(names.begin() + 2, names.end()));
  EXPECT_EQ(world.tell("GET", "/secrets?maxresults=3").at("value").as_array().size(), 3U);
  for (const char* bad : {"0", "26", "x", "3x", "99999999999"}) {
    EXPECT_EQ(code_of(world.ask("GET", std::string("/secrets?maxresults=") + bad)), "BadParameter");
  }
  for (int i = 0; i < 30; ++i) world.set("a", std::to_string(i));
  const Json versions = world.tell("GET", "/secrets/a/versions");
  EXPECT_EQ(versions.at("value").as_array().size(), 25U);
  const std::string next = text_at(versions, "nextLink");
  EXPECT_NE(next.find("/secrets/a/versions?api-version=7.4&$skiptoken="), std::string::npos);
  const std::string rest = next.substr(std::string(kHost).size());
  const std::string without =
      rest.substr(0, rest.find("api-version")) + rest.substr(rest.find('$'));  // ask() adds it
  EXPECT_EQ(world.tell("GET", without).at("value").as_array().size(), 7U);
}

TEST(VaultDataPlane, BacksUpAndRestoresIntoAnotherVault) {
  VaultWorld world;
  world.make_vault("kv2", R"("enableRbacAuthorization":true)");
  world.grant("kv2", world.app, "Key Vault Secrets Officer");
  world.set("a", "one");
  world.set("a", "two");
  const Json backup = world.tell("POST", "/secrets/a/backup");
  EXPECT_EQ(world.ask("POST", "/secrets/restore", dump(backup)).status, 409);
  const auto restored =
      world.ask("POST", "/secrets/restore", dump(backup), "", "kv2.vault.localhost:1");
  ASSERT_EQ(restored.status, 200) << restored.body;
  const auto got = world.ask("GET", "/secrets/a", "", "", "kv2.vault.localhost:1");
  EXPECT_EQ(text_at(must(parse_json(got.body)), "value"), "two");
  EXPECT_NE(got.body.find("https://kv2.vault.localhost:1/secrets/a/"), std::string::npos);
  std::string changed = text_at(backup, "value");
  changed[40] = changed[40] == 'A' ? 'B' : 'A';
  EXPECT_EQ(code_of(world.ask("POST", "/secrets/restore", R"({"value":")" + changed + "\"}")),
            "BadParameter");
  EXPECT_EQ(code_of(world.ask("POST", "/secrets/restore", "{}")), "BadParameter");
}

TEST(VaultDataPlane, AnswersOnThePathAndForClientsBehindAProxy) {
  VaultWorld world;
  world.set("a", "one");
  const auto by_path = world.ask("GET", "/keyvault/KV1/secrets/a", "", "", "localhost:1");
  EXPECT_EQ(by_path.status, 200);
  EXPECT_NE(by_path.body.find(kHost), std::string::npos) << "ids are always the vault's own";
  const auto proxied = world.ask("GET", "/secrets/a", "", "", "kv1.vault.azure.net");
  EXPECT_EQ(proxied.status, 200);
  EXPECT_NE(proxied.body.find("https://kv1.vault.azure.net/secrets/a/"), std::string::npos);
  const auto none = world.ask("GET", "/secrets/a", "", "", "kv9.vault.localhost:1");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(code_of(none), "VaultNotFound");
}

TEST(VaultDataPlane, RefusesWhatIsNotAsked) {
  VaultWorld world;
  const auto code = [&](const std::string& method, const std::string& path,
                        const std::string& body = "") {
    return code_of(world.ask(method, path, body));
  };
  EXPECT_EQ(code("PUT", "/secrets/under_score", R"({"value":"x"})"), "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/" + std::string(128, 'a'), R"({"value":"x"})"), "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/a", "{}"), "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/a", ""), "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/a", "[1"), "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/a", R"({"value":5})"), "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/a", R"({"value":"x","attributes":{"enabled":1}})"),
            "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/a", R"({"value":"x","attributes":{"exp":"soon"}})"),
            "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/a", R"({"value":"x","tags":{"a":1}})"), "BadParameter");
  EXPECT_EQ(code("PUT", "/secrets/a", R"({"value":")" + std::string(25601, 'x') + "\"}"),
            "BadParameter");
  EXPECT_EQ(code("GET", "/keys"), "NotImplemented");
  EXPECT_EQ(code("POST", "/certificates/c/create"), "NotImplemented");
  EXPECT_EQ(code("POST", "/secrets/a"), "MethodNotAllowed");
  EXPECT_EQ(code("GET", "/elsewhere"), "NotFound");
  EXPECT_EQ(code("GET", "/secrets/%zz"), "BadParameter");
  http::Request request;
  request.target = "/secrets?api%2Dversion=9.9";  // the name encoded, as JavaScript sends it
  request.headers.set("Host", "kv1.vault.localhost:1");
  request.headers.set("Authorization", "Bearer " + world.vault_token);
  EXPECT_NE(serve(*world.cloud, request).body.find("(9.9) is not recognized"), std::string::npos);
  for (const char* served : {"7.0", "7.6-preview.2", "2016-10-01", "2026-04-01"}) {
    request.target = std::string("/secrets?api-version=") + served;
    EXPECT_EQ(serve(*world.cloud, request).status, 200) << served;
  }
  request.target = "/secrets";
  EXPECT_EQ(code_of(serve(*world.cloud, request)), "BadParameter");
}

TEST(VaultDataPlane, KeepsValuesSealed) {
  VaultWorld world;
  world.set("a", "planted-value-of-a-secret");
  world.call("PUT", world.vault() + "/secrets/b",
             R"({"properties":{"value":"planted-by-template"}})");
  world.ask("POST", "/secrets/a/backup");
  world.restart();
  world.vault_token = world.token_for_vault(world.app);
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/a"), "value"), "planted-value-of-a-secret");
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/b"), "value"), "planted-by-template");
  world.stop();
  std::size_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(world.folder.path())) {
    const std::string content = must(read_file(file.path(), 64u << 20));
    bytes += content.size();
    EXPECT_EQ(content.find("planted-"), std::string::npos) << file.path();
  }
  EXPECT_GT(bytes, 0U);
  for (const std::string& line : world.log.lines)
    EXPECT_EQ(line.find("planted-"), std::string::npos);
  // Under another key nothing opens, and nothing is thrown away.
  world.state_key = "another key";
  world.start();
  world.vault_token = world.token_for_vault(world.app);
  const auto closed = world.ask("GET", "/secrets/a");
  EXPECT_EQ(closed.status, 500);
  EXPECT_NE(closed.body.find("another state key"), std::string::npos);
  EXPECT_EQ(world.tell("GET", "/secrets").at("value").as_array().size(), 2U);
  world.stop();
  world.state_key = "the key of this test";
  world.start();
  world.vault_token = world.token_for_vault(world.app);
  EXPECT_EQ(text_at(world.tell("GET", "/secrets/a"), "value"), "planted-value-of-a-secret");
}

}  // namespace
}  // namespace armature::sandbox
