#pragma once
// The mapping `pools` of the configuration: name to slots, or to slots and a description.
#include "app/identity_config.h"
#include "dag/slots.h"

namespace armature::app {

Result<std::vector<dag::Pool>> read_pools(const YAML::Node& map, const YamlFile& file);

}  // namespace armature::app
