#pragma once
// What a template uses beside the resources that it writes: inside arm, for template_needs.
//
//   links_of_resource   the ids that one resource links to, each with its action (links.h)
//   uses_of_calls       what the functions of its expressions read: list… actions, reference
//   Errors              kInvalid, naming the place: what a row of the link table or a list…
//   function
//                       refers to cannot be known before it runs
//   Threads             pure
#include <string>
#include <string_view>
#include <vector>

#include "arm/known_values.h"
#include "arm/operation.h"

namespace armature::arm {

Result<std::vector<Need>> links_of_resource(const JsonObject& resource, const std::string& type,
                                            const KnownValues& known, const std::string& path);

// Of one template's document; not of the templates nested in it.
Result<std::vector<Need>> uses_of_calls(const JsonObject& document, const KnownValues& known,
                                        const std::string& path);

}  // namespace armature::arm
