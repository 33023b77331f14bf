#pragma once
// Database: one SQLite file, one writer thread with group commit, and a pool of read connections.
//
//   Writes    each write is a function that runs inside the writer's open transaction, under a
//             savepoint of its own: when it fails or throws, its changes alone are undone. Waiting
//             writes share one COMMIT; the return or callback comes after that commit is on disk
//             (WAL, synchronous=FULL). Order of writes is order of submission
//   write_soon  as write_async, but the commit may wait up to 20 ms for others to share it; a write
//             that may not wait takes it along
//   done      runs on the writer's thread after the commit: it must not block, throw or call
//             write(); write_async() is welcome
//   Reads     a consistent snapshot each, from the first query on; never blocked by the writer
//   Errors    kUnavailable: cannot open, disk full, another server holds the file; kConflict: a
//             constraint; kInternal: SQL, or what a write threw. A COMMIT that fails is the error
//             of every write that shared it. Bound values never appear in a message
//   Threads   every call from any thread; write() and read() not from inside a write or a read
//             (kInternal)
//   Lifetime  the destructor runs what was submitted, then ends the writer. Later submissions,
//             also those of `done`, get kUnavailable
//   Source    sqlite.org/wal.html; "BEGIN IMMEDIATE" and one writer, measured in the design notes
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "storage/statement.h"

namespace armature::storage {

struct Migration {
  int version;           // 1, 2, 3 … without gaps, per component
  std::string_view sql;  // several statements
};

class Database {
 public:
  struct Options {
    std::filesystem::path path;
    unsigned readers = 4;   // reads at once; each connection is opened when first needed
    bool exclusive = true;  // refuse a second server (flock on PATH.lock)
  };
  static Result<std::unique_ptr<Database>> open(Options options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Brings `component`'s tables to the last version, each step in a transaction of its own.
  // kConflict when the file is newer than the program.
  Status migrate(std::string_view component, std::span<const Migration> migrations);

  Status write(std::function<Status(Connection&)> work);
  void write_async(std::function<Status(Connection&)> work, std::function<void(Status)> done);
  void write_soon(std::function<Status(Connection&)> work, std::function<void(Status)> done);
  Status read(const std::function<Status(Connection&)>& work) const;

  std::size_t writes_waiting() const;  // submitted, and not yet begun

  // The value the work returns, for both.
  template <class T>
  Result<T> write_value(std::function<Result<T>(Connection&)> work) {
    std::optional<Result<T>> out;
    ARMATURE_CHECK(write([&](Connection& connection) -> Status {
      out.emplace(work(connection));
      if (!*out) return out->error();
      return Ok{};
    }));
    return std::move(*out);
  }
  template <class T>
  Result<T> read_value(const std::function<Result<T>(Connection&)>& work) const {
    std::optional<Result<T>> out;
    ARMATURE_CHECK(read([&](Connection& connection) -> Status {
      out.emplace(work(connection));
      if (!*out) return out->error();
      return Ok{};
    }));
    return std::move(*out);
  }

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace armature::storage
