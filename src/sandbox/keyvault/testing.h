#pragma once
// For tests: a sandbox with a vault, and a client of its data plane.
#include <string>

#include "base/bytes.h"
#include "sandbox/keyvault/secrets.h"
#include "sandbox/testing.h"

namespace armature::sandbox::testing {

struct VaultWorld : World {
  std::string vault_token;

  explicit VaultWorld(const std::string& properties = R"("enableRbacAuthorization":true)") {
    make_group();
    make_vault("kv1", properties);
    grant("kv1", app, "Key Vault Administrator");
    vault_token = token_for_vault(app);
  }

  std::string vault(const std::string& name = "kv1") const {
    return group() + "/providers/Microsoft.KeyVault/vaults/" + name;
  }
  static std::string body(const std::string& properties) {
    return R"({"location":"westeurope","properties":{"sku":{"family":"A","name":"standard"},)"
           R"("tenantId":"11111111-1111-1111-1111-111111111111")" +
           (properties.empty() ? "" : "," + properties) + "}}";
  }
  http::Response make_vault(const std::string& name, const std::string& properties) {
    return call("PUT", vault(name), body(properties));
  }
  void grant(const std::string& name, const Application& who, const std::string& role,
             const std::string& below = "") {
    const std::string id = vault(name) + below + "/providers/Microsoft.Authorization/" +
                           "roleAssignments/" + random.uuid();
    const auto response = call(
        "PUT", id,
        dump(JsonObject{
            {"properties",
             JsonObject{{"roleDefinitionId", "/providers/Microsoft.Authorization/roleDefinitions/" +
                                                 arm::find_builtin_role(role)->id},
                        {"principalId", who.object_id}}}
    }));
    if (response.status != 201) throw std::runtime_error("no grant: " + response.body);
  }
  std::string token_for_vault(const Application& who) {
    const auto response =
        ask_token("grant_type=client_credentials&client_id=" + who.client_id +
                  "&client_secret=" + kSecret + "&scope=https%3A%2F%2Fvault.azure.net%2F.default");
    return text_at(must(parse_json(response.body)), "access_token");
  }

  // `path` without api-version; `as` "none": without a token.
  http::Response ask(const std::string& method, const std::string& path,
                     const std::string& text = "", const std::string& as = "",
                     const std::string& host = "kv1.vault.localhost:1") {
    http::Request request;
    request.method = method;
    request.target = path + (path.find('?') == std::string::npos ? "?" : "&") + "api-version=7.4";
    request.headers.set("Host", host);
    if (as != "none") {
      request.headers.set("Authorization", "Bearer " + (as.empty() ? vault_token : as));
    }
    request.body = text;
    return serve(*cloud, request);
  }
  Json tell(const std::string& method, const std::string& path, const std::string& text = "") {
    return must(parse_json(ask(method, path, text).body));
  }
  Json set(const std::string& name, const std::string& value) {
    return tell("PUT", "/secrets/" + name, R"({"value":")" + value + "\"}");
  }
};

inline std::string inner_code_of(const http::Response& response) {
  return text_at(must(parse_json(response.body)), "error.innererror.code");
}

}  // namespace armature::sandbox::testing
