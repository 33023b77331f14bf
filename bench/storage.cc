// Durable writes per second: each write is on disk before the next of the same producer begins.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "storage/database.h"

namespace {

using armature::Status;
using armature::storage::Connection;
using armature::storage::Database;
using armature::storage::Migration;

constexpr Migration kTables[] = {
    {1, "CREATE TABLE task (id INTEGER PRIMARY KEY, state TEXT NOT NULL, fence INTEGER NOT NULL)"}
};

// One transition of a task: the write that a scheduler does most.
Status transition(Connection& db, int id) {
  return db
      .prepare(
          "INSERT INTO task VALUES (?, 'queued', 1) ON CONFLICT (id) DO UPDATE"
          " SET state = 'running', fence = fence + 1")
      .bind(id)
      .run();
}

void durable_writes(benchmark::State& state) {
  const auto producers = static_cast<int>(state.range(0));
  const int each = producers == 1 ? 200 : 100;
  std::string folder = (std::filesystem::temp_directory_path() / "armature-bench-XXXXXX").string();
  if (!::mkdtemp(folder.data())) return state.SkipWithError("no temporary folder");
  {
    auto database = Database::open({folder + "/bench.db", 1, true});
    if (!database || !(*database)->migrate("bench", kTables)) {
      return state.SkipWithError("cannot open the database");
    }
    std::atomic<int> failures = 0;
    for (auto round : state) {
      (void)round;
      std::vector<std::thread> threads;
      for (int p = 0; p < producers; ++p) {
        threads.emplace_back([&, p] {
          for (int i = 0; i < each; ++i) {
            if (!(*database)->write([p](Connection& db) { return transition(db, p); })) ++failures;
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    if (failures > 0) state.SkipWithError("writes failed");
    state.SetItemsProcessed(state.iterations() * producers * each);
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(durable_writes)->Arg(1)->Arg(64)->ArgName("producers")->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
