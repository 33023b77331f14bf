#pragma once
// Runs az for identities of kind azure_cli: its output, or its last words when it fails.
//
//   In        arguments (no secret is among them) and the whole environment it gets
//   Errors    kUnavailable: it cannot be started, fails, or takes longer than a minute
//   Threads   any; blocks. Lifetime: the clock outlives it
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace armature::app {

using ProgramRunner = std::function<Result<std::string>(const std::vector<std::string>&)>;

ProgramRunner az_runner(std::vector<std::string> environment, std::filesystem::path directory,
                        const Clock& clock);

}  // namespace armature::app
