// The hashes that compilers wrote into the corpus's templates.
#include <gtest/gtest.h>

#include <filesystem>
#include <iostream>

#include "base/files.h"
#include "sandbox/template/testing.h"

namespace armature::sandbox::tmpl {
namespace {

// Beside the checkout, where there is one.
std::filesystem::path corpus() { return ARMATURE_SOURCE_DIR "/../shared/data"; }

TEST(Hash, OnesThatCompilersWrote) {
  std::size_t right = 0;
  std::size_t all = 0;
  std::error_code missing;
  for (const auto& folder : std::filesystem::directory_iterator(corpus() / "templates", missing)) {
    const auto file = read_file(folder.path() / "azuredeploy.json");
    if (!file) continue;
    const Json document = testing::parsed(*file);
    const std::string hash = text_at(document, "metadata._generator.templateHash");
    if (hash.empty()) continue;
    ++all;
    right += template_hash(document) == hash ? 1 : 0;
  }
  if (all == 0) GTEST_SKIP() << "no corpus: ../shared/data is not there";
  // The member order inside type definitions is not known: templates with them do not match.
  EXPECT_GE(right * 5, all * 2);
  std::cout << "[ hashes   ] " << right << " of " << all << "\n";
}

}  // namespace
}  // namespace armature::sandbox::tmpl
