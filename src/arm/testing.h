#pragma once
// For tests: the data cases of tests/cases, and the shared corpus where it is present.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "base/files.h"
#include "base/json.h"

namespace armature::testing {

inline JsonArray cases(const std::string& name) {
  const auto path = std::filesystem::path(ARMATURE_SOURCE_DIR) / "tests/cases" / name;
  const auto text = read_file(path);
  if (!text) {
    ADD_FAILURE() << text.error().message;
    return {};
  }
  const auto json = parse_json(*text);
  EXPECT_TRUE(json) << path;
  return json ? json->get_array() : JsonArray{};
}

// Nothing when the corpus is not on this machine: the test says so and skips.
inline std::optional<std::filesystem::path> corpus(const std::string& below) {
  const char* set = std::getenv("ARMATURE_CORPUS");
  const auto root = set ? std::filesystem::path(set)
                        : std::filesystem::path(ARMATURE_SOURCE_DIR) / "../shared/data";
  const auto path = root / below;
  if (std::filesystem::exists(path)) return path;
  return std::nullopt;
}

}  // namespace armature::testing
