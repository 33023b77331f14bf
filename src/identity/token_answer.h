#pragma once
// What an Entra token endpoint answers: a token, or why not. Inside this room only.
//
//   Errors    kUnauthenticated: it refused; kUnavailable: throttled, failing or not understood.
//             The authority's words are cleaned by the redactor and cut to one line
//   Source    learn.microsoft.com, "OAuth 2.0 client credentials flow"; "Microsoft Entra
//             authentication and authorization error codes"
#include "base/clock.h"
#include "base/log.h"
#include "base/result.h"
#include "base/secret.h"
#include "http/message.h"

namespace armature::identity {

struct TokenAnswer {
  Secret token;
  Micros lifetime;
};

Result<TokenAnswer> read_token_answer(const http::Response& response, const Redactor& redactor);

}  // namespace armature::identity
