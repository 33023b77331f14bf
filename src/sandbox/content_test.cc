#include "sandbox/content.h"

#include <gtest/gtest.h>

#include "base/files.h"
#include "base/testing.h"

namespace armature::sandbox {
namespace {

struct Folders {
  Folders() {
    std::filesystem::create_directories(temporary.path() / "a" / "nested");
    std::filesystem::create_directories(temporary.path() / "b");
    put("a/main.json", "main");
    put("a/nested/one.json", "one");
    put("b/two.json", "two");
    put("secret.json", "secret");
    std::filesystem::create_symlink(temporary.path() / "secret.json",
                                    temporary.path() / "a" / "link.json");
    source = folder_content({
        {"https://host/t/",        temporary.path() / "a"},
        {"https://host/t/nested/", temporary.path() / "b"}
    });
  }
  void put(const std::string& name, const std::string& text) {
    EXPECT_TRUE(write_file(temporary.path() / name, text));
  }
  std::string get(const std::string& uri) const {
    const auto found = source(uri);
    return found ? *found : "nothing";
  }
  armature::testing::TempDir temporary;
  ContentSource source;
};

TEST(Content, TheLongestPrefixServes) {
  const Folders folders;
  EXPECT_EQ(folders.get("https://host/t/main.json"), "main");
  EXPECT_EQ(folders.get("HTTPS://HOST/t/main.json?sig=1"), "main");
  EXPECT_EQ(folders.get("https://host/t/nested/two.json"), "two");
  EXPECT_EQ(folders.get("https://host/t/nested/one.json"), "nothing");
  EXPECT_EQ(folders.get("https://other/t/main.json"), "nothing");
}

TEST(Content, NothingOutsideOfItsFolder) {
  const Folders folders;
  for (const char* uri : {"https://host/t/../secret.json", "https://host/t/%2e%2e/secret.json",
                          "https://host/t/link.json", "https://host/t//etc/passwd",
                          "https://host/t/%00", "https://host/t/", "https://host/t/%zz"}) {
    EXPECT_EQ(folders.get(uri), "nothing") << uri;
  }
}

TEST(Content, RootsAreReadFromASetting) {
  const auto roots = read_content_roots("https://h/a=/srv/a  http://h/b/=/srv/b");
  ASSERT_TRUE(roots);
  ASSERT_EQ(roots->size(), 2U);
  EXPECT_EQ((*roots)[0].prefix, "https://h/a/");
  EXPECT_EQ((*roots)[1].folder, "/srv/b");
  EXPECT_TRUE(read_content_roots("")->empty());
  EXPECT_FALSE(read_content_roots("https://h/a"));
  EXPECT_FALSE(read_content_roots("file:///a=/srv"));
}

}  // namespace
}  // namespace armature::sandbox
