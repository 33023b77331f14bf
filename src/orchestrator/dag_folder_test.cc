#include "orchestrator/dag_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "orchestrator/testing.h"

namespace armature::orchestrator {
namespace {

class DagFolderTest : public ::testing::Test {
 protected:
  armature::testing::TempDir dir_;
  DagFolder folder_{dir_.path(), testing::specs()};

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((dir_.path() / name).parent_path());
    std::ofstream(dir_.path() / name) << text;
  }
  static std::string one(const std::string& id, const std::string& more = "") {
    return "dag_id: " + id + "\n" + more + "tasks:\n  - {task_id: a, operator: work}\n";
  }
  std::string ids() const {
    std::string out;
    const auto entries = folder_.entries();
    for (const auto& [id, entry] : *entries) out += id + " ";
    return out;
  }
};

TEST_F(DagFolderTest, ReadsYamlFilesBelowTheFolder) {
  write("a.yaml", one("a"));
  write("team/b.yml", one("b1") + "---\n" + one("b2"));
  write("notes.txt", "no");
  write(".hidden.yaml", one("hidden"));
  write(".git/c.yaml", one("c"));
  EXPECT_TRUE(folder_.scan());
  EXPECT_EQ(ids(), "a b1 b2 ");
  EXPECT_TRUE(folder_.errors().empty());
  EXPECT_FALSE(folder_.scan()) << "nothing changed";
}

TEST_F(DagFolderTest, ABrokenFileKeepsItsLastGoodVersion) {
  write("a.yaml", one("a"));
  folder_.scan();
  const auto good = folder_.entries()->at("a").def;
  write("a.yaml", "dag_id: a\ntasks: 7\n");
  EXPECT_TRUE(folder_.scan());
  EXPECT_EQ(folder_.entries()->at("a").def, good);
  EXPECT_FALSE(folder_.entries()->at("a").errors.empty());
  EXPECT_FALSE(folder_.errors().empty());
  write("a.yaml", one("a", "description: mended\n"));
  EXPECT_TRUE(folder_.scan());
  EXPECT_EQ(folder_.entries()->at("a").def->description, "mended");
  EXPECT_NE(folder_.entries()->at("a").def->version, good->version);
  EXPECT_TRUE(folder_.errors().empty());
  std::filesystem::remove(dir_.path() / "a.yaml");
  EXPECT_TRUE(folder_.scan());
  EXPECT_EQ(ids(), "");
}

TEST_F(DagFolderTest, AKeptVersionStandsInForAFileThatIsBrokenAtStart) {
  write("a.yaml", "dag_id: a\ntasks: 7\n");
  const auto kept = folder_.load(one("a"), (dir_.path() / "a.yaml").string(), "a");
  ASSERT_TRUE(kept) << kept.error().message;
  folder_.adopt(**kept);
  EXPECT_TRUE(folder_.scan());
  EXPECT_EQ(ids(), "a ");
  EXPECT_FALSE(folder_.entries()->at("a").errors.empty());
  EXPECT_FALSE(folder_.load(one("a"), "a.yaml", "b"));
}

TEST_F(DagFolderTest, TheFirstFileOwnsAnId) {
  write("1.yaml", one("a", "description: first\n"));
  write("2.yaml", one("a", "description: second\n"));
  folder_.scan();
  EXPECT_EQ(folder_.entries()->at("a").def->description, "first");
  ASSERT_EQ(folder_.errors().size(), 1u);
  EXPECT_EQ(folder_.errors()[0].code, "duplicate_dag");
}

}  // namespace
}  // namespace armature::orchestrator
