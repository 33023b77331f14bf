// The decision behind every call of the sandbox, with 10 and with 10,000 role assignments: of one
// principal at as many groups, and of as many principals at one subscription.
//
//   of_10   the time, as a multiple of that with 10 assignments: near 1 says that their number
//           does not matter
#include "sandbox/rbac.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <ctime>
#include <map>

#include "sandbox/cloud.h"

namespace armature::sandbox {
namespace {

struct Field {
  SystemClock clock;
  SystemRandom random;
  Redactor redactor;
  Log log{[](std::string_view) {}, clock, redactor};
  http::Runtime runtime{
      {1, 1}
  };
  std::unique_ptr<Cloud> cloud;
  std::string principal;

  Field() {
    auto opened = Cloud::open(Options{}, runtime, nullptr, clock, random, log);
    if (opened) cloud = *std::move(opened);
    principal = random.uuid();
  }
  std::string group(std::int64_t i) const {
    return "/subscriptions/" + cloud->subscription() + "/resourceGroups/rg-" + std::to_string(i);
  }
  void assign(const std::string& to, const std::string& scope, const char* role) {
    Assignment item;
    item.scope = scope;
    item.name = random.uuid();
    item.id = scope + "/providers/microsoft.authorization/roleassignments/" + item.name;
    item.principal_id = to;
    item.role_id = arm::find_builtin_role(role)->id;
    auto done = cloud->store().change([&](Change& change) {
      change.put(item.id, item);
      return 0;
    });
    if (!done) std::abort();
  }
  void ask(benchmark::State& state, const char* name, const std::string& scope) {
    const AccessAsk ask{principal, "Microsoft.Storage/storageAccounts/write", scope, false, {}};
    static std::map<std::string, double> of_10;
    const std::clock_t began = std::clock();
    cloud->store().read([&](const State& all) {
      for (auto _ : state) benchmark::DoNotOptimize(decide_access(*cloud, all, ask).verdict);
      return 0;
    });
    const double each =
        static_cast<double>(std::clock() - began) / static_cast<double>(state.iterations());
    if (state.range(0) == 10) of_10[name] = each;
    if (of_10.contains(name)) state.counters["of_10"] = each / of_10[name];
    state.SetItemsProcessed(state.iterations());
  }
};

void one_principal_many_scopes(benchmark::State& state) {
  Field field;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    field.assign(field.principal, field.group(i), "Contributor");
  }
  field.ask(
      state, "one principal",
      field.group(state.range(0) - 1) + "/providers/Microsoft.Storage/storageAccounts/account");
}
BENCHMARK(one_principal_many_scopes)->Arg(10)->Arg(10'000)->ArgName("assignments");

void many_principals_one_scope(benchmark::State& state) {
  Field field;
  const std::string subscription = "/subscriptions/" + field.cloud->subscription();
  for (std::int64_t i = 1; i < state.range(0); ++i) {
    field.assign(field.random.uuid(), subscription, "Reader");
  }
  field.assign(field.principal, subscription, "Storage Account Contributor");
  field.ask(state, "many principals",
            field.group(0) + "/providers/Microsoft.Storage/storageAccounts/account");
}
BENCHMARK(many_principals_one_scope)->Arg(10)->Arg(10'000)->ArgName("assignments");

void refused(benchmark::State& state) {
  Field field;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    field.assign(field.principal, field.group(i), "Reader");
  }
  field.ask(state, "refused",
            field.group(0) + "/providers/Microsoft.Storage/storageAccounts/account");
}
BENCHMARK(refused)->Arg(10)->Arg(10'000)->ArgName("assignments");

}  // namespace
}  // namespace armature::sandbox

BENCHMARK_MAIN();
