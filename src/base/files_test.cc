#include "base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/testing.h"

namespace armature {
namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777;
}

TEST(Files, WritesAndReadsWhole) {
  const testing::TempDir folder;
  const auto path = folder.path() / "a";
  const std::string bytes = std::string("line\r\n\0", 7) + std::string(200'000, 'x');
  ASSERT_TRUE(write_file(path, bytes));
  EXPECT_EQ(*read_file(path), bytes);
  EXPECT_EQ(mode_of(path), 0644u);
  ASSERT_TRUE(write_file(path, "", 0600));
  EXPECT_EQ(*read_file(path), "");
  EXPECT_EQ(mode_of(path), 0600u);
  int files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder.path())) {
    ++files;
  }
  EXPECT_EQ(files, 1);  // no temporary is left
}

TEST(Files, SaysWhatWentWrong) {
  const testing::TempDir folder;
  const auto missing = read_file(folder.path() / "missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_NE(missing.error().message.find("missing"), std::string::npos);
  EXPECT_EQ(read_file(folder.path()).error().code, Code::kUnavailable);
  EXPECT_EQ(write_file(folder.path() / "no" / "a", "x").error().code, Code::kNotFound);
  std::filesystem::create_directory(folder.path() / "taken");
  EXPECT_EQ(write_file(folder.path() / "taken", "x").error().code, Code::kUnavailable);
  ASSERT_TRUE(write_file(folder.path() / "big", "12345"));
  EXPECT_TRUE(read_file(folder.path() / "big", 5));
  EXPECT_EQ(read_file(folder.path() / "big", 4).error().code, Code::kInvalid);
}

TEST(Files, MakesPrivateDirectories) {
  const testing::TempDir folder;
  const auto deep = folder.path() / "a" / "b" / "c";
  ASSERT_TRUE(make_private_directory(deep));
  for (const char* made : {"a", "a/b", "a/b/c"}) EXPECT_EQ(mode_of(folder.path() / made), 0700u);
  EXPECT_TRUE(make_private_directory(deep));
  ASSERT_TRUE(make_private_directory(folder.path() / "slash" / ""));
  EXPECT_EQ(mode_of(folder.path() / "slash"), 0700u);
  ASSERT_TRUE(write_file(folder.path() / "file", "x"));
  EXPECT_EQ(make_private_directory(folder.path() / "file").error().code, Code::kUnavailable);
  EXPECT_FALSE(make_private_directory(folder.path() / "file" / "below"));
}

}  // namespace
}  // namespace armature
