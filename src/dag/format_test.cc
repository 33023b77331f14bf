#include "dag/format.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/bytes.h"
#include "base/files.h"
#include "dag/format_tree.h"
#include "dag/schema.h"

namespace armature::dag {
namespace {

const std::filesystem::path kRoot = ARMATURE_SOURCE_DIR;

std::string told(const Formatted& formatted) {
  std::string out;
  for (const Diagnostic& one : formatted.problems) out += to_text(one) + "\n";
  return out;
}

// A file of cases: "=== name", what is written, "--->", what comes out of it, or "refused LINE".
TEST(Format, FollowsTheCases) {
  const auto text = read_file(kRoot / "tests/cases/dag/format.txt");
  ASSERT_TRUE(text);
  const std::string whole = *text;
  int count = 0;
  for (std::size_t at = whole.find("=== "); at != std::string::npos;) {
    const std::size_t next = whole.find("\n=== ", at);
    const std::string one = whole.substr(at, next == std::string::npos ? next : next + 1 - at);
    at = next == std::string::npos ? next : next + 1;
    const std::size_t body = one.find('\n') + 1, arrow = one.find("--->\n");
    SCOPED_TRACE(one.substr(0, body));
    ASSERT_NE(arrow, std::string::npos);
    const std::string before = one.substr(body, arrow - body), after = one.substr(arrow + 5);
    const Formatted formatted = format(before, "f.yaml");
    ++count;
    if (after.starts_with("refused ")) {
      EXPECT_EQ(formatted.text, before);
      ASSERT_EQ(formatted.problems.size(), 1u) << told(formatted);
      EXPECT_EQ(
          formatted.problems[0].code + " " + std::to_string(formatted.problems[0].line) + "\n",
          after.substr(8));
      continue;
    }
    EXPECT_EQ(told(formatted), "");
    EXPECT_EQ(formatted.text, after);
    EXPECT_EQ(format(after, "f.yaml").text, after);
  }
  EXPECT_GE(count, 25);
}

// Every DAG file of the project: its meaning stays, and a second time changes nothing.
TEST(Format, KeepsWhatEveryFileSays) {
  int formatted_files = 0;
  for (const char* folder : {"examples", "tests/cases/dag/valid", "tests/cases/dag/broken"}) {
    for (const auto& entry : std::filesystem::directory_iterator(kRoot / folder)) {
      if (entry.path().extension() != ".yaml") continue;
      SCOPED_TRACE(entry.path().string());
      const auto text = read_file(entry.path());
      ASSERT_TRUE(text);
      const Formatted once = format(*text, "f");
      if (!once.problems.empty()) {
        EXPECT_EQ(once.text, *text);
        EXPECT_NE(once.problems[0].code, "not_formatted") << told(once);
        continue;
      }
      ++formatted_files;
      EXPECT_EQ(format(once.text, "f").text, once.text);
      std::multiset<std::string> before, after;  // lines move, so their numbers are left out
      for (Diagnostic one : load(*text, "f", {}).diagnostics) before.insert(one.code + one.message);
      for (Diagnostic one : load(once.text, "f", {}).diagnostics)
        after.insert(one.code + one.message);
      const auto of_places = [](const std::string& message) {
        return message.find("line") != std::string::npos;
      };
      std::erase_if(before, of_places);
      std::erase_if(after, of_places);
      EXPECT_EQ(before, after);
    }
  }
  EXPECT_GE(formatted_files, 90);
}

// The examples are what people copy.
TEST(Format, TheExamplesAreInCanonicalForm) {
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "examples")) {
    if (entry.path().extension() != ".yaml") continue;
    const auto text = read_file(entry.path());
    ASSERT_TRUE(text);
    EXPECT_EQ(format(*text, entry.path().string()).text, *text) << entry.path();
  }
}

// A field of the schema that has no place would wander to where operators' arguments stand.
TEST(Format, EveryFieldHasItsPlace) {
  const Json schema = json_schema({});
  const struct {
    const char *shape, *path;
  } kTable[] = {
      {"dag",   "properties"                                   },
      {"azure", "properties.access.properties.azure.properties"},
      {"group", "definitions.group.properties"                 },
      {"role",  "definitions.role.properties"                  },
  };
  for (const auto& row : kTable) {
    const Json* properties = at(schema, row.path);
    ASSERT_TRUE(properties) << row.path;
    const TextShape* shape = shape_of(row.shape);
    ASSERT_TRUE(shape);
    for (const auto& property : properties->get_object()) {
      EXPECT_EQ(std::ranges::count(shape->keys, std::string(property.key())), 1) << property.key();
    }
  }
}

}  // namespace
}  // namespace armature::dag
