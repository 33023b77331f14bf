#pragma once
// Connection and Statement: what a write or a read works with.
//
//   Statements are prepared once per connection and kept by their SQL text; a Statement handed out
//   is reset when it goes out of scope, and may be bound anew after run() or after the last row.
//   Values are always bound, never spliced into the text. A RETURNING statement must be stepped to
//   its end before changes() counts it.
//   Errors    the first error sticks: step() returns false and status() tells; run() does both.
//             kConflict: a constraint; kUnavailable: disk full, busy, not a database; else
//             kInternal. Never with a bound value in it
//   Threads   one thread at a time, inside one write or read
//   Lifetime  a Statement ends before its Connection, and inside the write or read that made it
//   Not here  BEGIN, COMMIT, ROLLBACK: the Database does that
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
  // `in_use` is cleared at the end; nullptr: the statement is in no cache and is finalized.
  Statement(sqlite3* database, sqlite3_stmt* statement, Status prepared, bool* in_use = nullptr);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Positions count up from 1 in the order of the calls.
  Statement& bind(std::int64_t value);
  Statement& bind(int value) { return bind(std::int64_t{value}); }
  Statement& bind(std::string_view text);
  Statement& bind(const char* text) { return bind(std::string_view(text)); }
  Statement& bind_kept(std::string_view text);  // not copied: the caller keeps it until the run
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
  bool* in_use_;
  int next_ = 1;
  Statement& bind_text(std::string_view text, void (*destructor)(void*));
  void note(int sqlite_code);  // keeps the first error
  void rewind();

  Status status_;
};

class Connection {
 public:
  explicit Connection(sqlite3* database);  // owns it from here on
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Statement prepare(std::string_view sql);
  Status execute(const std::string& script);  // several statements, no values
  std::int64_t changes() const;               // rows changed by the last statement
  std::int64_t last_insert_id() const;
  sqlite3* handle() const;  // for this room alone

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::storage
