// Every real template of the corpus expands, gives bodies and outputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "base/bytes.h"
#include "base/files.h"
#include "sandbox/template/testing.h"

namespace armature::sandbox::tmpl {
namespace {

// Beside the checkout, where there is one.
std::filesystem::path corpus() { return ARMATURE_SOURCE_DIR "/../shared/data"; }

// Any member of any resource: templates read properties that only a real provider fills in.
class RichLookup final : public Lookup {
 public:
  Outcome<Json> reference(const std::string& id, const std::string&, bool full) override {
    static const Json kProperties = testing::parsed(R"({
      "primaryEndpoints":{"blob":"https://a.blob.example/","file":"https://a.file.example/",
        "table":"https://a.table.example/","queue":"https://a.queue.example/",
        "web":"https://a.web.example/","dfs":"https://a.dfs.example/"},
      "dnsSettings":{"fqdn":"a.example","domainNameLabel":"a"},"ipAddress":"10.1.2.3",
      "ipConfigurations":[{"id":"/c","properties":{"privateIPAddress":"10.1.2.4"}}],
      "defaultHostName":"a.example","hostName":"a.example","fqdn":"a.example",
      "fullyQualifiedDomainName":"a.example","InstrumentationKey":"k","ConnectionString":"c",
      "customerId":"1","principalId":"2","clientId":"3","tenantId":"4","vaultUri":"https://v/",
      "loginServer":"a.example","documentEndpoint":"https://d/","endpoint":"https://e/",
      "nameServers":["n1.example"],"outboundIpAddresses":"1.1.1.1,2.2.2.2",
      "subnets":[{"id":"/s","name":"s","properties":{"addressPrefix":"10.0.0.0/24"}}],
      "virtualMachineId":"5","provisioningState":"Succeeded","accessEndpoint":"https://l/",
      "addressSpace":{"addressPrefixes":["10.0.0.0/16"]},"networkInterfaces":[{"id":"/nic"}],
      "hubIPAddresses":{"privateIPAddress":"10.0.0.4","publicIPs":{"addresses":[{"address":"1"}]}},
      "dataAccessFQDN":"t.example","ingestionProfile":{"serviceBusFqn":"s"},
      "privateIPAddress":"10.0.0.9","httpsEndpoint":"https://h/","workspaceId":"w",
      "uniqueId":"u","addressPrefix":"10.0.0.0/24","configuration":{"ingress":{"fqdn":"f"}},
      "publicIPAddress":{"id":"/p"},"frontendIPConfigurations":[{"id":"/f"}],
      "siteConfig":{"appSettings":[]},"state":"Ready","outputs":{},"hostKey":"h"})");
    Json properties = kProperties;
    // A nested deployment has whatever outputs its reader asks for; unknown names are counted
    // apart.
    if (to_lower(id).find("/microsoft.resources/deployments/") != std::string::npos) {
      properties.get_object()["outputs"] = outputs;
    }
    if (!full) return properties;
    return Json(JsonObject{
        {"id",         id                                                 },
        {"location",   "westeurope"                                       },
        {"sku",        JsonObject{{"name", "Standard"}}                   },
        {"tags",       JsonObject{}                                       },
        {"identity",   JsonObject{{"principalId", "2"}, {"tenantId", "4"}}},
        {"properties", std::move(properties)                              }
    });
  }
  Outcome<Json> list(const std::string&, const std::string&, const std::string&,
                     const Json&) override {
    return testing::parsed(R"({"keys":[{"value":"k1","name":"key1"},{"value":"k2"}],"key1":"k1",
      "key2":"k2","primaryKey":"p","secondaryKey":"s","primaryConnectionString":"c",
      "primaryMasterKey":"m","value":"https://callback/","authKey1":"a","accountSasToken":"t",
      "passwords":[{"value":"w"}],"username":"u","connectionStrings":[{"connectionString":"c"}],
      "kubeconfigs":[{"value":"a3ViZQ=="}],"properties":{"publishingUserName":"u",
      "publishingPassword":"p","scmUri":"https://scm/"},"primarySharedKey":"s","apiKey":"a"})");
  }

  JsonObject outputs;
};

const Json& resolved(const Json& document, const Json& declaration) {
  const std::string reference = text_at(declaration, "$ref");
  constexpr std::string_view kPrefix = "#/definitions/";
  if (!reference.starts_with(kPrefix)) return declaration;
  const Json* found = find(*find(document, "definitions"), reference.substr(kPrefix.size()));
  return found == nullptr ? declaration : resolved(document, *found);
}

Json generated(const Json& document, const Json& written, const std::string& name) {
  const Json& declaration = resolved(document, written);
  const std::string type = to_lower(text_at(declaration, "type"));
  if (const Json* allowed = find(declaration, "allowedValues")) return allowed->get_array()[0];
  if (type == "int") return Json(int_at(declaration, "minValue", 2));
  if (type == "bool") return Json(true);
  if (type == "array") return Json(JsonArray{});
  if (type.ends_with("object")) {
    JsonObject out;
    if (const Json* properties = find(declaration, "properties")) {
      for (const auto& [key, member] : properties->get_object()) {
        const bool optional =
            bool_at(member, "nullable") || bool_at(resolved(document, member), "nullable");
        if (!optional) out[key] = generated(document, member, std::string(key));
      }
    }
    return Json(std::move(out));
  }
  const std::string lower = to_lower(name);
  std::string value = "g" + unique_string({name});
  if (lower.find("subscriptionid") != std::string::npos) {
    value = "11111111-2222-3333-4444-555555555555";
  } else if (lower.find("cidr") != std::string::npos ||
             lower.find("addressprefix") != std::string::npos) {
    value = "10.0.0.0/16";
  } else if (lower.ends_with("uri") || lower.ends_with("url")) {
    value = "https://example.org/a/";
  } else if (lower.ends_with("resourceid") || lower.ends_with("subnetid") ||
             lower.ends_with("workspaceid")) {
    value =
        "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg1/providers/"
        "Microsoft.Network/virtualNetworks/v1/subnets/s1";
  }
  const auto least = static_cast<std::size_t>(int_at(declaration, "minLength", 0));
  const auto most = static_cast<std::size_t>(int_at(declaration, "maxLength", 4096));
  while (value.size() < least) value += "x";
  value.resize(std::min(value.size(), most));
  return Json(value);
}

// Sample files hold marks such as GEN-UNIQUE-8 where a pipeline would put values.
bool is_placeholder(const Json& value) {
  if (!value.is_string()) return false;
  const std::string_view text = as_text(value);
  return text.empty() || text.starts_with("GEN-") || text.starts_with("GET-") ||
         text.starts_with("changeme");
}

void fill_deep(Json& value, std::string path) {
  if (is_placeholder(value) && !as_text(value).empty()) value = "g" + unique_string({path});
  if (auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      fill_deep((*array)[i], path + "/" + std::to_string(i));
    }
  } else if (auto* object = value.if_object()) {
    for (auto& [key, member] : *object) fill_deep(member, path + "/" + std::string(key));
  }
}

Json arguments(const Json& document, const std::filesystem::path& folder) {
  JsonObject out;
  if (const auto file = read_file(folder / "azuredeploy.parameters.json")) {
    const Json given = testing::parsed(*file);
    if (const Json* values = find(given, "parameters")) out = values->get_object();
  }
  const Json* declared = find(document, "parameters");
  if (declared == nullptr) return out;
  for (const auto& [name, declaration] : declared->get_object()) {
    Json* given = find_ci(out, name);
    Json* value = given == nullptr ? nullptr : find_ci(given->get_object(), "value");
    const bool optional = find(declaration, "defaultValue") != nullptr ||
                          bool_at(declaration, "nullable") ||
                          bool_at(resolved(document, declaration), "nullable");
    if (value != nullptr && !is_placeholder(*value)) {
      fill_deep(*value, std::string(name));
      continue;
    }
    if (given == nullptr && optional) continue;
    out[name] = JsonObject{
        {"value", generated(document, declaration, std::string(name))}
    };
  }
  return out;
}

Surroundings surroundings_for(const Json& document) {
  Surroundings out = testing::group_surroundings();
  const std::string schema = to_lower(text_at(document, "$schema"));
  if (schema.find("subscriptiondeployment") != std::string::npos) {
    out.scope = out.scope.substr(0, out.scope.find("/resourceGroups"));
    out.resource_group = nullptr;
  } else if (schema.find("managementgroupdeployment") != std::string::npos) {
    out.scope = "/providers/Microsoft.Management/managementGroups/mg1";
    out.resource_group = nullptr;
  } else if (schema.find("tenantdeployment") != std::string::npos) {
    out.scope = "/";
    out.resource_group = nullptr;
  }
  out.provider_type = [](const std::string&, const std::string& type) {
    return Json(JsonObject{
        {"resourceType", type                   },
        {"apiVersions",  JsonArray{"2020-01-01"}}
    });
  };
  return out;
}

TEST(Corpus, EveryTemplateExpands) {
  std::size_t expanded = 0;
  std::size_t bodies = 0;
  std::size_t all = 0;
  std::error_code missing;
  std::vector<std::filesystem::path> folders;
  for (const auto& entry : std::filesystem::directory_iterator(corpus() / "templates", missing)) {
    if (std::filesystem::exists(entry.path() / "azuredeploy.json")) folders.push_back(entry.path());
  }
  if (folders.empty()) GTEST_SKIP() << "no corpus: ../shared/data is not there";
  std::ranges::sort(folders);
  for (const auto& folder : folders) {
    ++all;
    const auto file = read_file(folder / "azuredeploy.json");
    std::string_view text = *file;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const Json document = testing::parsed(text);
    const auto plan = expand(document, arguments(document, folder), surroundings_for(document));
    const std::string name = folder.filename().string();
    if (!plan) {
      std::cout << "[ expand   ] " << name << ": " << plan.error().path << ": "
                << plan.error().message << "\n";
      continue;
    }
    ++expanded;
    RichLookup lookup;
    std::optional<TemplateError> first;
    for (const Resource& resource : plan->resources()) {
      const auto body = plan->body_of(resource.index, lookup);
      if (!body && !first) first = body.error();
    }
    if (const auto outputs = plan->outputs(lookup); !outputs && !first) first = outputs.error();
    bodies += first ? 0 : 1;
    if (first) {
      std::cout << "[ body     ] " << name << ": " << first->path << ": " << first->message << "\n";
    }
  }
  std::cout << "[ corpus   ] " << expanded << " of " << all << " expand, " << bodies
            << " give all bodies and outputs\n";
  EXPECT_GE(expanded, all * 13 / 15);
}

TEST(Corpus, FunctionSamplesGiveOutputs) {
  std::size_t all = 0;
  std::size_t right = 0;
  std::error_code missing;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(corpus() / "function-samples", missing)) {
    if (entry.path().extension() != ".json") continue;
    const auto file = read_file(entry.path());
    std::string_view text = *file;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    const auto document = parse_json(text);
    if (!document || find(*document, "resources") == nullptr) continue;
    ++all;
    const auto plan =
        expand(*document, arguments(*document, entry.path()), surroundings_for(*document));
    RichLookup lookup;
    const auto outputs = plan ? plan->outputs(lookup) : Outcome<Json>(plan.error());
    right += outputs ? 1 : 0;
    if (!outputs) {
      std::cout << "[ sample   ] " << entry.path().filename().string() << ": "
                << outputs.error().path << ": " << outputs.error().message << "\n";
    }
  }
  if (all == 0) GTEST_SKIP() << "no corpus: ../shared/data is not there";
  std::cout << "[ samples  ] " << right << " of " << all << "\n";
  EXPECT_GE(right * 10, all * 9);
}

}  // namespace
}  // namespace armature::sandbox::tmpl
