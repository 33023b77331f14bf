// ARM in front of every resource: conditions, names, quotas, pages, filters, paths, throttling.
#include "base/bytes.h"
#include "sandbox/front/testing.h"

namespace armature::sandbox {
namespace {

using testing::ArmFront;
using testing::code_of;
using testing::must;
using testing::Names;
using testing::World;

TEST_F(ArmFront, EtagsAndConditionsFollowTheMatrix) {
  const std::string net = world.group() + "/providers/Microsoft.Network/virtualNetworks/net";
  const auto send = [&](const std::string& method, const std::string& body,
                        const std::string& header, const std::string& value) {
    http::Request request;
    request.method = method;
    request.target = net + "?api-version=2023-04-01";
    request.headers.set("Authorization", "Bearer " + world.token);
    if (!header.empty()) request.headers.set(header, value);
    request.body = body;
    return serve(*world.cloud, request);
  };
  const std::string body = R"({"location":"westeurope","properties":{"a":1}})";
  EXPECT_EQ(send("PUT", body, "If-Match", "*").status, 412) << "nothing is there to be matched";
  EXPECT_EQ(send("PATCH", "{}", "If-Match", "*").status, 404);
  EXPECT_EQ(send("DELETE", "", "If-Match", "x").status, 204);
  const auto made = send("PUT", body, "If-None-Match", "*");
  EXPECT_EQ(made.status, 201);
  const std::string etag = made.headers.get("ETag").value_or("");
  EXPECT_TRUE(etag.starts_with("W/\"")) << etag;
  EXPECT_EQ(text_at(must(parse_json(made.body)), "etag"), etag);
  EXPECT_EQ(send("GET", "", "", "").headers.get("ETag"), etag) << "it stays while nothing changes";
  EXPECT_EQ(send("PUT", body, "If-None-Match", "*").status, 412);
  EXPECT_EQ(send("PUT", body, "If-Match", "W/\"other\"").status, 412);
  const auto changed =
      send("PUT", R"({"location":"westeurope","properties":{"a":2}})", "If-Match", etag);
  EXPECT_EQ(changed.status, 200);
  EXPECT_NE(changed.headers.get("ETag"), etag);
  EXPECT_EQ(send("PATCH", R"({"tags":{"a":"b"}})", "If-Match", etag).status, 412);
  EXPECT_EQ(send("DELETE", "", "If-Match", etag).status, 412);
  EXPECT_EQ(send("DELETE", "", "If-Match", "*").status, 200);
}

TEST_F(ArmFront, NamesAreUniqueInTheWorldAndChecked) {
  put_account("acc1");
  const auto ask = [&](const std::string& name) {
    return must(parse_json(
        world
            .call("POST", world.sub() + "/providers/Microsoft.Storage/checkNameAvailability",
                  R"({"name":")" + name + R"(","type":"Microsoft.Storage/storageAccounts"})")
            .body));
  };
  EXPECT_TRUE(bool_at(ask("free1"), "nameAvailable"));
  EXPECT_FALSE(bool_at(ask("acc1"), "nameAvailable", true));
  EXPECT_EQ(text_at(ask("acc1"), "reason"), "AlreadyExists");
  EXPECT_EQ(text_at(ask("A!"), "reason"), "AccountNameInvalid");
  world.call("DELETE", account("acc1"));
  EXPECT_TRUE(bool_at(ask("acc1"), "nameAvailable"));
  EXPECT_EQ(
      text_at(must(parse_json(world
                                  .call("POST", "/providers/Microsoft.Resources/checkResourceName",
                                        R"({"name":"XBOX","type":"Microsoft.Web/sites"})")
                                  .body)),
              "status"),
      "Reserved");
}

TEST_F(ArmFront, AGroupHoldsEightHundredOfAType) {
  const auto identity = [&](int i) {
    return world.group() + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id" +
           std::to_string(i);
  };
  const std::string version = "?api-version=2023-01-31";
  const char* body = R"({"location":"westeurope"})";
  const auto filled = world.cloud->store().change([&](Change& change) {
    for (int i = 0; i < 799; ++i) {
      Record record;
      record.id = identity(i);
      record.type = "Microsoft.ManagedIdentity/userAssignedIdentities";
      record.name = "id" + std::to_string(i);
      record.body = JsonObject{
          {"location", "westeurope"}
      };
      change.put(to_lower(record.id), record);
    }
    return 0;
  });
  ASSERT_TRUE(filled);
  EXPECT_EQ(world.call("PUT", identity(799) + version, body).status, 201);
  const auto refused = world.call("PUT", identity(800) + version, body);
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code_of(refused), "ResourceQuotaExceeded");
  const char* changed = R"({"location":"westeurope","tags":{"a":"b"}})";
  EXPECT_EQ(world.call("PUT", identity(3) + version, changed).status, 200);
  EXPECT_EQ(world.call("DELETE", identity(5) + version).status, 200);
  EXPECT_EQ(world.call("PUT", identity(800) + version, body).status, 201);
}

// Calls that a deployment makes where the template names no version.
TEST_F(ArmFront, CompleteModeDeletesByTheTypesOwnVersion) {
  const std::string net = world.group() +
                          "/providers/Microsoft.Network/virtualNetworks/net"
                          "?api-version=2023-04-01";
  ASSERT_EQ(world.call("PUT", net, R"({"location":"westeurope","properties":{}})").status, 201);
  const Json empty = JsonObject{
      {"$schema",
       "https://schema.management.azure.com/schemas/2019-04-01/"
       "deploymentTemplate.json#"   },
      {"contentVersion", "1.0.0.0"  },
      {"resources",      JsonArray{}}
  };
  ASSERT_LT(world.deploy("d", empty, JsonObject{}, "Complete").status, 300);
  EXPECT_EQ(text_at(world.ended("d"), "properties.provisioningState"), "Succeeded");
  EXPECT_EQ(world.call("GET", net).status, 404);
}

TEST_F(ArmFront, ListsComeInPagesThatMissNothing) {
  Names all;
  for (int i = 0; i < 25; ++i) {
    put_account("acc" + std::to_string(i));
    all.insert("acc" + std::to_string(i));
  }
  const std::string type = "/providers/Microsoft.Storage/storageAccounts";
  for (const std::string& path :
       {world.sub() +
            "/resources?$top=10&$filter=resourceType%20eq%20'microsoft.storage/storageaccounts'",
        world.sub() + "/resources?$top=10", world.group() + "/resources?$top=10",
        world.group() + type + "?$top=10", world.sub() + type + "?$top=10"}) {
    std::size_t pages = 0;
    EXPECT_EQ(names(all_pages(path, pages)), all) << path;
    EXPECT_EQ(pages, 3u) << path;
  }
  // What goes between two pages takes no other with it.
  const Json first = world.get(world.group() + type + "?$top=10");
  world.call("DELETE", account(text_at(first.at("value").as_array()[9], "name")));
  std::size_t pages = 0;
  const Json rest = all_pages(text_at(first, "nextLink").substr(world.cloud->url().size()), pages);
  EXPECT_EQ(rest.at("value").as_array().size(), 15u);
}

TEST_F(ArmFront, ResourcesAreFiltered) {
  put_account("acc1");
  put_account("acc2");
  world.make_group("other");
  world.call("PUT",
             world.group("other") +
                 "/providers/Microsoft.Network/virtualNetworks/net?api-version=2023-04-01",
             R"({"location":"eastus","tags":{"team":"A"},"properties":{}})");
  const auto filtered = [&](const std::string& filter) {
    const Json list = world.get(world.sub() + "/resources?$filter=" + http::percent_encode(filter));
    return find(list, "value") ? names(list) : Names{dump(list)};
  };
  EXPECT_EQ(filtered("resourceType eq 'Microsoft.Storage/storageAccounts'"),
            (Names{"acc1", "acc2"}));
  EXPECT_EQ(filtered("resourceType ne 'Microsoft.Storage/storageAccounts'"), (Names{"net"}));
  EXPECT_EQ(filtered("location eq 'East US'"), (Names{"net"}));
  EXPECT_EQ(filtered("name eq 'ACC1' or resourceGroup eq 'OTHER'"), (Names{"acc1", "net"}));
  EXPECT_EQ(filtered("substringof('cc', name) and not_a_field eq 'x'").size(), 1u);
  EXPECT_EQ(filtered("substringof('CC', name) and name ne 'acc2'"), (Names{"acc1"}));
  EXPECT_EQ(filtered("tagName eq 'Team' and tagValue eq 'A'"), (Names{"net"}));
  EXPECT_EQ(filtered("tagName eq 'Team' and tagValue eq 'a'"), (Names{}));
  EXPECT_EQ(filtered("startswith(tagName,'te')"), (Names{"net"}));
  EXPECT_EQ(filtered("(name eq 'acc1' or name eq 'net') and location eq 'eastus'"), (Names{"net"}));
  const Json expanded =
      world.get(world.group() + "/resources?$expand=createdTime,provisioningState");
  EXPECT_TRUE(find(expanded.at("value").as_array()[0], "createdTime"));
  EXPECT_EQ(text_at(expanded.at("value").as_array()[0], "provisioningState"), "Succeeded");
  EXPECT_FALSE(find(expanded.at("value").as_array()[0], "properties"));
  EXPECT_FALSE(
      find(world.get(world.group() + "/resources").at("value").as_array()[0], "createdTime"));
}

TEST_F(ArmFront, PathsAsClientsWriteThem) {
  put_account("acc1");
  EXPECT_EQ(world.call("GET", "/" + account("acc1")).status, 200) << "two slashes at the start";
  EXPECT_EQ(
      world.call("GET", world.group() + "/providers/Microsoft.Storage/storageAccounts/").status,
      200);
  const auto mixed = world.call(
      "GET", world.sub() + "/resourcegroups/RG/Providers/microsoft.storage/STORAGEACCOUNTS/ACC1");
  EXPECT_EQ(mixed.status, 200);
  EXPECT_EQ(text_at(must(parse_json(mixed.body)), "name"), "acc1")
      << "the case of the first writer";
  EXPECT_EQ(world.call("HEAD", account("acc1")).status, 204);
  EXPECT_EQ(world.call("HEAD", account("acc2")).status, 404);
  EXPECT_TRUE(world.call("HEAD", account("acc2")).body.empty());
}

TEST_F(ArmFront, BucketsEmptyAndFill) {
  const auto first = world.call("GET", world.group());
  EXPECT_EQ(first.headers.get("x-ms-ratelimit-remaining-subscription-reads"), "249");
  EXPECT_EQ(first.headers.get("x-ms-ratelimit-remaining-subscription-global-reads"), "3749");
  EXPECT_EQ(
      world.call("GET", world.group()).headers.get("x-ms-ratelimit-remaining-subscription-reads"),
      "249")
      << "nothing is counted while limits are off";
  world.throttle = true;
  world.restart();
  EXPECT_EQ(world.call("PUT", world.group(), R"({"location":"westeurope"})")
                .headers.get("x-ms-ratelimit-remaining-subscription-writes"),
            "199");
  EXPECT_EQ(world.call("DELETE", account("no1"))
                .headers.get("x-ms-ratelimit-remaining-subscription-global-deletes"),
            "2999");
  EXPECT_EQ(world.call("GET", "/tenants").headers.get("x-ms-ratelimit-remaining-tenant-reads"),
            "249");
  for (int i = 0; i < 250; ++i) ASSERT_EQ(world.call("GET", world.group()).status, 200) << i;
  const auto refused = world.call("GET", world.group());
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(code_of(refused), "SubscriptionRequestsThrottled");
  EXPECT_EQ(refused.headers.get("Retry-After"), "1");
  EXPECT_EQ(refused.headers.get("x-ms-ratelimit-remaining-subscription-reads"), "0");
  EXPECT_EQ(world.call("PUT", world.group(), R"({"location":"westeurope"})").status, 200)
      << "each kind has its own";
  const auto other = world.token_of(world.add_app("other", {
                                                               {"Reader", ""}
  }));
  EXPECT_EQ(world.call("GET", world.group(), "", other).status, 200) << "and each principal";
  world.clock.advance(std::chrono::seconds(1));
  for (int i = 0; i < 25; ++i) ASSERT_EQ(world.call("GET", world.group()).status, 200) << i;
  EXPECT_EQ(world.call("GET", world.group()).status, 429);
}

}  // namespace
}  // namespace armature::sandbox
