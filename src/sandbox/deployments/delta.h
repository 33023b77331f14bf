#pragma once
// The difference of two resources, property by property, in what-if's words.
//
//   Out       [{path, propertyChangeType, before?, after?, children?}], paths in order of their
//   names:
//             Create, Delete, Modify; Array with its elements as children, whose paths are indexes.
//             Elements are paired when equal, or objects of the same name or id; a moved element is
//             no change. Names are compared without regard to case; an absent object equals an
//             empty one
//   Source    "What-if operation", results; recorded answers
//   Threads   pure
#include <string_view>

#include "base/json.h"

namespace armature::sandbox {

JsonArray property_changes(const Json& before, const Json& after);
// The members of objects in order of their names, without regard to case.
Json in_name_order(const Json& value);

}  // namespace armature::sandbox
