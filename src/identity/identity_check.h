#pragma once
// What `armature identity check` says of one identity. Pure; inside this room only.
//
//   claims   oid, appid (azp), tid of the token, unverified: it came from Entra just now
//   advice   what to do, by Entra's code or by what failed
//   Source   learn.microsoft.com, "Microsoft Entra authentication and authorization error codes"
#include "identity/upstream_tokens.h"

namespace armature::identity {

IdentityCheck judge_identity(const UpstreamIdentity& identity, const std::string& subject,
                             const Result<Secret>& token);
// For an Entra code in the text, or for the kind; "" when nothing is known.
std::string advice_for(const UpstreamIdentity& identity, const std::string& subject,
                       const Error& error);

}  // namespace armature::identity
