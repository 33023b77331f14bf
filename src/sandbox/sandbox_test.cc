#include "sandbox/sandbox.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/bytes.h"
#include "http/client.h"
#include "http/server.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::kSecret;
using testing::must;

// The whole sandbox behind a real server, so that a drop is a drop.
struct Served {
  armature::testing::TempDir folder;
  SystemClock clock;
  SystemRandom random;
  armature::testing::CaptureLog log;
  http::Runtime runtime{
      {1, 4}
  };
  std::unique_ptr<storage::Database> database =
      must(storage::Database::open({.path = folder.path() / "s.db"}));
  std::unique_ptr<Sandbox> sandbox =
      must(Sandbox::open({}, runtime, database.get(), clock, random, log.log));
  http::Server server{runtime, {}, sandbox->handler()};
  http::Client client{runtime, {}};
  std::string url;
  std::string token;

  Served() {
    if (!server.start()) throw std::runtime_error("no port");
    url = "http://127.0.0.1:" + std::to_string(server.port());
    sandbox->set_public_url(url);
    const auto app = must(sandbox->ensure_app({"main", Secret(kSecret), {{"Contributor", ""}}}));
    const auto got =
        send("POST", "/" + sandbox->tenant_id() + "/oauth2/token",
             "grant_type=client_credentials&resource=https%3A%2F%2Fmanagement.azure.com"
             "&client_id=" +
                 app.client_id + "&client_secret=" + kSecret);
    token = text_at(must(parse_json(must(got.response).body)), "access_token");
  }
  ~Served() { server.stop(); }
  http::Outcome send(const std::string& method, const std::string& path,
                     const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.target = url + path;
    request.body = body;
    if (!token.empty()) request.headers.set("Authorization", "Bearer " + token);
    return client.send_and_wait(std::move(request), std::chrono::seconds(20));
  }
};

TEST(Faults, ComeAndTheEffectIsCountedOnce) {
  Served served;
  const std::string id =
      "/subscriptions/" + served.sandbox->subscription_id() + "/resourceGroups/rg";
  const auto put = [&] {
    return served.send("PUT", id + "?api-version=2021-04-01", R"({"location":"westeurope"})");
  };
  const auto created = [&] {
    const Json effects = served.sandbox->effects();
    const Json* group = find(effects, to_lower(id));
    return group ? int_at(*group, "created") : 0;
  };
  ASSERT_TRUE(served.sandbox->add_fault({.kind = "status", .status = 429, .retry_after = 3}));
  const auto throttled = must(put().response);
  EXPECT_EQ(throttled.status, 429);
  EXPECT_EQ(throttled.headers.get("Retry-After"), "3");
  ASSERT_TRUE(served.sandbox->add_fault({.kind = "drop_before"}));
  EXPECT_FALSE(put().response);
  EXPECT_EQ(created(), 0);
  ASSERT_TRUE(served.sandbox->add_fault({.kind = "drop_after"}));
  EXPECT_FALSE(put().response);
  EXPECT_EQ(created(), 1);
  ASSERT_TRUE(
      served.sandbox->add_fault({.kind = "latency", .duration = std::chrono::milliseconds(1)}));
  EXPECT_EQ(must(put().response).status, 200);
  EXPECT_FALSE(served.sandbox->add_fault({.kind = "flood"}));
  EXPECT_TRUE(served.sandbox->faults().as_array().empty());
  EXPECT_EQ(created(), 1);
  EXPECT_EQ(int_at(served.sandbox->status(), "resources"), 1);
}

TEST(Faults, BreakTheAnswerOffAndTheConnectionAfterIt) {
  Served served;
  const std::string id =
      "/subscriptions/" + served.sandbox->subscription_id() + "/resourceGroups/rg";
  const std::string path = id + "?api-version=2021-04-01";
  ASSERT_TRUE(served.sandbox->add_fault({.kind = "drop_during"}));
  const auto broken = served.send("PUT", path, R"({"location":"westeurope"})");
  EXPECT_FALSE(broken.response);
  EXPECT_TRUE(broken.sent);
  EXPECT_EQ(must(served.send("GET", path).response).status, 200) << "it was done";
  ASSERT_TRUE(served.sandbox->add_fault({.kind = "drop_idle"}));
  const auto whole = must(served.send("GET", path).response);
  EXPECT_EQ(whole.status, 200);
  EXPECT_FALSE(whole.headers.get("Connection"));
  ASSERT_TRUE(
      served.sandbox->add_fault({.kind = "late", .duration = std::chrono::milliseconds(1)}));
  EXPECT_EQ(must(served.send("DELETE", path).response).status, 202);
}

TEST(Faults, BreakOffAnAnswerWithoutABody) {
  Served served;
  const std::string path = "/subscriptions/" + served.sandbox->subscription_id() +
                           "/resourceGroups/rg?api-version=2021-04-01";
  EXPECT_EQ(must(served.send("PUT", path, R"({"location":"westeurope"})").response).status, 201);
  ASSERT_TRUE(served.sandbox->add_fault({.kind = "drop_during", .method = "DELETE"}));
  const auto broken = served.send("DELETE", path);
  EXPECT_FALSE(broken.response);
  EXPECT_TRUE(broken.sent);
}

TEST(Faults, HoldUntilTheyAreCleared) {
  Served served;
  const std::string id =
      "/subscriptions/" + served.sandbox->subscription_id() + "/resourceGroups/rg";
  const std::string path = id + "?api-version=2021-04-01";
  for (const char* kind : {"latency", "late"}) {
    SCOPED_TRACE(kind);
    ASSERT_TRUE(served.sandbox->add_fault({.kind = kind, .duration = std::chrono::minutes(5)}));
    auto held = std::async(std::launch::async, [&] {
      return served.send("PUT", path, R"({"location":"westeurope"})");
    });
    while (int_at(served.sandbox->faults().as_array().at(0), "holds") == 0) {
      std::this_thread::yield();
    }
    const bool done = find(served.sandbox->effects(), to_lower(id)) != nullptr;
    EXPECT_EQ(done, std::string(kind) == "late");
    served.sandbox->clear_faults();
    EXPECT_TRUE(held.get().response);
    EXPECT_TRUE(served.sandbox->faults().as_array().empty());
  }
}

TEST(Faults, ChooseByMethodAndPath) {
  Served served;
  const std::string sub = "/subscriptions/" + served.sandbox->subscription_id();
  ASSERT_TRUE(served.sandbox->add_fault({.kind = "status",
                                         .status = 503,
                                         .method = "GET",
                                         .path_contains = "RESOURCEGROUPS",
                                         .times = 2}));
  EXPECT_EQ(must(served.send("GET", sub + "?api-version=2021-04-01").response).status, 200);
  EXPECT_EQ(
      must(served.send("GET", sub + "/resourceGroups?api-version=2021-04-01").response).status,
      503);
  EXPECT_EQ(
      must(served.send("GET", sub + "/resourceGroups?api-version=2021-04-01").response).status,
      503);
  EXPECT_EQ(
      must(served.send("GET", sub + "/resourceGroups?api-version=2021-04-01").response).status,
      200);
}

}  // namespace
}  // namespace armature::sandbox
