#include "sandbox/deployments/key_vault_parameters.h"

#include "base/bytes.h"
#include "sandbox/rbac.h"

namespace armature::sandbox {
namespace {

constexpr std::string_view kHelp = "Please see https://aka.ms/arm-keyvault for usage details.";

struct Reference {
  std::string parameter;
  std::string vault;
  std::string secret;
  std::string version;
};

ArmAnswer invalid(const std::string& why) {
  return refuse(400, "InvalidTemplate", "Deployment template validation failed: '" + why + "'.");
}

ArmAnswer not_retrieved(const Reference& wanted, std::string_view status, const std::string& why) {
  return refuse(409, "KeyVaultParameterReferenceSecretRetrieveFailed",
                "The secret of KeyVault parameter '" + wanted.parameter +
                    "' cannot be retrieved. Http status code: '" + std::string(status) +
                    "'. Error message: '" + why + "'. " + std::string(kHelp));
}

// The type of the parameter that the secret goes into; "$ref" followed once per step.
std::string type_of(const Json& document, const Json* declaration, int hops = 8) {
  if (!declaration || hops == 0) return "";
  const std::string reference = text_at(*declaration, "$ref");
  constexpr std::string_view kPrefix = "#/definitions/";
  if (!reference.starts_with(kPrefix)) return to_lower(text_at(*declaration, "type"));
  const Json* definitions = find(document, "definitions");
  return definitions
             ? type_of(document, find(*definitions, reference.substr(kPrefix.size())), hops - 1)
             : "";
}

std::optional<ArmAnswer> check_target(const Json& document, const Reference& wanted) {
  const Json* declared = find(document, "parameters");
  const Json* one = declared && declared->is_object()
                        ? find_ci(declared->get_object(), wanted.parameter)
                        : nullptr;
  // An unknown parameter is refused with all others when the template is expanded.
  if (!one || type_of(document, one).starts_with("secure")) return std::nullopt;
  return invalid("The parameter '" + wanted.parameter +
                 "' refers to a KeyVault secret; its type must be 'securestring' or "
                 "'secureObject'. " +
                 std::string(kHelp));
}

std::optional<ArmAnswer> check_vault(const Cloud& cloud, const State& state, const Caller& caller,
                                     const Reference& wanted) {
  constexpr const char* kAction = "Microsoft.KeyVault/vaults/deploy/action";
  const Record* vault = state.get<Record>(to_lower(wanted.vault));
  if (!vault || !equal_ci(vault->type, "Microsoft.KeyVault/vaults")) {
    return refuse(
        404, "KeyVaultParameterReferenceNotFound",
        "The specified KeyVault '" + wanted.vault + "' could not be found. " + std::string(kHelp));
  }
  if (!may(cloud, state, caller.object_id, kAction, vault->id)) {
    return refuse(403, "KeyVaultParameterReferenceAuthorizationFailed",
                  "The client '" + caller.app_id + "' with object id '" + caller.object_id +
                      "' does not have authorization to perform action '" + to_upper(kAction) +
                      "' on the specified KeyVault resource '" + wanted.vault + "'. " +
                      std::string(kHelp));
  }
  if (!bool_at(vault->body, "properties.enabledForTemplateDeployment")) {
    return not_retrieved(wanted, "Forbidden",
                         "Access denied to first party service: the vault is not enabled for "
                         "template deployment");
  }
  return std::nullopt;
}

}  // namespace

std::optional<ArmAnswer> read_key_vault_parameters(Cloud& cloud, const Caller& caller,
                                                   const SecretSource& source, const Json& document,
                                                   Json& parameters, JsonObject& references) {
  for (auto& [name, given] : parameters.as_object()) {
    const Json* reference = find(given, "reference");
    if (!reference || find(given, "value")) continue;
    const Reference wanted{std::string(name), text_at(*reference, "keyVault.id"),
                           text_at(*reference, "secretName"), text_at(*reference, "secretVersion")};
    if (wanted.vault.empty() || wanted.secret.empty()) {
      return invalid("The KeyVault reference of the parameter '" + wanted.parameter +
                     "' needs 'keyVault.id' and 'secretName'. " + std::string(kHelp));
    }
    if (auto refusal = check_target(document, wanted)) return refusal;
    auto refusal = cloud.store().read(
        [&](const State& state) { return check_vault(cloud, state, caller, wanted); });
    if (refusal) return refusal;
    auto secret = source ? source(wanted.vault, wanted.secret, wanted.version)
                         : Result<Json>(fail(Code::kNotFound, "the vault has no secrets"));
    if (!secret) {
      const bool denied = secret.error().code == Code::kDenied;
      return not_retrieved(wanted, denied ? "Forbidden" : "NotFound", secret.error().message);
    }
    references[name] = *reference;
    given = JsonObject{
        {"value", *std::move(secret)}
    };
  }
  return std::nullopt;
}

}  // namespace armature::sandbox
