#pragma once
// Tokens of whoever is logged in to the Azure CLI. Inside this room only. Pure: the caller runs az.
//
//   arguments  of `az account get-access-token`; no secret is among them
//   read       its JSON; az 2.54 and newer give expires_on, for older ones the token's own exp
//              counts. kUnavailable: no JSON with a token in it
//   Source     learn.microsoft.com, "az account get-access-token"
#include <string>
#include <string_view>
#include <vector>

#include "identity/token_answer.h"

namespace armature::identity {

std::vector<std::string> azure_cli_arguments(const std::string& resource,
                                             const std::string& tenant_id);
Result<TokenAnswer> read_azure_cli(std::string_view output, Instant now);

}  // namespace armature::identity
