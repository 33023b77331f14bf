// A template of N resources, half of them waiting for the other half and reading it: evaluated, and
// deployed into a sandbox in memory alone and with its file.
//
//   of_100    processor time per resource, as a multiple of that at 100 resources: near 1 is linear
//   of_puts   the deployment, as a multiple of putting as many resources by eight bare threads
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "sandbox/apps.h"
#include "sandbox/cloud.h"
#include "sandbox/deployments/engine.h"
#include "sandbox/template/template.h"
#include "storage/database.h"

namespace {

using namespace armature;
using namespace armature::sandbox;

Json document(std::int64_t resources) {
  return *parse_json(
      R"({"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    "contentVersion":"1.0.0.0","resources":[
    {"type":"Microsoft.Storage/storageAccounts","apiVersion":"2021-04-01","name":"[concat('acc', copyIndex())]",
     "location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"},"properties":{},
     "copy":{"name":"accounts","count":)" +
      std::to_string(resources / 2) + R"(}},
    {"type":"Microsoft.Web/sites","apiVersion":"2021-02-01","name":"[concat('site', copyIndex())]","location":"westeurope",
     "dependsOn":["[concat('acc', copyIndex())]"],
     "properties":{"blob":"[reference(concat('acc', copyIndex())).primaryEndpoints.blob]"},
     "copy":{"name":"sites","count":)" +
      std::to_string(resources / 2) + R"(}}]})");
}

// Of the process, all threads, so that waiting for a busy machine or disk does not count.
double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void note(benchmark::State& state, const std::string& name, double spent) {
  static std::map<std::string, double> of_100;
  const double each = spent / static_cast<double>(state.iterations() * state.range(0));
  if (state.range(0) == 100) of_100[name] = each;
  if (of_100.contains(name)) state.counters["of_100"] = each / of_100[name];
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void evaluated(benchmark::State& state) {
  const Json doc = document(state.range(0));
  tmpl::Surroundings around;
  around.scope = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg";
  const double began = cpu_seconds();
  for (auto round : state) {
    (void)round;
    const auto plan = tmpl::expand(doc, JsonObject{}, around);
    if (!plan) return state.SkipWithError(plan.error().message.c_str());
    for (const auto& resource : plan->resources()) {
      benchmark::DoNotOptimize(plan->preview_of(resource.index));
    }
  }
  note(state, "evaluated", cpu_seconds() - began);
}
BENCHMARK(evaluated)->Arg(100)->Arg(400)->Arg(800)->ArgName("resources")->UseRealTime();

struct Place {
  std::string folder = (std::filesystem::temp_directory_path() / "armature-bench-XXXXXX").string();
  SystemClock clock;
  SystemRandom random;
  Redactor redactor;
  Log log{[](std::string_view) {}, clock, redactor, Level::kError};
  http::Runtime runtime{
      {1, 8}
  };
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Cloud> cloud;
  Caller caller;

  bool open(bool with_file) {
    if (!::mkdtemp(folder.data())) return false;
    if (with_file) {
      auto file = storage::Database::open({folder + "/sandbox.db", 1, true});
      if (!file) return false;
      database = *std::move(file);
    }
    Options options;
    options.provisioning_time = Micros(0);
    auto opened = Cloud::open(options, runtime, database.get(), clock, random, log);
    if (!opened) return false;
    cloud = *std::move(opened);
    AppSeed seed;
    seed.display_name = "bench";
    seed.client_secret = Secret("the secret of a benchmark");
    seed.roles.push_back({"Owner", ""});
    const auto app = ensure_app(*cloud, seed);
    if (!app) return false;
    caller.object_id = app->object_id;
    caller.app_id = app->client_id;
    return true;
  }
  ~Place() {
    cloud.reset();
    database.reset();
    std::filesystem::remove_all(folder);
  }
};

constexpr const char* kVersion = "?api-version=2021-04-01";

// The same resources by eight threads that do nothing else: what the deployment's own work is
// measured against.
std::chrono::duration<double> put_alone(Place& place, const std::string& group,
                                        std::int64_t resources) {
  constexpr int kThreads = 8;
  const auto put = [&](std::int64_t i) {
    const std::string number = std::to_string(i / 2);
    const bool account = i % 2 == 0;
    const char* body =
        account
            ? R"({"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"},"properties":{}})"
            : R"({"location":"westeurope","properties":{}})";
    place.cloud->perform(
        "PUT",
        group + "/providers/" +
            (account ? "Microsoft.Storage/storageAccounts/acc" : "Microsoft.Web/sites/site") +
            number + kVersion,
        *parse_json(body), place.caller, "bench");
  };
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::int64_t i = t; i < resources; i += kThreads) put(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return std::chrono::steady_clock::now() - began;
}

void deployed(benchmark::State& state) {
  const bool with_file = state.range(1) != 0;
  Place place;
  if (!place.open(with_file)) return state.SkipWithError("cannot open a sandbox");
  const std::string group = "/subscriptions/" + place.cloud->subscription() + "/resourceGroups/rg";
  const auto perform = [&](const char* method, const std::string& path, std::optional<Json> sent) {
    return place.cloud->perform(method, path + kVersion, std::move(sent), place.caller, "bench");
  };
  const auto make_group = [&] {
    perform("PUT", group,
            JsonObject{
                {"location", "westeurope"}
    });
  };
  make_group();
  const auto alone = put_alone(place, group, state.range(0));
  const Json body = JsonObject{
      {"properties", JsonObject{{"mode", "Incremental"}, {"template", document(state.range(0))}}}
  };
  const std::string id = group + "/providers/Microsoft.Resources/deployments/d";
  std::chrono::duration<double> spent{0};
  double cpu = 0;
  for (auto round : state) {
    (void)round;
    perform("DELETE", group, std::nullopt);  // names of accounts are taken everywhere
    make_group();
    const double cpu_began = cpu_seconds();
    const auto began = std::chrono::steady_clock::now();
    perform("PUT", id, body);
    place.cloud->engine().wait_for(id);
    const std::chrono::duration<double> once = std::chrono::steady_clock::now() - began;
    state.SetIterationTime(once.count());
    spent += once;
    cpu += cpu_seconds() - cpu_began;
    const ArmAnswer ended = perform("GET", id, std::nullopt);
    if (!ended.body || text_at(*ended.body, "properties.provisioningState") != "Succeeded") {
      return state.SkipWithError("the deployment failed");
    }
  }
  note(state, with_file ? "deployed" : "deployed in memory", cpu);
  state.counters["of_puts"] =
      spent.count() / static_cast<double>(state.iterations()) / alone.count();
}
BENCHMARK(deployed)
    ->ArgNames({
        "resources", "file"
})
    ->ArgsProduct({{100, 400, 800}, {0, 1}})
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
