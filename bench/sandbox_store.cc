// PUT of a new resource with RBAC and the Activity Log, through the door that HTTP calls and
// deployments use: with the state in memory alone, and with its file. Threads: callers at once.
//
//   of_sync   the time between two answers, as a multiple of writing and syncing 4 KiB in the same
//             folder: what a durable write costs alone. Below 1, callers share their commits
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sandbox/apps.h"
#include "sandbox/cloud.h"
#include "storage/database.h"

namespace {

using namespace armature;
using namespace armature::sandbox;

struct Bench {
  std::string folder = (std::filesystem::temp_directory_path() / "armature-bench-XXXXXX").string();
  SystemClock clock;
  SystemRandom random;
  Redactor redactor;
  Log log{[](std::string_view) {}, clock, redactor, Level::kError};
  http::Runtime runtime{
      {1, 2}
  };
  std::unique_ptr<storage::Database> database;
  std::unique_ptr<Cloud> cloud;
  Caller caller;
  std::atomic<int> next = 0;

  explicit Bench(bool with_file) {
    if (!::mkdtemp(folder.data())) std::abort();
    if (with_file) database = *storage::Database::open({folder + "/bench.db", 1, true});
    cloud = *Cloud::open({}, runtime, database.get(), clock, random, log);
    const auto app = *ensure_app(*cloud, {"bench", Secret("bench"), {{"Owner", ""}}});
    caller = {app.object_id, app.client_id};
    call("PUT", group(), R"({"location":"westeurope"})");
  }
  ~Bench() {
    cloud.reset();
    database.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  std::string group() const {
    return "/subscriptions/" + cloud->subscription() + "/resourceGroups/rg";
  }
  std::string account(int number) const {
    return group() + "/providers/Microsoft.Storage/storageAccounts/bench" + std::to_string(number);
  }
  int call(const std::string& method, const std::string& id, const char* body = nullptr) {
    std::optional<Json> parsed;
    if (body) parsed = *parse_json(body);
    return cloud
        ->perform(method, id + "?api-version=2022-09-01", std::move(parsed), caller, "bench")
        .status;
  }
};

std::unique_ptr<Bench> shared;

// The median of 51.
double sync_seconds(const std::string& folder) {
  const int file = ::open((folder + "/sync").c_str(), O_CREAT | O_WRONLY, 0600);
  if (file < 0) std::abort();
  const std::string page(4096, 'x');
  std::vector<double> all;
  for (int i = 0; i < 51; ++i) {
    const auto began = std::chrono::steady_clock::now();
    if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) std::abort();
    all.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }
  ::close(file);
  std::ranges::nth_element(all, all.begin() + 25);
  return all[25];
}

void puts(benchmark::State& state) {
  if (state.thread_index() == 0) shared = std::make_unique<Bench>(state.range(0) != 0);
  const auto began = std::chrono::steady_clock::now();
  for (auto round : state) {
    (void)round;
    const int status = shared->call(
        "PUT", shared->account(shared->next++),
        R"({"location":"westeurope","kind":"StorageV2","sku":{"name":"Standard_LRS"}})");
    if (status >= 300) state.SkipWithError(("PUT answers " + std::to_string(status)).c_str());
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - began;
  state.SetItemsProcessed(state.iterations());
  if (state.thread_index() != 0) return;
  if (state.range(0) != 0) {
    const auto answers = static_cast<double>(state.iterations() * state.threads());
    state.counters["of_sync"] = spent.count() / answers / sync_seconds(shared->folder);
  }
  shared.reset();
}

BENCHMARK(puts)->ArgName("file")->Arg(0)->Arg(1)->Threads(1)->Threads(8)->UseRealTime();

}  // namespace

BENCHMARK_MAIN();
