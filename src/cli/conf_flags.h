#pragma once
// --conf and -p, by which a run's params are given.
#include <string>
#include <vector>

#include "base/json.h"

namespace CLI {
class App;
}

namespace armature::cli {

struct ConfFlags {
  std::string conf;
  std::vector<std::string> params;
};

void add_conf_flags(CLI::App& verb, ConfFlags& flags);
// -p comes after --conf; its value is JSON where it reads as such (3, true, ["a"]), else a string.
Result<JsonObject> conf_of(const ConfFlags& flags);

}  // namespace armature::cli
