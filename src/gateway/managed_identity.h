#pragma once
// The managed identity endpoints of task processes: an unmodified SDK asks here for a token of its
// managed identity and gets its attempt's own, which is good at this gateway alone.
//
//   App Service  GET /msi/token, api-version 2019-08-01 with "X-IDENTITY-HEADER" or 2017-09-01 with
//                "secret": the attempt's credential
//   IMDS         GET /attempts/CREDENTIAL/metadata/identity/oauth2/token, "Metadata: true",
//                api-version 2018-02-01 or newer. The protocol knows no secret, so it stands in the
//                path: AZURE_POD_IDENTITY_AUTHORITY_HOST and ARM_MSI_ENDPOINT may have one
//   Whose        the attempt's identity, whatever resource it runs on; a request that names another
//                one is refused
//   Renewal      each request gets a token with time before it, for as long as the attempt lives
//   Refused      other resources than those given, an ended attempt, a request that was passed on
//                by a proxy (X-Forwarded-For, Forwarded, Via)
//   Errors       in the protocol's own shapes; never with the credential
//   Threads      any; pure but for `token_of`
//   Source       learn.microsoft.com, "How to use managed identities on an Azure VM to acquire an
//                access token", "managed identities for App Service: REST endpoint reference"
#include <string>
#include <vector>

#include "gateway/attempt_access.h"
#include "http/message.h"

namespace armature::gateway {

struct ManagedIdentity {
  TokenOf token_of;
  std::vector<std::string> resources;  // audiences that this gateway stands for
};

// The resources of Azure Resource Manager, and `own` beside them.
std::vector<std::string> arm_resources(const std::string& own);

http::Response serve_identity(const ManagedIdentity& endpoint, const http::Request& request,
                              const std::string& correlation_id, Instant now);

}  // namespace armature::gateway
