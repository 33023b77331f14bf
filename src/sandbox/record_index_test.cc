#include "sandbox/record_index.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

struct Table {
  std::map<std::string, Record> records;
  RecordIndex index;

  void put(const std::string& id, const std::string& type, const char* tags = "{}") {
    Record record;
    record.id = id;
    record.type = type;
    record.body = JsonObject{
        {"tags", *parse_json(tags)}
    };
    const auto [at, is_new] = records.try_emplace(to_lower(id), record);
    is_new ? index.add(*at) : index.assign(*at, record);
  }
  std::vector<std::string> tagged(const std::string& name, const char* value = nullptr) const {
    const std::string text = value ? value : "";
    std::vector<std::string> out;
    for (const auto* entry : index.tagged(name, value ? &text : nullptr)) {
      out.push_back(entry->second.id);
    }
    return out;
  }
  void erase(const std::string& id) {
    const auto at = records.find(to_lower(id));
    index.remove(*at);
    records.erase(at);
  }
};

TEST(RecordIndex, FindsByTypeAndNameInAnySpelling) {
  Table table;
  table.put("/subscriptions/s/resourceGroups/b/providers/A.B/c/X", "A.B/c");
  table.put("/subscriptions/s/resourceGroups/a/providers/A.B/c/x", "a.b/C");
  table.put("/subscriptions/s/resourceGroups/a/providers/A.B/c/y", "A.B/c");
  table.put("/subscriptions/s/resourceGroups/a/providers/A.B/d/x", "A.B/d");
  EXPECT_EQ(table.index.of_type("A.b/C").size(), 3u);
  EXPECT_EQ(table.index.of_type("A.B/e").size(), 0u);
  EXPECT_EQ(table.index.named("A.B/c", "X"), "/subscriptions/s/resourcegroups/a/providers/a.b/c/x");
  EXPECT_EQ(table.index.named("A.B/c", "z"), "");
  EXPECT_EQ(table.index.named("A.B/c", ""), "");
  EXPECT_EQ(table.index.in_collection("/subscriptions/s/resourcegroups/a/providers/a.b/c/"), 2u);
}

TEST(RecordIndex, ForgetsWhatGoesAndCountsNothingTwice) {
  Table table;
  const std::string id = "/subscriptions/s/resourceGroups/a/providers/A.B/c/x";
  table.put(id, "A.B/c");
  table.put(id, "A.B/c");
  EXPECT_EQ(table.index.in_collection(collection_of(to_lower(id))), 1u);
  table.erase(id);
  EXPECT_EQ(table.index.in_collection(collection_of(to_lower(id))), 0u);
  EXPECT_TRUE(table.index.of_type("A.B/c").empty());
}

TEST(RecordIndex, APageGoesOnBehindAnEntryThatIsGone) {
  Table table;
  for (const char* name : {"a", "b", "c"}) {
    table.put(std::string("/subscriptions/s/resourceGroups/g/providers/A.B/c/") + name, "A.B/c");
  }
  const std::string gone = "/subscriptions/s/resourcegroups/g/providers/a.b/c/b";
  table.erase(gone);
  const auto& all = table.index.of_type("A.B/c");
  const auto next = all.upper_bound(RecordIndex::Key{gone});
  ASSERT_NE(next, all.end());
  EXPECT_TRUE((*next)->first.ends_with("/c"));
}

using Ids = std::vector<std::string>;

TEST(RecordIndex, FindsByTagInTheOrderOfIds) {
  Table table;
  table.put("/b", "A.B/c", R"({"Team":"x"})");
  table.put("/a", "A.B/c", R"({"team":"y","cost":1})");
  table.put("/c", "A.B/d", R"({"TEAM":"x"})");
  EXPECT_EQ(table.tagged("tEAM"), (Ids{"/a", "/b", "/c"}));
  EXPECT_EQ(table.tagged("team", "x"), (Ids{"/b", "/c"}));
  EXPECT_EQ(table.tagged("team", "X"), Ids{});
  EXPECT_EQ(table.tagged("cost"), Ids{"/a"});
  EXPECT_EQ(table.tagged("cost", "1"), Ids{});
  EXPECT_EQ(table.tagged("none"), Ids{});
}

TEST(RecordIndex, TagsFollowARecordThatChangesAndGoes) {
  Table table;
  table.put("/a", "A.B/c", R"({"team":"x","cost":"1"})");
  table.put("/b", "A.B/c", R"({"team":"x"})");
  table.put("/a", "A.B/c", R"({"team":"z"})");
  EXPECT_EQ(table.tagged("team", "x"), Ids{"/b"});
  EXPECT_EQ(table.tagged("team", "z"), Ids{"/a"});
  EXPECT_EQ(table.tagged("team"), (Ids{"/a", "/b"}));
  EXPECT_EQ(table.tagged("cost"), Ids{});
  table.put("/a", "A.B/c", R"("no object")");
  EXPECT_EQ(table.tagged("team"), Ids{"/b"});
  table.erase("/b");
  EXPECT_EQ(table.tagged("team"), Ids{});
}

}  // namespace
}  // namespace armature::sandbox
