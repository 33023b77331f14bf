// Linked templates, parameter files and template specs; parameters from a Key Vault.
#include <gtest/gtest.h>

#include <map>

#include "base/files.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::World;

constexpr const char* kStorage = R"({
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.2.0.0",
  "parameters": {"name": {"type": "string"}},
  "resources": [{"type": "Microsoft.Storage/storageAccounts", "apiVersion": "2022-09-01",
    "name": "[parameters('name')]", "location": "westeurope"}],
  "outputs": {
    "name": {"type": "string", "value": "[parameters('name')]"},
    "link": {"type": "object", "value": "[deployment().properties.templateLink]"}}})";

std::string parent_of(const std::string& link) {
  return R"({"contentVersion": "1.0.0.0", "resources": [{
    "type": "Microsoft.Resources/deployments", "apiVersion": "2021-04-01", "name": "inner",
    "properties": {"mode": "Incremental", "templateLink": )" +
         link + R"(, "parameters": {"name": {"value": "linked1"}}}}],
    "outputs": {"name": {"type": "string", "value": "[reference('inner').outputs.name.value]"}}})";
}

struct Linked {
  Linked() : world(options(files)) { world.make_group(); }
  static Options options(const std::map<std::string, std::string>& files) {
    Options out;
    out.content = [&files](const std::string& uri) -> Result<std::string> {
      const auto found = files.find(uri);
      if (found == files.end()) return fail(Code::kNotFound, "no");
      return found->second;
    };
    return out;
  }
  http::Response put(const std::string& properties) {
    return world.call("PUT", world.deployment("d"), R"({"properties":)" + properties + "}");
  }
  Json end(const std::string& properties) {
    const auto answer = put(properties);
    EXPECT_LT(answer.status, 300) << answer.body;
    return world.ended("d");
  }
  std::map<std::string, std::string> files;
  World world;
};

constexpr const char* kByLink = R"({"mode": "Incremental",
  "templateLink": {"uri": "https://h/t/main.json", "contentVersion": "1.0.0.0"}})";

TEST(Links, ATemplateAndOnesRelativeToIt) {
  Linked linked;
  linked.files["https://h/t/main.json"] = parent_of(R"({"relativePath": "nested/s.json"})");
  linked.files["https://h/t/nested/s.json"] = kStorage;
  const Json ended = linked.end(kByLink);
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << dump(ended);
  EXPECT_EQ(text_at(ended, "properties.outputs.name.value"), "linked1");
  EXPECT_EQ(text_at(ended, "properties.templateLink.uri"), "https://h/t/main.json");
  const Json inner = linked.world.get(linked.world.deployment("inner"));
  EXPECT_EQ(text_at(inner, "properties.outputs.link.value.uri"), "https://h/t/nested/s.json");
}

TEST(Links, TheQueryOfTheParentGoesWithARelativePath) {
  Linked linked;
  linked.files["https://h/t/main.json?sig=1"] = parent_of(R"({"relativePath": "s.json"})");
  linked.files["https://h/t/s.json?sig=1"] = kStorage;
  const Json ended = linked.end(R"({"mode": "Incremental",
    "templateLink": {"uri": "https://h/t/main.json", "queryString": "sig=1"}})");
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << dump(ended);
}

TEST(Links, AParameterFile) {
  Linked linked;
  linked.files["https://h/s.json"] = kStorage;
  linked.files["https://h/p.json"] = R"({"parameters": {"name": {"value": "fromfile"}}})";
  const Json ended = linked.end(R"({"mode": "Incremental",
    "templateLink": {"uri": "https://h/s.json"}, "parametersLink": {"uri": "https://h/p.json"}})");
  EXPECT_EQ(text_at(ended, "properties.outputs.name.value"), "fromfile") << dump(ended);
}

TEST(Links, ATemplateSpecAndItsLinkedTemplates) {
  Linked linked;
  const std::string spec =
      linked.world.group() + "/providers/Microsoft.Resources/templateSpecs/spec";
  linked.world.call("PUT", spec, R"({"location": "westeurope", "properties": {}})");
  linked.world.call("PUT", spec + "/versions/1",
                    R"({"location": "westeurope", "properties": {"mainTemplate": )" +
                        parent_of(R"({"relativePath": "s.json"})") +
                        R"(, "linkedTemplates": [{"path": "s.json", "template": )" + kStorage +
                        "}]}}");
  const Json ended = linked.end(R"({"mode": "Incremental", "templateLink": {"id": ")" + spec +
                                R"(/versions/1"}})");
  EXPECT_EQ(text_at(ended, "properties.outputs.name.value"), "linked1") << dump(ended);
}

TEST(Links, WhatCannotBeFollowed) {
  Linked linked;
  linked.files["https://h/t/main.json"] = parent_of(R"({"uri": "https://h/none.json?sig=secret"})");
  linked.files["https://h/bad.json"] = "{";
  struct Row {
    const char* properties;
    const char* code;
  };
  for (const Row& row : {
           Row{R"({"templateLink": {"uri": "https://h/none.json"}})",              "InvalidContentLink"   },
           Row{R"({"templateLink": {"uri": "t/main.json"}})",                      "InvalidContentLink"   },
           Row{R"({"templateLink": {"uri": "https://localhost:1/main.json"}})",
               "InvalidContentLink"                                                                       },
           Row{R"({"templateLink": {"uri": "file:///etc/passwd"}})",               "InvalidContentLink"   },
           Row{R"({"templateLink": {"relativePath": "main.json"}})",               "InvalidDeployment"    },
           Row{R"({"templateLink": {"uri": "https://h/bad.json"}})",               "InvalidTemplate"      },
           Row{R"({"templateLink": {"uri": "https://h/t/main.json",
                   "contentVersion": "9.0.0.0"}})",
               "InvalidTemplate"                                                                          },
           Row{R"({"template": {"resources": []}, "templateLink": {"uri": "x"}})",
               "InvalidDeployment"                                                                        },
           Row{R"({"template": {"resources": []}, "parameters": {},
                   "parametersLink": {"uri": "x"}})",
               "InvalidDeployment"                                                                        },
           Row{R"({"mode": "Incremental"})",                                       "InvalidDeployment"    },
           Row{R"({"templateLink": "https://h/t/main.json"})",                     "InvalidRequestContent"},
  }) {
    const auto answer = linked.put(row.properties);
    EXPECT_EQ(answer.status, 400) << row.properties;
    EXPECT_EQ(testing::code_of(answer), row.code) << row.properties << answer.body;
  }
  // A nested one is looked at before anything is put.
  const auto refused = linked.put(kByLink);
  EXPECT_EQ(testing::code_of(refused), "InvalidContentLink") << refused.body;
  EXPECT_EQ(refused.body.find("sig=secret"), std::string::npos);
}

constexpr const char* kTakesSecret = R"({"contentVersion": "1.0.0.0",
  "parameters": {"password": {"type": "secureString"}, "plain": {"type": "string",
    "defaultValue": ""}},
  "resources": [{"type": "Microsoft.Sql/servers", "apiVersion": "2021-11-01", "name": "sql1",
    "location": "westeurope", "tags": {"size": "[string(length(parameters('password')))]"},
    "properties": {"administratorLoginPassword": "[parameters('password')]"}}]})";

struct Vaulted : Linked {
  Vaulted() {
    vault = world.group() + "/providers/Microsoft.KeyVault/vaults/vault1";
    world.cloud->engine().set_secret_source([this](const std::string& id, const std::string& name,
                                                   const std::string& version) -> Result<Json> {
      asked = id + " " + name + " " + version;
      if (name != "pw") return fail(Code::kNotFound, "no such secret");
      return Json("planted-vault-secret");
    });
    make(true);
  }
  void make(bool enabled) {
    world.call("PUT", vault,
               R"({"location": "westeurope", "properties": {"sku": {"family": "A", "name":
                "standard"}, "tenantId": "22222222-2222-4222-8222-222222222222",
                "accessPolicies": [], "enabledForTemplateDeployment": )" +
                   std::string(enabled ? "true" : "false") + "}}");
  }
  std::string with(const std::string& parameter, const std::string& secret) const {
    return R"({"mode": "Incremental", "template": )" + std::string(kTakesSecret) +
           R"(, "parameters": {")" + parameter + R"(": {"reference": {"keyVault": {"id": ")" +
           vault + R"("}, "secretName": ")" + secret + R"(", "secretVersion": "7"}}}})";
  }
  std::string vault;
  std::string asked;
};

TEST(KeyVaultParameters, TheSecretReachesTheResourceAndNothingElse) {
  Vaulted vaulted;
  const Json ended = vaulted.end(vaulted.with("password", "pw"));
  EXPECT_EQ(text_at(ended, "properties.provisioningState"), "Succeeded") << dump(ended);
  EXPECT_EQ(vaulted.asked, vaulted.vault + " pw 7");
  const std::string server = vaulted.world.group() + "/providers/Microsoft.Sql/servers/sql1";
  EXPECT_EQ(text_at(vaulted.world.get(server), "tags.size"), "20");
  EXPECT_EQ(text_at(ended, "properties.parameters.password.reference.secretName"), "pw");
  EXPECT_EQ(at(ended, "properties.parameters.password.value"), nullptr);
  std::string kept;
  for (const auto& file : std::filesystem::directory_iterator(vaulted.world.folder.path())) {
    kept += testing::must(read_file(file.path()));
  }
  EXPECT_EQ(kept.find("planted-vault-secret"), std::string::npos);
}

TEST(KeyVaultParameters, Refusals) {
  Vaulted vaulted;
  const auto code = [&](const std::string& properties, const std::string& as = "") {
    return testing::code_of(vaulted.world.call("PUT", vaulted.world.deployment("d"),
                                               R"({"properties":)" + properties + "}", as));
  };
  EXPECT_EQ(code(vaulted.with("password", "none")),
            "KeyVaultParameterReferenceSecretRetrieveFailed");
  EXPECT_EQ(code(vaulted.with("plain", "pw")), "InvalidTemplate");
  vaulted.make(false);
  EXPECT_EQ(code(vaulted.with("password", "pw")), "KeyVaultParameterReferenceSecretRetrieveFailed");
  vaulted.make(true);
  const Application reader = vaulted.world.add_app("vm", {
                                                             {"Virtual Machine Contributor", ""}
  });
  EXPECT_EQ(code(vaulted.with("password", "pw"), vaulted.world.token_of(reader)),
            "KeyVaultParameterReferenceAuthorizationFailed");
  vaulted.vault += "x";
  EXPECT_EQ(code(vaulted.with("password", "pw")), "KeyVaultParameterReferenceNotFound");
}

}  // namespace
}  // namespace armature::sandbox
