#include "orchestrator/log_reader.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/testing.h"

namespace armature::orchestrator {
namespace {

TEST(ReadLog, GoesOnWhereItEnded) {
  const armature::testing::TempDir folder;
  const auto file = folder.path() / "attempt=1.log";
  EXPECT_FALSE(read_log(file, 0, false)->finished);
  EXPECT_TRUE(read_log(file, 0, true)->finished) << "ended without a line";
  std::ofstream(file) << "one\ntwo\nhal";
  const auto first = read_log(file, 0, false);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->text, "one\ntwo\n") << "the half line waits for its end";
  EXPECT_FALSE(first->finished);
  const auto rest = read_log(file, first->next_offset, true);
  EXPECT_EQ(rest->text, "hal");
  EXPECT_TRUE(rest->finished);
  EXPECT_EQ(read_log(file, rest->next_offset, true)->text, "");
  EXPECT_TRUE(read_log(file, 1000, true)->finished);
}

TEST(ReadLog, CutsLongLogsAtALine) {
  const armature::testing::TempDir folder;
  const auto file = folder.path() / "log";
  const std::string line(999, 'x');
  {
    std::ofstream out(file);
    for (int i = 0; i < 2000; ++i) out << line << '\n';
  }
  std::int64_t offset = 0;
  std::size_t total = 0;
  for (int pieces = 0; pieces < 3; ++pieces) {
    const auto piece = read_log(file, offset, true);
    ASSERT_TRUE(piece);
    EXPECT_TRUE(piece->text.empty() || piece->text.back() == '\n');
    total += piece->text.size();
    offset = piece->next_offset;
    if (piece->finished) break;
  }
  EXPECT_EQ(total, 2000u * 1000u);
}

}  // namespace
}  // namespace armature::orchestrator
