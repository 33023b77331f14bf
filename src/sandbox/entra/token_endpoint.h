#pragma once
// The token endpoint: a POST of OAuth 2.0, answered with an access token or Entra's refusal.
//
//   v1        "resource" names what the token is for; every value of the answer is text
//   v2        "scope" does, one resource with /.default; numbers are numbers. The /adfs path takes
//             either, as clients send them there
//   Order     the grant, the client's proof, the resource: as Entra refuses
#include "http/message.h"
#include "sandbox/cloud.h"
#include "sandbox/entra/discovery.h"

namespace armature::sandbox {

http::Response token_endpoint(Cloud& cloud, const http::Request& request,
                              const Authority& authority);

}  // namespace armature::sandbox
