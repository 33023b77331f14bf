#pragma once
// Management locks: Microsoft.Authorization/locks, kept as records of that type.
//
//   check_locks   does a lock at the call's target, above it or, for DELETE, below it forbid the
//                 call? CanNotDelete forbids DELETE; ReadOnly also PUT, PATCH and the POSTs that
//                 act or tell secrets. Locks do not hold back changes of locks
//   check_lock    is a PUT of a lock sound? Level, notes, name, 20 per scope
//   list_locks    at the scope, above and below it; with $filter=atScope() not below
//   Errors        409 ScopeLocked; 400 with ARM's codes
//   Cost          a look-up per level of the id; DELETE looks at every lock
//   Source        lock-resources page
//   Threads       pure
#include <optional>

#include "sandbox/cloud.h"

namespace armature::sandbox {

std::optional<ArmAnswer> check_locks(const State& state, const ArmCall& call);
std::optional<ArmAnswer> check_lock(const State& state, const ArmCall& call);
ArmAnswer list_locks(const Cloud& cloud, const State& state, const ArmCall& call);

}  // namespace armature::sandbox
