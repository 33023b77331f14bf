#pragma once
// Fakes of what base offers. Included by tests only; scripts/check_rooms.py holds that.
#include <atomic>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

namespace armature::testing {

// Time stands still until the test moves it, and both clocks move together.
class FakeClock final : public Clock {
 public:
  Instant now() const override { return from_micros(moved_.load()); }
  Ticks ticks() const override { return Ticks{Micros{moved_.load()}}; }
  void advance(Micros by) { moved_ += by.count(); }
  void set(Instant at) { moved_ = to_micros(at); }

 private:
  std::atomic<std::int64_t> moved_{1'700'000'000'000'000};  // 14 November 2023, 22:13:20 UTC
};

// The same bytes in every run.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(std::uint64_t seed = 1) : state_(seed) {}
  std::string bytes(std::size_t count) override {
    std::string out(count, '\0');
    for (char& c : out) c = static_cast<char>(state_() >> 24);
    return out;
  }

 private:
  std::minstd_rand state_;
};

struct CaptureLog {
  FakeClock clock;
  Redactor redactor;
  std::vector<std::string> lines;
  Log log{[this](std::string_view line) { lines.emplace_back(line); }, clock, redactor,
          Level::kDebug};
};

// A folder of its own, gone when the test ends.
class TempDir {
 public:
  TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "armature-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace armature::testing
