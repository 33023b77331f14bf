#include "sandbox/deployments/run.h"

#include <gtest/gtest.h>

#include "base/bytes.h"

namespace armature::sandbox {
namespace {

using Indexes = std::vector<std::size_t>;

// "- 0 - 1,2": the third has no dependency, the fourth waits for the second and the third.
std::vector<tmpl::Resource> graph(std::string_view text) {
  std::vector<tmpl::Resource> out;
  for (const std::string& word : split(text, ' ')) {
    tmpl::Resource one;
    one.index = out.size();
    for (const std::string& before : split(word, ',')) {
      if (before != "-") one.depends_on.push_back(std::stoul(before));
    }
    out.push_back(one);
  }
  return out;
}

TEST(Progress, StartsWhatWaitsForNothing) {
  Progress progress(graph("- 0 - 1,2"));
  EXPECT_EQ(progress.take_ready(), (Indexes{0, 2}));
  EXPECT_TRUE(progress.take_ready().empty());
  progress.done(2);
  EXPECT_TRUE(progress.take_ready().empty());
  progress.done(0);
  EXPECT_EQ(progress.take_ready(), Indexes{1});
  EXPECT_FALSE(progress.over());
  progress.done(1);
  EXPECT_EQ(progress.take_ready(), Indexes{3});
  progress.done(3);
  EXPECT_TRUE(progress.over());
}

TEST(Progress, AfterAFailureWhatRunsEndsAndNothingStarts) {
  Progress progress(graph("- - 0 1"));
  EXPECT_EQ(progress.take_ready(), (Indexes{0, 1}));
  progress.failed(1);
  EXPECT_FALSE(progress.over());
  progress.done(0);
  EXPECT_TRUE(progress.take_ready().empty());
  EXPECT_TRUE(progress.over());
}

TEST(Progress, ARestartSkipsWhatWasDone) {
  Progress progress(graph("- 0 1 -"));
  progress.done_before(0);
  progress.done_before(1);
  EXPECT_EQ(progress.take_ready(), (Indexes{2, 3}));
  EXPECT_TRUE(Progress(std::vector<tmpl::Resource>()).over());
}

}  // namespace
}  // namespace armature::sandbox
