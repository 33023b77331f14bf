// A template of N resources, half of them waiting for the other half and reading it: evaluated, and
// deployed into a sandbox with its file. `of_100` is the time per resource as a multiple of that at
// 100 resources: near 1 is linear.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

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

void note(benchmark::State& state, const std::string& name, std::chrono::duration<double> spent) {
  static std::map<std::string, double> of_100;
  const double each = spent.count() / static_cast<double>(state.iterations() * state.range(0));
  if (state.range(0) == 100) of_100[name] = each;
  if (of_100.contains(name)) state.counters["of_100"] = each / of_100[name];
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void evaluated(benchmark::State& state) {
  const Json doc = document(state.range(0));
  tmpl::Surroundings around;
  around.scope = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg";
  const auto began = std::chrono::steady_clock::now();
  for (auto round : state) {
    (void)round;
    const auto plan = tmpl::expand(doc, JsonObject{}, around);
    if (!plan) return state.SkipWithError(plan.error().message.c_str());
    for (const auto& resource : plan->resources()) {
      benchmark::DoNotOptimize(plan->preview_of(resource.index));
    }
  }
  note(state, "evaluated", std::chrono::steady_clock::now() - began);
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

  bool open() {
    if (!::mkdtemp(folder.data())) return false;
    auto file = storage::Database::open({folder + "/sandbox.db", 1, true});
    if (!file) return false;
    database = *std::move(file);
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

void deployed(benchmark::State& state) {
  Place place;
  if (!place.open()) return state.SkipWithError("cannot open a sandbox");
  const std::string sub = "/subscriptions/" + place.cloud->subscription();
  const Json body = JsonObject{
      {"properties", JsonObject{{"mode", "Incremental"}, {"template", document(state.range(0))}}}
  };
  std::chrono::duration<double> spent{0};
  int round_number = 0;
  for (auto round : state) {
    (void)round;
    const std::string group = sub + "/resourceGroups/rg" + std::to_string(++round_number);
    const auto perform = [&](const char* method, const std::string& path,
                             std::optional<Json> sent) {
      return place.cloud->perform(method, path + "?api-version=2021-04-01", std::move(sent),
                                  place.caller, "bench");
    };
    perform("PUT", group,
            JsonObject{
                {"location", "westeurope"}
    });
    const std::string id = group + "/providers/Microsoft.Resources/deployments/d";
    const auto began = std::chrono::steady_clock::now();
    perform("PUT", id, body);
    place.cloud->engine().wait_for(id);
    const std::chrono::duration<double> once = std::chrono::steady_clock::now() - began;
    state.SetIterationTime(once.count());
    spent += once;
    const ArmAnswer ended = perform("GET", id, std::nullopt);
    if (!ended.body || text_at(*ended.body, "properties.provisioningState") != "Succeeded") {
      return state.SkipWithError("the deployment failed");
    }
  }
  note(state, "deployed", spent);
}
BENCHMARK(deployed)
    ->Arg(100)
    ->Arg(400)
    ->Arg(800)
    ->ArgName("resources")
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
