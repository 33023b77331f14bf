#include "storage/statement.h"

#include <sqlite3.h>

#include <utility>

#include "storage/sqlite_error.h"

namespace armature::storage {

Statement::Statement(sqlite3* database, sqlite3_stmt* statement, Status prepared, bool* in_use)
    : database_(database), statement_(statement), in_use_(in_use), status_(std::move(prepared)) {}

Statement::Statement(Statement&& other) noexcept
    : database_(other.database_),
      statement_(std::exchange(other.statement_, nullptr)),
      in_use_(std::exchange(other.in_use_, nullptr)),
      next_(other.next_),
      status_(std::move(other.status_)) {}

Statement::~Statement() {
  if (!statement_) return;
  if (in_use_) {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
    *in_use_ = false;
  } else {
    sqlite3_finalize(statement_);
  }
}

void Statement::note(int sqlite_code) {
  if (sqlite_code != SQLITE_OK && status_) status_ = sqlite_error(database_, sqlite_code);
}

void Statement::rewind() {
  sqlite3_reset(statement_);  // repeats the error of step(), which is already noted
  next_ = 1;
}

Statement& Statement::bind(std::int64_t value) {
  if (status_) note(sqlite3_bind_int64(statement_, next_++, value));
  return *this;
}

Statement& Statement::bind_text(std::string_view text, void (*destructor)(void*)) {
  // A null pointer would bind NULL, and an empty view often has one.
  const char* const bytes = text.data() ? text.data() : "";
  if (status_) {
    note(sqlite3_bind_text64(statement_, next_++, bytes, text.size(), destructor, SQLITE_UTF8));
  }
  return *this;
}

Statement& Statement::bind(std::string_view text) { return bind_text(text, SQLITE_TRANSIENT); }

Statement& Statement::bind_kept(std::string_view text) { return bind_text(text, SQLITE_STATIC); }

Statement& Statement::bind_blob(std::string_view bytes) {
  const char* const start = bytes.data() ? bytes.data() : "";
  if (status_) {
    note(sqlite3_bind_blob64(statement_, next_++, start, bytes.size(), SQLITE_TRANSIENT));
  }
  return *this;
}

Statement& Statement::bind_null() {
  if (status_) note(sqlite3_bind_null(statement_, next_++));
  return *this;
}

bool Statement::step() {
  if (!status_) return false;
  // A forgotten bind would be NULL in silence.
  if (next_ - 1 != sqlite3_bind_parameter_count(statement_)) {
    status_ = fail(Code::kInternal,
                   "a statement was run with " + std::to_string(next_ - 1) + " values for " +
                       std::to_string(sqlite3_bind_parameter_count(statement_)) + " parameters");
    return false;
  }
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) note(code);
  rewind();
  return false;
}

Status Statement::run() {
  while (step()) {
  }
  return status_;
}

std::int64_t Statement::integer(int column) const {
  return statement_ ? sqlite3_column_int64(statement_, column) : 0;
}

std::string Statement::text(int column) const {
  if (!statement_) return {};
  const void* const bytes = sqlite3_column_type(statement_, column) == SQLITE_BLOB
                                ? sqlite3_column_blob(statement_, column)
                                : sqlite3_column_text(statement_, column);
  if (!bytes) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Statement::is_null(int column) const {
  return !statement_ || sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

}  // namespace armature::storage
