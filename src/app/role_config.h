#pragma once
// A list of {role, scope, assignable_roles}, as ceilings and workloads have it.
//
//   Errors    kInvalid with file, line and column; `name` begins the message
#include "app/identity_config.h"

namespace armature::app {

Result<std::vector<RoleAtScope>> read_roles(const YAML::Node& list, const YamlFile& file,
                                            const std::string& name);

}  // namespace armature::app
