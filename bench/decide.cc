// access::decide at few and at many grants: decisions per second, the one that allows standing
// last.
#include "access/decide.h"

#include <benchmark/benchmark.h>

namespace armature::access {
namespace {

constexpr auto kGroups = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/rg-";

Facts facts_with(std::int64_t grants) {
  const auto id = [](auto parsed) { return *std::move(parsed); };
  Facts facts{
      Attempt{TaskKey{id(DagId::parse("etl")), id(RunId::parse("r")), id(TaskId::parse("t"))}},
      "provisioner",
      {},
      {}};
  for (std::int64_t i = 0; i < grants; ++i) {
    facts.grants.push_back(
        id(make_grant("Contributor", kGroups + std::to_string(i), {}, "bench.yaml:1")));
  }
  facts.ceiling.grants.push_back(id(make_grant(
      "Contributor", "/subscriptions/11111111-1111-4111-8111-111111111111", {}, "ceiling")));
  return facts;
}

void decide_last_grant(benchmark::State& state) {
  const Facts facts = facts_with(state.range(0));
  Ask ask;
  ask.action = "Microsoft.Storage/storageAccounts/write";
  ask.scope = kGroups + std::to_string(state.range(0) - 1) +
              "/providers/Microsoft.Storage/storageAccounts/account";
  for (auto _ : state) benchmark::DoNotOptimize(decide(facts, ask, Instant{}));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decide_last_grant)->Arg(10)->Arg(10'000)->ArgName("grants");

}  // namespace
}  // namespace armature::access

BENCHMARK_MAIN();
