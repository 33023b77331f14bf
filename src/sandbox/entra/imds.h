#pragma once
// The token endpoints of managed identities, as code on an Azure resource finds them: IMDS of
// virtual machines, and App Service's (Container Apps' and Functions' are the same).
//
//   IMDS         GET /metadata/identity/oauth2/token, "Metadata: true", api-version from 2018-02-01
//   App Service  GET /msi/token, "X-IDENTITY-HEADER" (2019-08-01) or "secret" (2017-09-01) with the
//                secret of this sandbox
//   Whose        one resource's identities, chosen when the endpoint is opened; without a choice in
//                the request the system-assigned one, or the only user-assigned one
//   Plain http   on loopback alone: clients ask for no more. A request that a proxy has passed on
//   is
//                refused
//   Threads      any
//   Source       learn.microsoft.com, "How to use managed identities on an Azure VM to acquire an
//                access token", "managed identities for App Service: REST endpoint reference"
#include <string>

#include "base/secret.h"
#include "http/message.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {

struct IdentityEndpoint {
  std::string resource_id;
  Secret header;
};
http::Response serve_identity(Cloud& cloud, const IdentityEndpoint& endpoint,
                              const http::Request& request);

}  // namespace armature::sandbox
