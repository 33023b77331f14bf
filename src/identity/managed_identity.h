#pragma once
// The token requests of managed identities. Inside this room only.
//
//   request    IMDS (virtual machines, scale sets), App Service (Functions, Container Apps), Arc
//   answer_arc_challenge  Arc's first answer names a file that only its users can read; its content
//              goes into the second request. The file must lie in the agent's folder, end in .key
//              and have at most 4096 bytes: whoever answers must not choose what we read
//   Errors     kInvalid: the endpoint is no URL; kUnauthenticated: a challenge that breaks the
//   rules Threads    any; answer_arc_challenge reads a file Source     learn.microsoft.com, "How to
//   use managed identities on an Azure VM to acquire an
//              access token", "App Service: REST endpoint reference", "Authenticate against Azure
//              resources with Azure Arc-enabled servers"
#include <string>

#include "base/result.h"
#include "http/message.h"
#include "identity/upstream_identity.h"

namespace armature::identity {

Result<http::Request> managed_identity_request(const ManagedIdentity& identity,
                                               const std::string& resource);
Result<http::Request> answer_arc_challenge(const ManagedIdentity& identity, http::Request request,
                                           const http::Response& challenge);

}  // namespace armature::identity
