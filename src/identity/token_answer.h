#pragma once
// What a token endpoint answers, Entra's or a managed identity's: a token, or why not. Inside this
// room only.
//
//   who       "the authority", "the identity endpoint": begins every error
//   Errors    kUnauthenticated: it refused; kUnavailable: throttled, failing or not understood.
//             The authority's words are cleaned by the redactor and cut to one line
//   Source    learn.microsoft.com, "OAuth 2.0 client credentials flow"; "Microsoft Entra
//             authentication and authorization error codes"
#include <string_view>

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

struct Answerer {
  std::string_view who;
  Instant now;               // App Service says when a token ends, not how long it lives
  bool may_be_away = false;  // IMDS: 404 and 410 mean "later"
};
Result<TokenAnswer> read_token_answer(const http::Response& response, const Redactor& redactor,
                                      const Answerer& answerer);

}  // namespace armature::identity
