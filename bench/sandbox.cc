// The sandbox's Resource Manager with RBAC on, without HTTP: PUT, GET and lists at 1k, 10k and 100k
// resources, and what 100,000 resources weigh. No file, so that the disk is not what is measured.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <map>
#include <stdexcept>

#include "base/random.h"
#include "sandbox/apps.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {
namespace {

constexpr const char* kBody =
    R"({"location":"westeurope","tags":{"team":"a","cost":"1"},"properties":{"securityRules":[]}})";
constexpr std::int64_t kPerGroup = 500;

struct World {
  SystemClock clock;
  SystemRandom random;
  Redactor redactor;
  Log log{[](std::string_view) {}, clock, redactor, Level::kError};
  http::Runtime runtime{
      {1, 1}
  };
  std::unique_ptr<Cloud> cloud;
  Caller caller;
  std::int64_t size;
  double bytes_each = 0;

  explicit World(std::int64_t count) : size(count) {
    Options options;
    options.provisioning_time = Micros{0};
    cloud = *Cloud::open(options, runtime, nullptr, clock, random, log);
    AppSeed seed;
    seed.display_name = "bench";
    seed.client_secret = Secret("bench");
    seed.roles = {
        {"Contributor", ""}
    };
    const auto app = *ensure_app(*cloud, seed);
    caller.object_id = app.object_id;
    caller.app_id = app.client_id;
    const auto before = ::mallinfo2().uordblks;
    for (std::int64_t i = 0; i < count; ++i) {
      if (i % kPerGroup == 0) call("PUT", group(i) + "?api-version=2021-04-01", 201);
      call("PUT", id(i), 201);
    }
    bytes_each = static_cast<double>(::mallinfo2().uordblks - before) / static_cast<double>(count);
  }

  std::string sub() const { return "/subscriptions/" + cloud->subscription(); }
  std::string group(std::int64_t i) const {
    return sub() + "/resourceGroups/rg-" + std::to_string(i / kPerGroup);
  }
  std::string id(std::int64_t i) const {
    return group(i) + "/providers/Microsoft.Network/networkSecurityGroups/nsg-" +
           std::to_string(i) + "?api-version=2023-04-01";
  }
  ArmAnswer call(const std::string& method, const std::string& target, int status) {
    const bool has_body = method == "PUT";
    ArmAnswer out =
        cloud->perform(method, target, has_body ? std::optional(*parse_json(kBody)) : std::nullopt,
                       caller, "11111111-1111-4111-8111-111111111111");
    if (out.status != status) throw std::runtime_error(target + ": " + out.error_message());
    return out;
  }
};

World& world_of(std::int64_t size) {
  static std::map<std::int64_t, std::unique_ptr<World>> worlds;
  auto& world = worlds[size];
  if (!world) world = std::make_unique<World>(size);
  return *world;
}

void get(benchmark::State& state) {
  World& world = world_of(state.range(0));
  std::int64_t i = 0;
  for (auto _ : state) world.call("GET", world.id(i++ * 7919 % world.size), 200);
  state.SetItemsProcessed(state.iterations());
}

void put_again(benchmark::State& state) {
  World& world = world_of(state.range(0));
  std::int64_t i = 0;
  for (auto _ : state) world.call("PUT", world.id(i++ * 7919 % world.size), 200);
  state.SetItemsProcessed(state.iterations());
}

void put_new_and_delete(benchmark::State& state) {
  World& world = world_of(state.range(0));
  const std::string id = world.group(0) +
                         "/providers/Microsoft.Network/networkSecurityGroups/new"
                         "?api-version=2023-04-01";
  for (auto _ : state) {
    world.call("PUT", id, 201);
    world.call("DELETE", id, 200);
  }
  state.SetItemsProcessed(state.iterations());
}

// All pages, as a client reads them.
std::int64_t read_all(World& world, std::string target) {
  std::int64_t seen = 0;
  while (!target.empty()) {
    const ArmAnswer page = world.call("GET", target, 200);
    seen += std::ssize(page.body->at("value").as_array());
    const std::string next = text_at(*page.body, "nextLink");
    target = next.empty() ? "" : next.substr(world.cloud->url().size());
  }
  return seen;
}

void list(benchmark::State& state, const std::string& below, std::int64_t expected_of_all) {
  World& world = world_of(state.range(0));
  std::int64_t seen = 0;
  for (auto _ : state) seen = read_all(world, world.sub() + below);
  if (expected_of_all >= 0 && seen != std::min(expected_of_all, world.size)) {
    state.SkipWithError("a list has not what it should");
  }
  state.counters["resources"] = static_cast<double>(seen);
  state.counters["per_1k"] = benchmark::Counter(
      static_cast<double>(world.size) / 1000,
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void weight(benchmark::State& state) {
  World& world = world_of(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(world.bytes_each);
  state.counters["MiB_per_100k"] = world.bytes_each * 100'000 / (1 << 20);
}

constexpr std::int64_t kAll = 1'000'000'000;
#define SIZES ->Arg(1'000)->Arg(10'000)->Arg(100'000)->ArgName("resources")

BENCHMARK(get) SIZES;
BENCHMARK(put_again) SIZES;
BENCHMARK(put_new_and_delete) SIZES;
BENCHMARK_CAPTURE(list, all, std::string("/resources?api-version=2021-04-01"), kAll)
SIZES->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list, of_a_tag,
                  std::string("/resources?api-version=2021-04-01&$filter=tagName%20eq%20'none'"), 0)
SIZES->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list, of_a_group,
                  std::string("/resourceGroups/rg-0/resources?api-version=2021-04-01"), kPerGroup)
SIZES->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(
    list, of_a_type,
    std::string("/providers/Microsoft.Network/networkSecurityGroups?api-version=2023-04-01"), kAll)
SIZES->Unit(benchmark::kMillisecond);
BENCHMARK(weight)->Arg(100'000)->ArgName("resources")->Iterations(1);

}  // namespace
}  // namespace armature::sandbox

BENCHMARK_MAIN();
