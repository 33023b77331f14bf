#pragma once
// The answers the gateway gives by itself, in ARM's error shape, and what it adds to Azure's. Pure.
//
//   None of them carries Retry-After unless said: an SDK that sees one repeats whatever the method.
#include <string>
#include <string_view>

#include "access/explain.h"
#include "arm/operation.h"
#include "base/clock.h"
#include "http/message.h"

namespace armature::gateway {

http::Response error_answer(int status, std::string_view code, std::string_view message);
http::Response unauthenticated(bool token_given);
http::Response denied(const access::Explanation& explanation,
                      std::string_view code = "AuthorizationFailed");
// With Retry-After: it was not sent.
http::Response throttled(Micros wait);
// Not sent either, but an earlier try of it may have been: Retry-After only where that is harmless.
http::Response provider_failing(std::string_view provider, arm::Repeat repeat, Micros wait);
// Azure's own 403: code and message stay; our explanation joins additionalInfo.
void add_explanation(http::Response& answer, const access::Explanation& explanation);
http::Response unreachable(const std::string& why);
http::Response answer_lost(std::string_view method, std::string_view target);
http::Response still_in_doubt(std::string_view method, std::string_view target);
http::Response unresolved(std::string_view method, std::string_view target);
http::Response in_progress(std::string_view target);
http::Response key_reused();
// Azure's own answer to what may have acted and must not be repeated: code and text stay, the
// status is one on which no SDK repeats a POST by itself; Azure's is in x-armature-upstream-status.
void soften(http::Response& answer);

// The principal that a 403 of Azure's names ("… with object id '…' …"), or "".
std::string principal_in(std::string_view azure_message);

}  // namespace armature::gateway
