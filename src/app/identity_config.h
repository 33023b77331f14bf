#pragma once
// The lists `identities` and `workloads` of the configuration file. Pure: the environment is passed
// in.
//
//   Identity   name, kind, what its kind needs, and its ceiling. Without a kind it is
//              client_secret, unless the keys that are there belong to one other kind alone
//   Workload   a caller from outside: whose tokens count, which claims they must have, as which
//              identity and with which roles it may call
//   Errors     kInvalid with file, line and column: unknown keys (with the nearest one, or the kind
//              that has it), a key that is missing, two that exclude each other, a secret in clear
//   Source     docs/identities.md
#include <yaml-cpp/yaml.h>

#include <string>
#include <vector>

#include "app/config.h"

namespace armature::app {

struct YamlFile {
  std::string name;
  Error at(const YAML::Mark& mark, const std::string& message) const;
  Error unknown(const YAML::Node& key, const std::vector<std::string>& known) const;
};

using Variables = std::vector<std::pair<std::string, std::string>>;

Result<std::vector<IdentityConfig>> read_identities(const YAML::Node& list, const YamlFile& file,
                                                    const Variables& environment);
Result<std::vector<WorkloadConfig>> read_workloads(const YAML::Node& list, const YamlFile& file);

}  // namespace armature::app
