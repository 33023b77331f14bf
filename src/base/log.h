#pragma once
// Structured logs: one JSON object a line, on one writer.
//
//   {"ts":"2026-11-24T08:30:00.123456Z","level":"info","event":"run finished","dag_id":"etl"}
//
//   Threads    write() may be called from any thread; lines never mix
//   Redaction  every value passes the Redactor: texts it was told of, JWT-shaped text and whatever
//              is below keys such as authorization, password, client_secret come out as "***"
#include <functional>
#include <initializer_list>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"

namespace armature {

// Knows the secrets of this process and takes them out of text. Safe from any thread.
class Redactor {
 public:
  // Not kept: fewer than 8 characters, which would hit words, and JWTs, which are known by shape
  // (one comes with each attempt, for as long as the process lives).
  void add(std::string_view secret);
  std::string clean(std::string_view text) const;
  Json clean(Json value) const;

 private:
  // A secret that begins another must not be replaced first: the other's rest would show.
  struct LongerFirst {
    bool operator()(const std::string& a, const std::string& b) const {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
  };
  mutable std::mutex mutex_;
  std::set<std::string, LongerFirst> secrets_;
};

enum class Level { kDebug, kInfo, kWarning, kError };

class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;  // gets a line without its newline

  Log(Sink sink, const Clock& clock, const Redactor& redactor, Level least = Level::kInfo);
  bool writes(Level level) const { return level >= least_; }  // to save making its fields
  void write(Level level, std::string_view event, JsonObject fields = {});
  void info(std::string_view event, JsonObject fields = {}) {
    write(Level::kInfo, event, std::move(fields));
  }
  void warning(std::string_view event, JsonObject fields = {}) {
    write(Level::kWarning, event, std::move(fields));
  }
  void error(std::string_view event, JsonObject fields = {}) {
    write(Level::kError, event, std::move(fields));
  }
  void debug(std::string_view event, JsonObject fields = {}) {
    write(Level::kDebug, event, std::move(fields));
  }

 private:
  Sink sink_;
  const Clock& clock_;
  const Redactor& redactor_;
  Level least_;
  std::mutex mutex_;
};

}  // namespace armature
