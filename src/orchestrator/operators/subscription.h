#pragma once
// The subscription of an azure task: its own argument, else what the DAG's macros or params name.
#include "orchestrator/operators/operator.h"

namespace armature::orchestrator {

Result<std::string> subscription_of(const Bench& bench);

}  // namespace armature::orchestrator
