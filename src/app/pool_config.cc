#include "app/pool_config.h"

#include <charconv>

namespace armature::app {
namespace {

Result<int> read_slots(const YAML::Node& node, const YamlFile& file, const std::string& pool) {
  const std::string text = node.IsScalar() ? node.Scalar() : "";
  int slots = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slots);
  if (error == std::errc() && end == text.data() + text.size() && slots >= dag::kUnlimitedSlots) {
    return slots;
  }
  return file.at(node.Mark(), "pools." + pool + ": a number of slots, or -1 for no bound");
}

}  // namespace

Result<std::vector<dag::Pool>> read_pools(const YAML::Node& map, const YamlFile& file) {
  if (!map.IsMap()) return file.at(map.Mark(), "pools: a mapping of name to slots is expected");
  std::vector<dag::Pool> out;
  for (const auto& entry : map) {
    dag::Pool pool;
    pool.name = entry.first.Scalar();
    for (const dag::Pool& other : out) {
      if (other.name != pool.name) continue;
      return file.at(entry.first.Mark(), "pools: '" + pool.name + "' is there twice");
    }
    if (!entry.second.IsMap()) {
      ARMATURE_TRY(pool.slots, read_slots(entry.second, file, pool.name));
      out.push_back(std::move(pool));
      continue;
    }
    bool has_slots = false;
    for (const auto& field : entry.second) {
      const std::string key = field.first.Scalar();
      if (key == "slots") {
        ARMATURE_TRY(pool.slots, read_slots(field.second, file, pool.name));
        has_slots = true;
      } else if (key == "description" && field.second.IsScalar()) {
        pool.description = field.second.Scalar();
      } else {
        return file.unknown(field.first, {"slots", "description"});
      }
    }
    if (!has_slots)
      return file.at(entry.second.Mark(), "pools." + pool.name + ": slots is missing");
    out.push_back(std::move(pool));
  }
  return out;
}

}  // namespace armature::app
