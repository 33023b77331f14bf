#pragma once
// repeat_of: may the same request be sent twice with the effect of once? The one table of it, by
// method and, of an action, by type and name (docs/retries.md).
//
//   In        the method; of a POST the type of what the action is on and the action's name
//   Unknown   an action that the table does not name changes something and is never repeated
//   Source    resource-provider contract (GET, PUT, PATCH, DELETE); ARM's naming of actions that
//             only read; facts on safe retries §7.1
//   Threads   pure
#include <string_view>

#include "arm/operation.h"

namespace armature::arm {

Repeat repeat_of(std::string_view method);
Repeat repeat_of_action(std::string_view type, std::string_view action);

}  // namespace armature::arm
