#include "gateway/poll_links.h"

#include <gtest/gtest.h>

namespace armature::gateway {
namespace {

const Secret kKey = poll_link_key(Secret("a state key"));
constexpr const char* kHome = "https://localhost:9";

TaskKey task_of(const char* name) {
  return {*DagId::parse("d"), *RunId::parse("r"), *TaskId::parse(name), -1};
}

std::string signed_link(const std::string& url, int status = 202, const char* name = "Location") {
  http::Response answer;
  answer.status = status;
  answer.headers.set(name, url);
  sign_poll_links(answer, task_of("t"), kHome, kKey);
  return *answer.headers.get(name);
}

TEST(PollLinks, HoldForTheTaskAndTheUrlTheyWereMadeFor) {
  std::string target = signed_link(std::string(kHome) + "/sub/op/1?api-version=1&s=x%2F");
  target.erase(0, std::string(kHome).size());
  const std::string given = target;
  const std::string signature = take_signature(target);
  EXPECT_EQ(target, "/sub/op/1?api-version=1&s=x%2F");
  EXPECT_TRUE(is_signed_for(task_of("t"), target, signature, kKey));
  EXPECT_FALSE(is_signed_for(task_of("u"), target, signature, kKey));
  EXPECT_FALSE(is_signed_for(task_of("t"), "/sub/op/2?api-version=1&s=x%2F", signature, kKey));
  EXPECT_FALSE(is_signed_for(task_of("t"), target + "&x=1", signature, kKey));
  EXPECT_FALSE(is_signed_for(task_of("t"), target, "", kKey));
  EXPECT_FALSE(is_signed_for(task_of("t"), target, signature.substr(1), kKey));
  EXPECT_FALSE(
      is_signed_for(task_of("t"), target, signature, poll_link_key(Secret("another state key"))));
  EXPECT_EQ(given.find("armature-poll="), target.size() + 1);
}

TEST(PollLinks, OnlyWhatLeadsToAnOperationOfThisHostIsSigned) {
  const std::string here = std::string(kHome) + "/sub/op/1";
  EXPECT_NE(signed_link(here), here);
  EXPECT_EQ(signed_link(here, 201), here) << "the new resource";
  EXPECT_NE(signed_link(here, 201, "Azure-AsyncOperation"), here);
  EXPECT_EQ(signed_link("https://elsewhere.example/op/1"), "https://elsewhere.example/op/1");
}

TEST(PollLinks, AreTakenOffTheEndOnly) {
  for (const char* untouched :
       {"/a", "/a?b=c", "/a?armature-poll=x&b=c", "/a?not-armature-poll=x", "armature-poll=x"}) {
    std::string target = untouched;
    EXPECT_EQ(take_signature(target), "") << untouched;
    EXPECT_EQ(target, untouched);
  }
  std::string target = "/a?armature-poll=x";
  EXPECT_EQ(take_signature(target), "x");
  EXPECT_EQ(target, "/a");
}

}  // namespace
}  // namespace armature::gateway
