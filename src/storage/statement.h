#pragma once
// Connection and Statement: what a write or a read works with.
//
//   Statements are prepared once per connection and kept by their SQL text; a Statement handed out
//   is reset when it goes out of scope. Values are always bound, never spliced into the text.
//   Errors    the first error sticks: step() returns false and status() tells; run() does both
//   Threads   one thread at a time, inside one write or read
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace armature::storage {

class Statement {
 public:
  Statement(sqlite3* database, sqlite3_stmt* statement, Status prepared);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Positions count up from 1 in the order of the calls.
  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(std::int64_t{value}); }
  Statement& bind(std::string_view text);
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind_blob(std::string_view bytes);
  Statement& bind_null();
  template <class T>
  Statement& bind(const std::optional<T>& value) {
    return value ? bind(*value) : bind_null();
  }
  Statement& bind(bool) = delete;  // say 0 or 1

  bool step();  // true: a row is there
  Status status() const { return status_; }
  Status run();  // steps to the end

  std::int64_t integer(int column) const;  // columns count from 0
  std::string text(int column) const;      // also blobs
  bool is_null(int column) const;

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
  int next_ = 1;
  Status status_;
};

class Connection {
 public:
  explicit Connection(sqlite3* database);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Statement prepare(std::string_view sql);
  Status execute(const std::string& script);  // several statements, no values
  std::int64_t changes() const;               // rows changed by the last statement
  std::int64_t last_insert_id() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::storage
