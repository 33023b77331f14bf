// access::decide on a file of cases: prints its verdicts and how long each decision took, as JSON.
//   bench_decisions CASES
#include <chrono>
#include <cstdio>

#include "access/decide.h"
#include "access/testing.h"
#include "base/files.h"
#include "base/json.h"

namespace armature::access {
namespace {

constexpr int kWarmUp = 10'000, kTimed = 200'000;

std::int64_t nanoseconds() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

Result<int> run(const char* path) {
  ARMATURE_TRY(const std::string text, read_file(path));
  ARMATURE_TRY(const Json cases, parse_json(text));
  std::vector<Grant> grants;
  for (const Json& grant : find(cases, "grants")->as_array()) {
    ARMATURE_TRY(Grant made,
                 make_grant(text_at(grant, "role"), text_at(grant, "scope"), {}, "bench.yaml:1"));
    grants.push_back(std::move(made));
  }
  std::vector<Ask> asks;
  for (const Json& request : find(cases, "requests")->as_array()) {
    Ask ask;
    ask.action = text_at(request, "action");
    ask.scope = text_at(request, "scope");
    asks.push_back(std::move(ask));
  }
  const std::int64_t begun = nanoseconds();
  const Facts facts = testing::facts_of(std::move(grants), {testing::grant_of("Owner", "/")});
  const std::int64_t loaded = nanoseconds();
  JsonObject out;
  std::string verdicts;
  for (const Ask& ask : asks) verdicts += decide(facts, ask, Instant{}).allowed ? '1' : '0';
  JsonArray took;
  for (int i = 0; i < kWarmUp + kTimed; ++i) {
    const Ask& ask = asks[static_cast<std::size_t>(i) % asks.size()];
    const std::int64_t before = nanoseconds();
    const bool allowed = decide(facts, ask, Instant{}).allowed;
    const std::int64_t after = nanoseconds();
    if (allowed != (verdicts[static_cast<std::size_t>(i) % asks.size()] == '1')) std::abort();
    if (i >= kWarmUp) took.emplace_back(after - before);
  }
  out["load_ms"] = static_cast<double>(loaded - begun) / 1e6;
  out["verdicts"] = verdicts;
  out["took_ns"] = std::move(took);
  std::puts(dump(Json(std::move(out))).c_str());
  return 0;
}

}  // namespace
}  // namespace armature::access

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const auto done = armature::access::run(arguments[1]);
  if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  return done ? *done : 1;
}
