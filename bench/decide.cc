// access::decide at 10 to 100,000 grants. What may grow with them is only what a cache does not
// hold.
//   last       a role per resource group, the group asked for granted last
//   denied     the same, asked for a group that nobody granted
//   one_scope  every built-in role at one scope, over and over; a denial looks at all that match
#include "access/decide.h"

#include <benchmark/benchmark.h>

#include "access/testing.h"

namespace armature::access {
namespace {

const std::string kSubscription = "/subscriptions/11111111-1111-4111-8111-111111111111";
const std::string kGroups = kSubscription + "/resourceGroups/rg-";

std::vector<Grant> at_groups(std::int64_t count) {
  const Grant one = testing::grant_of("Contributor", "/");
  std::vector<Grant> grants(static_cast<std::size_t>(count), one);
  for (std::int64_t i = 0; i < count; ++i) {
    grants[static_cast<std::size_t>(i)].scope = kGroups + std::to_string(i);
  }
  return grants;
}

std::vector<Grant> at_one_scope(std::int64_t count) {
  std::vector<Grant> grants;
  const auto& roles = arm::builtin_roles();
  for (std::size_t i = 0; std::ssize(grants) < count; ++i) {
    const arm::Role& role = *roles[i % roles.size()];
    if (!arm::permits(role, "Microsoft.Authorization/locks/delete")) {
      grants.push_back({role, kSubscription, {}, "bench.yaml:1", {}});
    }
  }
  return grants;
}

Ask ask_of(const char* action, const std::string& scope) {
  Ask ask;
  ask.action = action;
  ask.scope = scope + "/providers/Microsoft.Storage/storageAccounts/account";
  return ask;
}

void run(benchmark::State& state, std::vector<Grant> grants, const Ask& ask) {
  const Facts facts = testing::facts_of(std::move(grants), {testing::grant_of("Owner", "/")});
  for (auto _ : state) benchmark::DoNotOptimize(decide(facts, ask, Instant{}));
  state.SetItemsProcessed(state.iterations());
}

void last(benchmark::State& state) {
  run(state, at_groups(state.range(0)),
      ask_of("Microsoft.Storage/storageAccounts/write",
             kGroups + std::to_string(state.range(0) - 1)));
}

void denied(benchmark::State& state) {
  run(state, at_groups(state.range(0)),
      ask_of("Microsoft.Storage/storageAccounts/write", kGroups + "other"));
}

void one_scope_allowed(benchmark::State& state) {
  run(state, at_one_scope(state.range(0)),
      ask_of("Microsoft.Authorization/roleAssignments/read", kSubscription));
}

void one_scope_denied(benchmark::State& state) {
  run(state, at_one_scope(state.range(0)),
      ask_of("Microsoft.Authorization/locks/delete", kSubscription));
}

BENCHMARK(last)->RangeMultiplier(100)->Range(10, 100'000)->ArgName("grants");
BENCHMARK(denied)->RangeMultiplier(100)->Range(10, 100'000)->ArgName("grants");
BENCHMARK(one_scope_allowed)->RangeMultiplier(100)->Range(10, 100'000)->ArgName("grants");
BENCHMARK(one_scope_denied)->RangeMultiplier(100)->Range(10, 100'000)->ArgName("grants");

}  // namespace
}  // namespace armature::access

BENCHMARK_MAIN();
