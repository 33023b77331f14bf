// The definitions and initiatives that Azure ships: every one must be read.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "base/files.h"
#include "sandbox/policy/definition.h"

namespace armature::sandbox::policy {
namespace {

std::filesystem::path corpus() { return ARMATURE_SOURCE_DIR "/../shared/data/policies"; }

Json properties_of(const std::filesystem::path& file) {
  const auto text = read_file(file);
  if (!text) return nullptr;
  const auto document = parse_json(*text, 256);
  const Json* properties = document ? find(*document, "properties") : nullptr;
  return properties ? *properties : Json(nullptr);
}

template <class F>
void read_all(const char* folder, F read) {
  if (!std::filesystem::exists(corpus() / folder)) {
    GTEST_SKIP() << "no corpus at " << corpus() / folder;
  }
  std::size_t done = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus() / folder)) {
    if (entry.path().extension() != ".json") continue;
    const Json properties = properties_of(entry.path());
    ASSERT_FALSE(properties.is_null()) << entry.path();
    const auto result = read(entry.path().stem().string(), properties);
    EXPECT_TRUE(result) << entry.path() << "\n"
                        << (result ? "" : result.error().code + ": " + result.error().message);
    ++done;
  }
  std::cout << folder << " " << done << "\n";
  EXPECT_GT(done, 0u);
}

TEST(PolicyCorpus, EveryDefinitionIsRead) { read_all("definitions", read_definition); }
TEST(PolicyCorpus, EveryInitiativeIsRead) { read_all("initiatives", read_set); }

}  // namespace
}  // namespace armature::sandbox::policy
