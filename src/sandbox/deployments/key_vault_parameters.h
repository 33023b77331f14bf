#pragma once
// Parameters whose value is a secret in a Key Vault: {"reference": {"keyVault": {"id"},
// "secretName", "secretVersion"?}}.
//
//   In        the template's document and the request's parameters
//   Out       `parameters` with {"value": secret} in their place, `references` with what stood
//   there Checks    the target is secure, the vault exists and is enabledForTemplateDeployment, the
//   caller
//             may Microsoft.KeyVault/vaults/deploy/action there; then the source is asked
//   Errors    400, 403, 404 or 409 with ARM's codes KeyVaultParameterReference…; never a secret
//   Threads   any
//   Source    learn.microsoft.com, "Use Azure Key Vault to pass a secret as a parameter"
#include <functional>
#include <optional>
#include <string>

#include "sandbox/cloud.h"

namespace armature::sandbox {

// A secret's value, a JSON string. `version` empty: the newest.
//   Errors  kNotFound: no such secret or version; kDenied: it is disabled or outside its time
using SecretSource = std::function<Result<Json>(
    const std::string& vault_id, const std::string& name, const std::string& version)>;

std::optional<ArmAnswer> read_key_vault_parameters(Cloud& cloud, const Caller& caller,
                                                   const SecretSource& source, const Json& document,
                                                   Json& parameters, JsonObject& references);

}  // namespace armature::sandbox
