#pragma once
// The claims challenge of continuous access evaluation: a resource that no longer takes a token
// says in its 401 which claims a new one must have.
//
//   In        the values of the answer's WWW-Authenticate headers: hostile
//   Out       the JSON for the token request's "claims", with our own capability (CP1) added, or ""
//             when there is no challenge that can be read
//   Threads   pure
//   Source    learn.microsoft.com, "Claims challenges, claims requests, and client capabilities"
#include <string>
#include <string_view>

#include "http/message.h"

namespace armature::identity {

std::string claims_challenge(const http::Headers& headers);

}  // namespace armature::identity
