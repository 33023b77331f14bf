#include "storage/sqlite_error.h"

#include <sqlite3.h>

#include <string>

namespace armature::storage {
namespace {

Code code_of(int sqlite_code) {
  switch (sqlite_code & 0xff) {
    case SQLITE_CONSTRAINT:
      return Code::kConflict;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_NOMEM:
    case SQLITE_PERM:
    case SQLITE_NOTADB:
      return Code::kUnavailable;
    default:
      return Code::kInternal;
  }
}

}  // namespace

Error sqlite_error(sqlite3* database, int code) {
  // A connection keeps the words of its latest failure only; a code of our own has its fixed text.
  const bool latest = database && (sqlite3_errcode(database) & 0xff) == (code & 0xff);
  return fail(code_of(code), latest ? sqlite3_errmsg(database) : sqlite3_errstr(code));
}

Error sqlite_error(sqlite3* database, int code, std::string_view where) {
  return sqlite_error(database, code).in(where);
}

}  // namespace armature::storage
