#pragma once
// Fakes for tests of templates: surroundings of one resource group and a lookup that answers all.
#include <map>
#include <string>

#include "base/json.h"
#include "sandbox/template/template.h"

namespace armature::sandbox::tmpl::testing {

inline Json parsed(std::string_view text) {
  auto value = parse_json(text);
  return value ? *value : Json("not JSON: " + value.error().message);
}

inline Surroundings group_surroundings() {
  Surroundings out;
  constexpr auto kSubscription = "/subscriptions/11111111-2222-3333-4444-555555555555";
  out.scope = std::string(kSubscription) + "/resourceGroups/rg1";
  out.deployment = parsed(
      R"({"name":"main","location":"westeurope","properties":{"mode":"Incremental",
          "templateLink":{"uri":"https://example.org/templates/azuredeploy.json"},
          "template":{},"parameters":{},"provisioningState":"Accepted"}})");
  out.subscription = parsed(
      R"({"id":"/subscriptions/11111111-2222-3333-4444-555555555555",
          "subscriptionId":"11111111-2222-3333-4444-555555555555",
          "tenantId":"99999999-2222-3333-4444-555555555555","displayName":"Test"})");
  out.resource_group = parsed(R"({"name":"rg1","location":"westeurope","tags":{},
      "type":"Microsoft.Resources/resourceGroups","properties":{"provisioningState":"Succeeded"}})");
  out.resource_group.get_object()["id"] = out.scope;
  out.management_group = parsed(R"({"name":"mg1","properties":{"displayName":"Group"},
      "type":"/providers/Microsoft.Management/managementGroups",
      "id":"/providers/Microsoft.Management/managementGroups/mg1"})");
  out.tenant = parsed(R"({"id":"/tenants/99999999-2222-3333-4444-555555555555",
      "tenantId":"99999999-2222-3333-4444-555555555555","displayName":"T","countryCode":"NL"})");
  out.environment = parsed(R"({"name":"AzureCloud","portal":"https://portal.azure.com",
      "resourceManager":"https://management.azure.com/",
      "authentication":{"loginEndpoint":"https://login.microsoftonline.com/","tenant":"common",
        "audiences":["https://management.core.windows.net/"],"identityProvider":"AAD"},
      "suffixes":{"storage":"core.windows.net","keyvaultDns":".vault.azure.net",
        "sqlServerHostname":".database.windows.net","acrLoginServer":".azurecr.io"}})");
  out.deployer = parsed(R"({"objectId":"77777777-2222-3333-4444-555555555555",
      "tenantId":"99999999-2222-3333-4444-555555555555","userPrincipalName":"dag@example.org"})");
  out.deployment_location = "westeurope";
  out.now = from_micros(1'586'271'194'123'456);  // 2020-04-07T14:53:14.123456Z
  out.new_guid = [] { return std::string("0f0f0f0f-1111-4222-8333-444444444444"); };
  return out;
}

// Answers what it was given; remembers what it was asked.
class FakeLookup final : public Lookup {
 public:
  Outcome<Json> reference(const std::string& resource_id, const std::string& api_version,
                          bool full) override {
    asked.push_back(resource_id + "@" + api_version + (full ? " full" : ""));
    const auto found = resources.find(resource_id);
    if (found != resources.end()) return found->second;
    if (otherwise.is_object()) return otherwise;
    return TemplateError{"ResourceNotFound", "The Resource '" + resource_id + "' was not found.",
                         ""};
  }
  Outcome<Json> list(const std::string& function, const std::string& resource_id,
                     const std::string& api_version, const Json& body) override {
    asked.push_back(function + " " + resource_id + "@" + api_version +
                    (body.is_null() ? "" : " " + dump(body)));
    const auto found = lists.find(resource_id);
    if (found != lists.end()) return found->second;
    return otherwise;
  }

  std::map<std::string, Json> resources;
  std::map<std::string, Json> lists;
  Json otherwise;
  std::vector<std::string> asked;
};

}  // namespace armature::sandbox::tmpl::testing
