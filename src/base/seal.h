#pragma once
// Seals secret values for a database or a file: AES-256-GCM under a key that is not in it.
//
//   Errors    kInvalid: another key, or the sealed text was changed
//   Threads   pure
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace armature {

Result<std::string> seal(std::string_view plain, const Secret& key, Random& random);  // hex
Result<Secret> unseal(std::string_view sealed, const Secret& key);

}  // namespace armature
