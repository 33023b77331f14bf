#include "sandbox/deployments/stacks.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::code_of;
using testing::must;
using testing::World;

constexpr const char* kHead =
    R"({"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","resources":[)";

Json accounts(const std::vector<std::string>& names) {
  std::string out = kHead;
  for (const std::string& name : names) {
    if (out.back() == '}') out += ",";
    out += R"({"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":")" +
           name + R"(","location":"westeurope","properties":{}})";
  }
  return must(parse_json(out + "]}"));
}

struct StackWorld : World {
  StackWorld() { make_group(); }
  explicit StackWorld(Options options) : World(std::move(options)) {}

  std::string stack(const std::string& name = "s") const {
    return group() + "/providers/Microsoft.Resources/deploymentStacks/" + name;
  }
  std::string account(const std::string& name) const {
    return group() + "/providers/Microsoft.Storage/storageAccounts/" + name;
  }
  http::Response put(const Json& doc, const char* unmanage,
                     const Json& deny =
                         JsonObject{
                             {"mode", "none"}
  },
                     const std::string& as = "") {
    const Json properties = JsonObject{
        {"template",         doc                                },
        {"actionOnUnmanage", JsonObject{{"resources", unmanage}}},
        {"denySettings",     deny                               }
    };
    return call("PUT", stack(),
                dump(JsonObject{
                    {"properties", properties}
    }),
                as);
  }
  // Polls the operation until it has ended; gives its status.
  std::string settle(const http::Response& started) {
    const std::string url = started.headers.get("Azure-AsyncOperation").value_or("");
    if (url.empty()) return started.body;
    const std::string path = url.substr(cloud->url().size());
    std::string status = "InProgress";
    while (status == "InProgress") {
      status = text_at(get(path.substr(0, path.find('?'))), "status");
      std::this_thread::yield();
    }
    return status;
  }
  std::string managed() {
    std::string out;
    const Json shown = get(stack());
    for (const Json& one : shown.at("properties").at("resources").as_array()) {
      const std::string id = text_at(one, "id");
      out += (out.empty() ? "" : " ") + id.substr(id.rfind('/') + 1) + ":" +
             text_at(one, "denyStatus");
    }
    return out;
  }
};

TEST(Stacks, DeletesOrDetachesWhatIsNoLongerNamed) {
  StackWorld world;
  const auto made = world.put(accounts({"one", "two", "three"}), "detach");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(text_at(must(parse_json(made.body)), "properties.provisioningState"), "initializing");
  EXPECT_EQ(world.settle(made), "succeeded") << pretty(world.get(world.stack()));
  EXPECT_EQ(world.managed(), "one:none three:none two:none");
  const auto detached = world.put(accounts({"one", "two"}), "detach");
  EXPECT_EQ(detached.status, 200);
  EXPECT_EQ(world.settle(detached), "succeeded");
  EXPECT_EQ(world.call("GET", world.account("three")).status, 200);
  EXPECT_EQ(dump(world.get(world.stack()).at("properties").at("detachedResources")),
            R"([{"id":")" + world.account("three") + R"("}])");
  EXPECT_EQ(world.settle(world.put(accounts({"one"}), "delete")), "succeeded");
  EXPECT_EQ(world.call("GET", world.account("two")).status, 404);
  EXPECT_EQ(world.managed(), "one:none");
  const Json listed = world.get(world.group() + "/providers/Microsoft.Resources/deploymentStacks");
  EXPECT_EQ(listed.at("value").as_array().size(), 1U);
  EXPECT_EQ(
      must(parse_json(world.call("POST", world.stack() + "/exportTemplate").body)).at("template"),
      accounts({"one"}));
  const auto gone = world.call("DELETE", world.stack() + "?unmanageAction.Resources=delete");
  ASSERT_EQ(gone.status, 202) << gone.body;
  EXPECT_EQ(world.settle(gone), "succeeded");
  EXPECT_EQ(world.call("GET", world.account("one")).status, 404);
  EXPECT_EQ(code_of(world.call("GET", world.stack())), "DeploymentStackNotFound");
  EXPECT_EQ(world.call("DELETE", world.stack()).status, 204);
}

TEST(Stacks, DenySettingsWinOverRoles) {
  StackWorld world;
  const Application other = world.add_app("other", {
                                                       {"Owner", ""}
  });
  const Application spared = world.add_app("spared", {
                                                         {"Owner", ""}
  });
  const Json deny = JsonObject{
      {"mode",               "denyWriteAndDelete"                  },
      {"excludedPrincipals", JsonArray{spared.object_id}           },
      {"excludedActions",    JsonArray{"Microsoft.Web/sites/write"}}
  };
  ASSERT_EQ(world.settle(world.put(accounts({"one", "two"}), "delete", deny)), "succeeded");
  EXPECT_EQ(world.managed(), "one:denyWriteAndDelete two:denyWriteAndDelete");
  const std::string body = R"({"location":"westeurope","tags":{"a":"b"}})";
  const std::string as_other = world.token_of(other);
  EXPECT_EQ(code_of(world.call("PUT", world.account("one"), body, as_other)),
            "DenyAssignmentAuthorizationFailed");
  EXPECT_EQ(code_of(world.call("DELETE", world.account("one"), "", as_other)),
            "DenyAssignmentAuthorizationFailed");
  EXPECT_EQ(world.call("GET", world.account("one"), "", as_other).status, 200);
  EXPECT_EQ(world.call("PUT", world.account("one"), body, world.token_of(spared)).status, 200);
  const std::string as_contributor =
      world.token_of(world.add_app("contributor", {
                                                      {"Contributor", ""}
  }));
  EXPECT_EQ(code_of(world.put(accounts({
                                  "one"
  }),
                              "delete", JsonObject{{"mode", "none"}}, as_contributor)),
            "AuthorizationFailed")
      << "nor lift what another has set";
  EXPECT_EQ(code_of(world.call("DELETE", world.stack(), "", as_contributor)),
            "AuthorizationFailed");
  // The stack itself may change what it guards, also in another's name.
  ASSERT_EQ(world.settle(world.put(accounts({"one"}), "delete", deny, as_other)), "succeeded")
      << pretty(world.get(world.stack()));
  EXPECT_EQ(world.call("GET", world.account("two")).status, 404);
  EXPECT_EQ(code_of(world.call("DELETE", world.account("one"), "", as_other)),
            "DenyAssignmentAuthorizationFailed");
  ASSERT_EQ(world.settle(world.put(accounts({"one"}), "delete")), "succeeded");
  EXPECT_EQ(world.call("DELETE", world.account("one"), "", as_other).status, 200);
}

TEST(Stacks, RefusesWhatItCannotDo) {
  StackWorld world;
  const Application contributor = world.add_app("contributor", {
                                                                   {"Contributor", ""}
  });
  const std::string token = world.token_of(contributor);
  EXPECT_EQ(code_of(world.put(accounts({"one"}), "destroy")), "InvalidRequestContent");
  EXPECT_EQ(code_of(world.put(accounts({
                                  "one"
  }),
                              "delete", JsonObject{{"mode", "some"}})),
            "InvalidRequestContent");
  EXPECT_EQ(code_of(world.call("PUT", world.stack(), R"({"properties":{"template":{}}})")),
            "InvalidRequestContent");
  EXPECT_EQ(code_of(world.put(must(parse_json("{}")), "delete")), "InvalidTemplate");
  EXPECT_EQ(code_of(world.put(accounts({
                                  "one"
  }),
                              "delete", JsonObject{{"mode", "denyDelete"}}, token)),
            "AuthorizationFailed")
      << "Contributor may not manage deny settings";
  EXPECT_EQ(world
                .put(accounts({
                         "one"
  }),
                     "delete", JsonObject{{"mode", "none"}}, token)
                .status,
            201);
}

TEST(Stacks, AFailedDeploymentKeepsWhatWasThere) {
  StackWorld world;
  ASSERT_EQ(world.settle(world.put(accounts({"one"}), "delete")), "succeeded");
  const Json bad = must(parse_json(
      std::string(kHead) +
      R"({"type":"Microsoft.Network/virtualNetworks/subnets","apiVersion":"2021-02-01","name":"none/a","properties":{}}]})"));
  EXPECT_EQ(world.settle(world.put(bad, "delete")), "failed");
  const Json shown = world.get(world.stack());
  EXPECT_EQ(text_at(shown, "properties.error.code"), "DeploymentStackDeploymentFailed");
  EXPECT_EQ(text_at(shown.at("properties").at("error").at("details").at(0), "code"),
            "DeploymentFailed");
  EXPECT_EQ(world.managed(), "one:none");
  EXPECT_EQ(world.call("GET", world.account("one")).status, 200);
}

TEST(Stacks, ARestartGoesOn) {
  StackWorld world;
  world.provisioning_time = std::chrono::minutes(1);
  world.restart();
  const Json slow = must(parse_json(
      std::string(kHead) +
      R"({"type":"Microsoft.Compute/virtualMachines","apiVersion":"2021-03-01","name":"vm","location":"westeurope","properties":{}}]})"));
  const auto started = world.put(slow, "delete");
  ASSERT_EQ(started.status, 201) << started.body;
  EXPECT_EQ(code_of(world.put(slow, "delete")), "DeploymentStackInNonTerminalState");
  world.restart();
  EXPECT_EQ(code_of(world.put(slow, "delete")), "DeploymentStackInNonTerminalState");
  world.clock.advance(std::chrono::minutes(2));
  EXPECT_EQ(world.settle(started), "succeeded");
  EXPECT_EQ(world.managed(), "vm:none");
}

// The recorded answer of GET, but for what chance and time gave it.
TEST(Stacks, AnswersARecordedRequestAsAzureDid) {
  const auto text =
      read_file(ARMATURE_SOURCE_DIR "/../shared/data/recordings/arm-interactions.json");
  if (!text) GTEST_SKIP() << "the recordings are not beside the checkout";
  const Json all = must(parse_json(*text, 128));
  const auto recorded = [&](const char* method, const char* what) {
    for (const Json& one : all.as_array()) {
      const std::string url = text_at(one, "url");
      if (text_at(one, "method") != method || url.find("rg-azdtest-d7ffc20") == std::string::npos ||
          url.find("deploymentStacks/azd-stack") == std::string::npos) {
        continue;
      }
      const Json* value = find(one, what);
      return value->is_string() ? must(parse_json(as_text(*value), 128)) : *value;
    }
    return Json(nullptr);
  };
  Options options;
  options.subscription_id = "5ca082f3-38f2-4bb0-b0a4-c401184ae3a8";
  StackWorld world(options);
  const std::string group = world.group("rg-azdtest-d7ffc20");
  world.call("PUT", group, R"({"location":"eastus2"})");
  const std::string path =
      group + "/providers/Microsoft.Resources/deploymentStacks/azd-stack-azdtest-d7ffc20";
  const auto started = world.call("PUT", path, dump(recorded("PUT", "request")));
  ASSERT_EQ(started.status, 201) << started.body;
  ASSERT_EQ(world.settle(started), "succeeded");
  Json shown = world.get(path);
  Json expected = recorded("GET", "response");
  for (Json* one : {&shown, &expected}) {
    one->as_object().erase("systemData");
    for (const char* chance : {"deploymentId", "duration", "correlationId"}) {
      one->at("properties").as_object().erase(chance);
    }
  }
  EXPECT_EQ(canonical(shown), canonical(expected));
}

}  // namespace
}  // namespace armature::sandbox
