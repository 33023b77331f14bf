#pragma once
// The orchestrator's tables. A step that shipped is never changed: add another.
#include <span>

#include "storage/database.h"

namespace armature::orchestrator {

std::span<const storage::Migration> store_migrations();

}  // namespace armature::orchestrator
