#pragma once
// Poll links: the URL of a long-running operation, as the gateway hands it to a task, carries a
// keyed digest of the task and of the URL itself. With it the task may poll without a grant of its
// own; nobody else may, and no other URL. Nothing is kept: it holds after a restart, for a later
// attempt of the task as well.
//
//   Form      the last parameter of the query: armature-poll={base64url of HMAC-SHA-256}
//   Azure     never sees it: take_signature() cuts it off, the rest is byte for byte Azure's own
//   Threads   pure
#include <optional>
#include <string>
#include <string_view>

#include "base/attempt.h"
#include "base/secret.h"
#include "http/message.h"

namespace armature::gateway {

// The key of the links, from the key of the gateway's state.
Secret poll_link_key(const Secret& state_key);

// Signs what leads to an operation: Azure-AsyncOperation, Operation-Location, and the Location of a
// 202. Only links of `origin`, where the gateway is reached.
void sign_poll_links(http::Response& answer, const TaskKey& task, std::string_view origin,
                     const Secret& key);

// The signature of a request's target, cut off it; "" when there is none.
std::string take_signature(std::string& target);
bool is_signed_for(const TaskKey& task, std::string_view target, std::string_view signature,
                   const Secret& key);

}  // namespace armature::gateway
