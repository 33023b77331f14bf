#include <sqlite3.h>

#include <string>
#include <unordered_map>

#include "base/bytes.h"
#include "storage/sqlite_error.h"
#include "storage/statement.h"

namespace armature::storage {
namespace {

// Texts that a program writes are few; beyond this many they must have been put together from data.
constexpr std::size_t kMaxCached = 512;

struct Cached {
  sqlite3_stmt* statement = nullptr;
  bool in_use = false;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};

}  // namespace

struct Connection::Impl {
  sqlite3* database;
  // A map of nodes: Statements hold the address of their in_use.
  std::unordered_map<std::string, Cached, TextHash, std::equal_to<>> cache;
};

Connection::Connection(sqlite3* database) : impl_(new Impl{database, {}}) {}

Connection::~Connection() {
  for (auto& [sql, cached] : impl_->cache) sqlite3_finalize(cached.statement);
  sqlite3_close_v2(impl_->database);
}

Statement Connection::prepare(std::string_view sql) {
  const auto hit = impl_->cache.find(sql);
  if (hit != impl_->cache.end() && !hit->second.in_use) {
    hit->second.in_use = true;
    return {impl_->database, hit->second.statement, Ok{}, &hit->second.in_use};
  }
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(impl_->database, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, &tail);
  if (code != SQLITE_OK) return {impl_->database, nullptr, sqlite_error(impl_->database, code)};
  const std::string_view rest = sql.substr(static_cast<std::size_t>(tail - sql.data()));
  if (!statement || !trim(rest).empty()) {
    sqlite3_finalize(statement);
    return {impl_->database, nullptr, fail(Code::kInternal, "prepare() takes one statement")};
  }
  // The cached one is busy (the same text, nested) or the cache is full: this one lives once.
  if (hit != impl_->cache.end() || impl_->cache.size() >= kMaxCached) {
    return {impl_->database, statement, Ok{}};
  }
  Cached& cached = impl_->cache[std::string(sql)];
  cached = {statement, true};
  return {impl_->database, statement, Ok{}, &cached.in_use};
}

Status Connection::execute(const std::string& script) {
  const int code = sqlite3_exec(impl_->database, script.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_error(impl_->database, code);
  return Ok{};
}

std::int64_t Connection::changes() const { return sqlite3_changes64(impl_->database); }
std::int64_t Connection::last_insert_id() const {
  return sqlite3_last_insert_rowid(impl_->database);
}
sqlite3* Connection::handle() const { return impl_->database; }

}  // namespace armature::storage
