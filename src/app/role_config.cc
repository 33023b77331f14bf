#include "app/role_config.h"

namespace armature::app {

Result<std::vector<RoleAtScope>> read_roles(const YAML::Node& list, const YamlFile& file,
                                            const std::string& name) {
  if (!list.IsSequence()) return file.at(list.Mark(), name + ": a list is expected");
  std::vector<RoleAtScope> out;
  for (const auto& node : list) {
    RoleAtScope entry;
    if (!node.IsMap()) {
      return file.at(node.Mark(), name + ": each entry is a mapping of role and scope");
    }
    for (const auto& pair : node) {
      const std::string key = pair.first.Scalar();
      if (key == "assignable_roles" && pair.second.IsSequence()) {
        for (const auto& role : pair.second) entry.assignable_roles.push_back(role.Scalar());
      } else if (key == "role" && pair.second.IsScalar()) {
        entry.role = pair.second.Scalar();
      } else if (key == "scope" && pair.second.IsScalar()) {
        entry.scope = pair.second.Scalar();
      } else {
        return file.unknown(pair.first, {"role", "scope", "assignable_roles"});
      }
    }
    if (entry.role.empty() || entry.scope.empty()) {
      return file.at(node.Mark(), name + ": role and scope are both needed");
    }
    out.push_back(std::move(entry));
  }
  return out;
}

}  // namespace armature::app
