#pragma once
// SQLite's result codes as ours. Inside this room only.
#include <string_view>

#include "base/result.h"

struct sqlite3;

namespace armature::storage {

// `code` may be a primary or an extended one; the words come from the connection when there is one.
Error sqlite_error(sqlite3* database, int code);
Error sqlite_error(sqlite3* database, int code, std::string_view where);

}  // namespace armature::storage
