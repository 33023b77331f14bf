#include "identity/secret_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/files.h"
#include "base/json.h"
#include "base/testing.h"
#include "http/testing.h"

namespace armature::identity {
namespace {

using http::testing::must;

TEST(SecretStore, SealsWhatItKeeps) {
  const armature::testing::TempDir folder;
  armature::testing::FakeRandom random;
  const auto file = folder.path() / "store.json";
  SecretStore store(file, Secret("the key"), random);
  EXPECT_EQ(store.get("a").error().message, "the encrypted store has no secret 'a'; it has none");
  ASSERT_TRUE(store.put("a", Secret("planted-one")));
  ASSERT_TRUE(store.put("b", Secret("planted-two")));
  ASSERT_TRUE(store.put("a", Secret("planted-three")));
  EXPECT_EQ(must(store.get("a")).reveal(), "planted-three");
  EXPECT_EQ(must(SecretStore(file, Secret("the key"), random).get("b")).reveal(), "planted-two");
  EXPECT_EQ(must(store.names()), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(store.get("c").error().code, Code::kNotFound);
  EXPECT_EQ(must(read_file(file)).find("planted"), std::string::npos);
  struct stat facts {};
  ASSERT_EQ(::stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777u, 0600u);
  EXPECT_FALSE(store.put("", Secret("x")));
  EXPECT_FALSE(store.put("x", Secret()));
}

TEST(SecretStore, WhatWasChangedDoesNotOpen) {
  const armature::testing::TempDir folder;
  armature::testing::FakeRandom random;
  const auto file = folder.path() / "store.json";
  SecretStore store(file, Secret("the key"), random);
  ASSERT_TRUE(store.put("a", Secret("planted-one")));
  ASSERT_TRUE(store.put("b", Secret("planted-two")));
  EXPECT_EQ(SecretStore(file, Secret("another"), random).get("a").error().code, Code::kInvalid);
  Json values = must(parse_json(must(read_file(file))));
  values.as_object()["a"] = values.as_object()["b"];
  ASSERT_TRUE(write_file(file, dump(values)));
  EXPECT_EQ(store.get("a").error().message, "secret 'a' was sealed under another name");
  ASSERT_TRUE(write_file(file, "[]"));
  EXPECT_EQ(store.get("a").error().code, Code::kInvalid);
  EXPECT_EQ(store.put("a", Secret("x")).error().code, Code::kInvalid) << "never overwritten";
}

}  // namespace
}  // namespace armature::identity
