#pragma once
// Microsoft.Resources/deploymentScripts: the sandbox keeps them and runs none of them.
//
//   outputs   the keys that the script's text assigns, each with its own name as its value:
//             $DeploymentScriptOutputs['key'] in PowerShell, a key of the JSON that a line writes
//             to $AZ_SCRIPTS_OUTPUT_PATH in bash. A template can go on, with values that say where
//             they come from
//   logs      the child logs/default, with an empty log
//   Threads   pure
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace armature::sandbox {

JsonObject script_outputs(std::string_view script);
// Of the id of a script's child; nothing when it is not its log.
std::optional<Json> script_log(const std::string& id, std::string_view type, std::string_view name);

}  // namespace armature::sandbox
