// The sandbox's Resource Manager with RBAC on, without HTTP and without a file: what a GET and a
// PUT cost, bare and below policies and many role assignments; lists and filters at 1k, 10k and
// 100k resources; what a resource weighs. Times are of the thread, not the wall: a busy machine
// bends the ratios less.
//
//   of_dump    a GET, as a multiple of writing its answer as text, which whoever sends it must do
//   of_bare    below policies and role assignments, as a multiple of the same call without
//   of_1k      time for each resource that the list walks, as a multiple of that at 1k resources:
//              near 1 is linear. Of calls and of lists whose answer does not grow, the whole time.
//              Pages have 100 items where the answer is a part of the table, so that they are alike
//              at all sizes; a larger table misses the processor's caches more often
//   of_json    memory of a resource with its indexes, as a multiple of its own JSON.
//              MiB_per_100k has the Activity Log's twenty thousand calls beside them
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <ctime>
#include <map>
#include <stdexcept>

#include "base/bytes.h"
#include "base/random.h"
#include "sandbox/apps.h"
#include "sandbox/cloud.h"

namespace armature::sandbox {
namespace {

constexpr std::int64_t kPerGroup = 500;
constexpr int kAssignments = 10'000;
constexpr const char* kVersion = "?api-version=2023-04-01";

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// One in ten is a route table, one in a hundred belongs to a team; all have a cost.
Json body_of(std::int64_t i, int round) {
  return JsonObject{
      {"location",   "westeurope"                                                             },
      {"tags",
       JsonObject{{"team", "team" + std::to_string(i % 100)}, {"cost", std::to_string(round)}}},
      {"properties",
       JsonObject{{"securityRules", JsonArray{}}, {"disableBgpRoutePropagation", false}}      }
  };
}

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
  double bytes_whole = 0;  // for each, with the Activity Log
  double bytes_each = 0;   // of the second half alone, when the log no longer grows
  bool governed = false;

  explicit World(std::int64_t count) : size(count) {
    Options options;
    options.provisioning_time = Micros{0};
    cloud = *Cloud::open(options, runtime, nullptr, clock, random, log);
    AppSeed seed;
    seed.display_name = "bench";
    seed.client_secret = Secret("bench");
    seed.roles = {
        {"Owner", ""}
    };
    const auto app = *ensure_app(*cloud, seed);
    caller.object_id = app.object_id;
    caller.app_id = app.client_id;
    const auto before = ::mallinfo2().uordblks;
    auto half = before;
    for (std::int64_t i = 0; i < count; ++i) {
      if (i == count / 2) half = ::mallinfo2().uordblks;
      if (i % kPerGroup == 0) {
        call("PUT", group(i) + "?api-version=2021-04-01", 201,
             JsonObject{
                 {"location", "westeurope"}
        });
      }
      call("PUT", id(i), 201, body_of(i, 0));
    }
    const auto after = ::mallinfo2().uordblks;
    bytes_whole = static_cast<double>(after - before) / static_cast<double>(count);
    bytes_each = static_cast<double>(after - half) / static_cast<double>(count - count / 2);
  }

  std::string sub() const { return "/subscriptions/" + cloud->subscription(); }
  std::string group(std::int64_t i) const {
    return sub() + "/resourceGroups/rg-" + std::to_string(i / kPerGroup);
  }
  std::string id(std::int64_t i) const {
    return group(i) + "/providers/Microsoft.Network/" +
           (i % 10 == 3 ? "routeTables/rt-" : "networkSecurityGroups/nsg-") + std::to_string(i) +
           kVersion;
  }
  ArmAnswer call(const std::string& method, const std::string& target, int status,
                 std::optional<Json> body = std::nullopt) {
    ArmAnswer out = cloud->perform(method, target, std::move(body), caller,
                                   "11111111-1111-4111-8111-111111111111");
    if (out.status != status) throw std::runtime_error(target + ": " + out.error_message());
    return out;
  }

  // Ten thousand role assignments of others, and at the subscription what a landing zone has:
  // allowed locations and a required tag (deny), a tag to add (modify), an audit of rules, an
  // exemption.
  void govern() {
    if (governed) return;
    governed = true;
    const auto done = cloud->store().change([&](Change& change) {
      for (int i = 0; i < kAssignments; ++i) {
        Assignment item;
        item.scope = i % 2 == 0 ? sub() : group(i % size);
        item.name = random.uuid();
        item.id = to_lower(item.scope + "/providers/Microsoft.Authorization/roleAssignments/" +
                           item.name);
        item.principal_id = random.uuid();
        item.role_id = arm::find_builtin_role("Reader")->id;
        change.put(item.id, item);
      }
      return 0;
    });
    if (!done) throw std::runtime_error(done.error().message);
    const std::string authorization = "/providers/Microsoft.Authorization/";
    const std::string version = "?api-version=2023-04-01";
    call("PUT", sub() + authorization + "policyDefinitions/rules" + version, 201, *parse_json(R"({
      "properties":{"mode":"All","policyRule":{"if":{"allOf":[
        {"field":"type","equals":"Microsoft.Network/networkSecurityGroups"},
        {"count":{"field":"Microsoft.Network/networkSecurityGroups/securityRules[*]"},"less":1}]},
        "then":{"effect":"audit"}}}})"));
    const auto assign = [&](const std::string& name, const std::string& definition,
                            const char* parameters) {
      Json body = JsonObject{
          {"location",   "westeurope"                                                               },
          {"identity",   JsonObject{{"type", "SystemAssigned"}}                                     },
          {"properties", JsonObject{{"policyDefinitionId", definition},
                                    {"parameters", *parse_json(parameters)}}}
      };
      call("PUT", sub() + authorization + "policyAssignments/" + name + version, 201,
           std::move(body));
    };
    const std::string builtin = authorization + "policyDefinitions/";
    assign("locations", builtin + "e56962a6-4747-49cd-b67b-bf8b01975c4c",
           R"({"listOfAllowedLocations":{"value":["westeurope","northeurope"]}})");
    assign("team", builtin + "871b6d14-10aa-478d-b590-94f262ecfa99",
           R"({"tagName":{"value":"team"}})");
    assign("owner", builtin + "4f9dc7db-30c1-420c-b61a-e1d640128d26",
           R"({"tagName":{"value":"owner"},"tagValue":{"value":"platform"}})");
    assign("rules", sub() + builtin + "rules", "{}");
    call("PUT", group(0) + authorization + "policyExemptions/free?api-version=2022-07-01-preview",
         201,
         JsonObject{
             {"properties",
              JsonObject{{"policyAssignmentId", sub() + authorization + "policyAssignments/team"},
                         {"exemptionCategory", "Waiver"}}}
    });
  }
};

World& world_of(std::int64_t size) {
  static std::map<std::int64_t, std::unique_ptr<World>> worlds;
  auto& world = worlds[size];
  if (!world) world = std::make_unique<World>(size);
  return *world;
}

// Shows the seconds as a multiple of those at `base`, which ran before.
void note(benchmark::State& state, const std::string& name, std::int64_t at, std::int64_t base,
          const char* counter, double seconds) {
  static std::map<std::pair<std::string, std::int64_t>, double> known;
  known[{name, at}] = seconds;
  const auto found = known.find({name, base});
  if (found != known.end()) state.counters[counter] = seconds / found->second;
}

// Arguments: how many resources; below policies and assignments? Answers the seconds of one call.
template <class F>
double calls(benchmark::State& state, const std::string& name, F once) {
  World& world = world_of(state.range(0));
  if (state.range(1) != 0) world.govern();
  std::int64_t i = 0;
  const double began = thread_seconds();
  for (auto _ : state) once(world, i++);
  const double each = (thread_seconds() - began) / static_cast<double>(state.iterations());
  state.SetItemsProcessed(state.iterations());
  note(state, name + std::to_string(state.range(0)), state.range(1), 0, "of_bare", each);
  note(state, name + std::to_string(state.range(1)) + "grows", state.range(0), 1'000, "of_1k",
       each);
  return each;
}

void get(benchmark::State& state) {
  const double each = calls(state, "get", [](World& in, std::int64_t i) {
    in.call("GET", in.id(i * 7919 % in.size), 200);
  });
  World& world = world_of(state.range(0));
  const Json shown = *world.call("GET", world.id(0), 200).body;
  constexpr int kTimes = 20'000;
  const double began = thread_seconds();
  for (int i = 0; i < kTimes; ++i) benchmark::DoNotOptimize(dump(shown));
  state.counters["of_dump"] = each / ((thread_seconds() - began) / kTimes);
}

void put_change(benchmark::State& state) {
  static int round = 0;
  calls(state, "put_change", [](World& in, std::int64_t i) {
    const std::int64_t which = i * 7919 % in.size;
    in.call("PUT", in.id(which), 200, body_of(which, ++round));
  });
}

void put_new_and_delete(benchmark::State& state) {
  calls(state, "put_new_and_delete", [](World& in, std::int64_t) {
    const std::string id =
        in.group(0) + "/providers/Microsoft.Network/networkSecurityGroups/new" + kVersion;
    in.call("PUT", id, 201, body_of(0, 0));
    in.call("DELETE", id, 200);
  });
}

void put_denied(benchmark::State& state) {
  calls(state, "put_denied", [](World& in, std::int64_t i) {
    Json body = body_of(i, 0);
    body.get_object()["location"] = "eastus";
    in.call("PUT", in.group(0) + "/providers/Microsoft.Network/routeTables/far" + kVersion, 403,
            std::move(body));
  });
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

struct Query {
  const char* name;
  std::string below;   // the subscription
  bool grows;          // with the table
  std::int64_t at_1k;  // how many it shows of 1000 resources
};

void list(benchmark::State& state, const Query& query) {
  World& world = world_of(state.range(0));
  std::int64_t seen = 0;
  const double began = thread_seconds();
  for (auto _ : state) seen = read_all(world, world.sub() + query.below);
  const double each = (thread_seconds() - began) / static_cast<double>(state.iterations());
  const std::int64_t times = query.grows ? world.size / 1'000 : 1;
  if (seen != query.at_1k * times) return state.SkipWithError("a list has not what it should");
  state.counters["shown"] = static_cast<double>(seen);
  note(state, query.name, state.range(0), 1'000, "of_1k", each / static_cast<double>(times));
}

void weight(benchmark::State& state) {
  World& world = world_of(state.range(0));
  std::size_t json = 0;
  for (auto _ : state) {
    json = world.cloud->store().read([](const State& all) {
      std::size_t bytes = 0;
      for (const auto& [key, record] : all.table<Record>()) bytes += dump(to_item(record)).size();
      return bytes;
    });
  }
  const double json_each = static_cast<double>(json) / static_cast<double>(world.size);
  state.counters["bytes"] = world.bytes_each;
  state.counters["json_bytes"] = json_each;
  state.counters["of_json"] = world.bytes_each / json_each;
  state.counters["MiB_per_100k"] = world.bytes_whole * 100'000 / (1 << 20);
}

std::string filtered(const std::string& filter) {
  return "/resources?api-version=2021-04-01&$filter=" + http::percent_encode(filter);
}

std::vector<Query> queries() {
  const std::string top = "&$top=100";
  const std::string tables = "resourceType eq 'Microsoft.Network/routeTables'";
  return {
      {"all",              "/resources?api-version=2021-04-01",                                      true,  1'000         },
      {"type",             filtered(tables) + top,                                                   true,  100           },
      {"type_of_provider", std::string("/providers/Microsoft.Network/routeTables") + kVersion + top,
       true,                                                                                                100           },
      {"tag",              filtered("tagName eq 'team' and tagValue eq 'team7'") + top,              true,  10            },
      {"substring_none",   filtered("substringof('zzz', name)"),                                     true,  0             },
      {"tag_none",         filtered("tagName eq 'none'"),                                            false, 0             },
      {"group",            "/resourceGroups/rg-0/resources?api-version=2021-04-01",                  false, kPerGroup     },
      {"type_in_group",    "/resourceGroups/rg-0" + filtered(tables),                                false, kPerGroup / 10},
  };
}

// In this order: a world that is governed once stays so.
void add_all() {
  constexpr std::int64_t kSmall = 1'000;
  constexpr std::int64_t kLarge = 100'000;
  benchmark::RegisterBenchmark("weight", weight)->Arg(kLarge)->ArgName("resources")->Iterations(1);
  const auto add_calls = [](const char* name, void (*run)(benchmark::State&), int policies) {
    benchmark::RegisterBenchmark(name, run)
        ->ArgNames({"resources", "policies"})
        ->Args({kSmall, policies})
        ->Args({kLarge, policies})
        ->MinTime(0.3);
  };
  const auto add_all_calls = [&](int policies) {
    add_calls("get", get, policies);
    add_calls("put_change", put_change, policies);
    add_calls("put_new_and_delete", put_new_and_delete, policies);
  };
  add_all_calls(0);
  for (const Query& query : queries()) {
    const std::string name = std::string("list/") + query.name;
    benchmark::RegisterBenchmark(name.c_str(),
                                 [query](benchmark::State& state) { list(state, query); })
        ->ArgName("resources")
        ->Arg(kSmall)
        ->Arg(10'000)
        ->Arg(kLarge)
        ->MinTime(0.2)
        ->Unit(benchmark::kMillisecond);
  }
  add_all_calls(1);
  add_calls("put_denied", put_denied, 1);
}

}  // namespace
}  // namespace armature::sandbox

int main(int count, char** values) {
  benchmark::Initialize(&count, values);
  armature::sandbox::add_all();
  benchmark::RunSpecifiedBenchmarks();
}
