#include "cli/examples.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/files.h"
#include "orchestrator/orchestrator.h"

namespace armature::cli {
namespace {

TEST(Examples, AreThoseOfTheFolderAndValid) {
  std::set<std::string> in_folder, carried;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(ARMATURE_SOURCE_DIR) / "examples")) {
    if (entry.path().extension() == ".yaml") in_folder.insert(entry.path().stem().string());
  }
  for (const Example& one : examples()) {
    SCOPED_TRACE(one.name);
    carried.emplace(one.name);
    const auto text = read_file(std::filesystem::path(ARMATURE_SOURCE_DIR) / "examples" /
                                (std::string(one.name) + ".yaml"));
    ASSERT_TRUE(text);
    EXPECT_EQ(*text, one.text);
    EXPECT_TRUE(one.text.starts_with("# "));
    const dag::Loaded loaded = dag::load(one.text, "f", orchestrator::operator_specs());
    ASSERT_TRUE(loaded.diagnostics.empty()) << dag::to_text(loaded.diagnostics[0]);
    ASSERT_EQ(loaded.dags.size(), 1u);
    EXPECT_EQ(loaded.dags[0].id.str(), one.name);
    EXPECT_EQ(loaded.dags[0].description, description_of(one));
    EXPECT_FALSE(loaded.dags[0].description.empty());
  }
  EXPECT_EQ(carried, in_folder);
}

}  // namespace
}  // namespace armature::cli
