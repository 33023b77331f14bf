#pragma once
// The claims of Entra's app-only access tokens, and the issuers that this tenant signs as.
//
//   Versions  the resource decides: 1.0 for ARM, Key Vault and Graph, 2.0 for an application that
//             asks for it. The path of the token endpoint does not matter
//   Source    learn.microsoft.com, "access token claims reference"
#include <string>
#include <vector>

#include "sandbox/cloud.h"
#include "sandbox/entra/resources.h"

namespace armature::sandbox {

struct TokenFacts {
  ServicePrincipal client;
  Resource resource;
  std::string proof;             // appidacr: "1" a secret, "2" a certificate or an assertion
  std::string hosting_resource;  // of a managed identity: xms_az_rid
  std::vector<std::string> capabilities;  // xms_cc
  Micros lifetime{0};
};
JsonObject claims_of(Cloud& cloud, const TokenFacts& facts);

std::string issuer_v1(const Cloud& cloud);  // https://sts.windows.net/TENANT/
std::string issuer_v2(const Cloud& cloud);  // https://localhost:8082/TENANT/v2.0
bool is_own_issuer(const Cloud& cloud, std::string_view issuer);

}  // namespace armature::sandbox
