#include "sandbox/owner.h"

#include <gtest/gtest.h>

#include "base/time.h"
#include "sandbox/testing.h"

namespace armature::sandbox {
namespace {

using testing::must;
using testing::World;

std::vector<AppSeed> seeds_of(const World& world) {
  return {
      {"tester",
       Secret(testing::kSecret),
       {{"Owner", ""}},
       world.app.client_id,
       world.app.object_id}
  };
}

TEST(OwnerClock, MovesTokensForwardAndOutlivesARestart) {
  World world;
  world.make_group();
  EXPECT_EQ(world.call("GET", world.group()).status, 200);
  const Instant before = world.cloud->clock().now();
  ASSERT_TRUE(advance_clock(*world.cloud, std::chrono::hours(2)));
  EXPECT_EQ(world.cloud->clock().now() - before, std::chrono::hours(2));
  const auto late = world.call("GET", world.group());
  EXPECT_EQ(late.status, 401);
  EXPECT_EQ(testing::code_of(late), "ExpiredAuthenticationToken");
  EXPECT_EQ(text_at(clock_json(*world.cloud), "ahead"), "2h");

  world.restart();
  EXPECT_EQ(world.cloud->clock().now() - before, std::chrono::hours(2));
  EXPECT_EQ(world.call("GET", world.group()).status, 200);
}

TEST(OwnerClock, EndsWhatIsBeingProvisioned) {
  World world;
  world.provisioning_time = std::chrono::minutes(10);
  world.restart();
  world.make_group();
  const std::string machine = world.group() + "/providers/Microsoft.Compute/virtualMachines/vm1";
  ASSERT_EQ(world.call("PUT", machine, R"({"location":"westeurope"})").status, 201);
  EXPECT_NE(text_at(world.get(machine), "properties.provisioningState"), "Succeeded");
  ASSERT_TRUE(advance_clock(*world.cloud, std::chrono::minutes(11)));
  EXPECT_EQ(text_at(world.get(machine), "properties.provisioningState"), "Succeeded");
}

TEST(OwnerClock, NeverGoesBack) {
  World world;
  const Instant now = world.cloud->clock().now();
  EXPECT_FALSE(set_clock(*world.cloud, now - std::chrono::seconds(1)));
  EXPECT_FALSE(advance_clock(*world.cloud, Micros{0}));
  EXPECT_FALSE(advance_clock(*world.cloud, std::chrono::hours(24 * 366 * 21)));
  EXPECT_EQ(world.cloud->clock().now(), now);
  ASSERT_TRUE(set_clock(*world.cloud, now + std::chrono::hours(24)));
  EXPECT_EQ(world.cloud->clock().now(), now + std::chrono::hours(24));
}

TEST(OwnerSnapshot, BringsBackWhatWasSaved) {
  World world;
  world.make_group("kept");
  const Json saved = must(save_snapshot(*world.cloud));
  const Instant saved_at = world.cloud->clock().now();
  world.call("DELETE", world.group("kept"));
  world.make_group("later");
  ASSERT_TRUE(restore_snapshot(*world.cloud, saved, seeds_of(world)));
  EXPECT_EQ(world.call("GET", world.group("kept")).status, 200);
  EXPECT_EQ(world.call("GET", world.group("later")).status, 404);
  world.restart();
  EXPECT_EQ(world.call("GET", world.group("kept")).status, 200);
  EXPECT_GE(world.cloud->clock().now(), saved_at);
}

TEST(OwnerSnapshot, HoldsNoSecretInClear) {
  World world;
  const std::string text = dump(must(save_snapshot(*world.cloud)));
  EXPECT_EQ(text.find(testing::kSecret), std::string::npos);
  EXPECT_EQ(text.find(world.state_key), std::string::npos);
}

TEST(OwnerSnapshot, RefusesWhatIsNotOne) {
  World world;
  world.make_group("kept");
  const Json good = must(save_snapshot(*world.cloud));
  const auto with = [&](const char* member, Json value) {
    Json changed = good;
    changed.get_object()[member] = std::move(value);
    return changed;
  };
  Json elsewhere = good;
  elsewhere.at("items").at("setting").at("tenant").at("value") =
      "00000000-0000-4000-8000-000000000000";
  Json sealed = with("key", "another");
  sealed.at("items").at("deployment").get_object()["/d"] =
      must(parse_json(R"({"sealed": "00", "state": "Succeeded"})"));
  Json running = good;
  running.at("items").at("deployment").get_object()["/d"] =
      must(parse_json(R"({"state": "Running"})"));
  const auto items = [&](const char* text) { return with("items", must(parse_json(text))); };
  const auto refused = [&](const Json& snapshot, const char* says) {
    SCOPED_TRACE(says);
    const auto done = restore_snapshot(*world.cloud, snapshot, seeds_of(world));
    ASSERT_FALSE(done);
    EXPECT_NE(done.error().message.find(says), std::string::npos) << done.error().message;
    EXPECT_EQ(world.call("GET", world.group("kept")).status, 200);
  };
  refused(Json(7), "no snapshot");
  refused(with("format", "zip"), "no snapshot");
  refused(with("version", 2), "version 2");
  refused(with("items", nullptr), "no items");
  refused(items(R"({"cat": {"a": {}}})"), "unknown kind");
  refused(items(R"({"resource": 1})"), "no object");
  refused(items(R"({"resource": {"a": 1}})"), "no object");
  refused(elsewhere, "tenant");
  refused(sealed, "state key");
  refused(running, "has not ended");
  refused(with("saved_at", "soon"), "soon");
}

TEST(OwnerSnapshot, WaitsForDeployments) {
  World world;
  world.provisioning_time = std::chrono::minutes(10);
  world.restart();
  world.make_group();
  const Json document = must(parse_json(R"({
    "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion": "1.0.0.0",
    "resources": [{"type": "Microsoft.Compute/virtualMachines", "apiVersion": "2022-08-01",
                   "name": "vm1", "location": "westeurope"}]})"));
  ASSERT_EQ(world.deploy("one", document).status, 201);
  const auto refused = save_snapshot(*world.cloud);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kConflict);
  EXPECT_FALSE(reset_all(*world.cloud, seeds_of(world)));
  world.finish("one");
  EXPECT_TRUE(save_snapshot(*world.cloud));
}

TEST(OwnerReset, KeepsTheAppsAndNothingElse) {
  World world;
  world.make_group();
  ASSERT_TRUE(advance_clock(*world.cloud, std::chrono::hours(5)));
  ASSERT_TRUE(world.cloud->faults().add({.kind = "status"}));
  ASSERT_TRUE(reset_all(*world.cloud, seeds_of(world)));
  EXPECT_EQ(world.cloud->faults().size(), 0U);
  EXPECT_EQ(world.cloud->shifted_clock().shift(), Micros{0});
  world.token = world.token_of(world.app);
  EXPECT_EQ(world.call("GET", world.group()).status, 404);
  world.make_group();
  EXPECT_EQ(world.call("GET", world.group()).status, 200);
  world.restart();
  EXPECT_EQ(world.call("GET", world.group()).status, 200);
}

TEST(StoreInMemory, NeedsNoFile) {
  World world;
  Options options;
  auto cloud =
      must(Cloud::open(options, world.runtime, nullptr, world.clock, world.random, world.log.log));
  const auto app = must(ensure_app(*cloud, {"a", Secret(testing::kSecret), {{"Reader", ""}}}));
  EXPECT_TRUE(cloud->store().read(
      [&](const State& state) { return state.get<AppRegistration>(app.client_id) != nullptr; }));
}

}  // namespace
}  // namespace armature::sandbox
