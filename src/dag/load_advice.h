#pragma once
// What to write instead of what other systems, or earlier Airflows, call it. Pure; private to load.
#include <string>
#include <string_view>
#include <vector>

#include "dag/load_yaml.h"

namespace armature::dag {

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);
// The known key that goes by another name elsewhere (schedule_interval: schedule), else the
// nearest.
std::string advice_for_key(std::string_view key, const std::vector<std::string>& known);
// Of a name in a template; Airflow's removed ones lead to what replaced them.
std::string advice_for_name(std::string_view name, const std::vector<std::string>& known);
// Of a value that has the wrong type: quotes, no quotes, true for yes, [x] for x.
std::string advice_for_value(const YamlNode& node, std::string_view expected);

}  // namespace armature::dag
