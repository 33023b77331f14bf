#pragma once
// Secrets and certificates of an application, as Graph's callers change them.
//
//   addPassword  makes a secret, shows it once and keeps its digest
#include <optional>

#include "sandbox/entra/graph/graph.h"

namespace armature::sandbox::graph {

// addPassword and removePassword, the last segment of the call.
Answer password_action(Cloud& cloud, Change& change, const Call& call, AppRegistration app);
// The list as a whole: what stands in it by its keyId alone stays, what has a key is new.
std::optional<Answer> replace_keys(Cloud& cloud, const Json& list, AppRegistration& app);
// Secrets that are no longer in the list go; none can come in this way.
void keep_passwords(const Json& list, AppRegistration& app);

}  // namespace armature::sandbox::graph
