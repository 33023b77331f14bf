#pragma once
// Structured logs: one JSON object a line, on one writer.
//
//   {"ts":"2026-11-24T08:30:00.123456Z","level":"info","event":"run finished","dag_id":"etl"}
//
//   Threads    write() may be called from any thread; lines never mix
//   Redaction  every string passes the Redactor: values it was told of, JWT-shaped text and the
//              values of keys such as authorization, password, client_secret come out as "***"
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
  void add(
      std::string_view secret);  // shorter than 8 characters are not kept: they would hit words
  std::string clean(std::string_view text) const;
  Json clean(Json value) const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> secrets_;
};

enum class Level { kDebug, kInfo, kWarning, kError };

class Log {
 public:
  using Sink = std::function<void(std::string_view line)>;  // gets a line without its newline

  Log(Sink sink, const Clock& clock, const Redactor& redactor, Level least = Level::kInfo);
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
